import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AppOutbound } from "../../../runtime/outbound/app_outbound.ts";

/** Answers at once, but for `/held`, which waits for its release; connections are kept open. */
function server() {
  const held: (() => void)[] = [];
  const running = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    if (url.endsWith("/held")) await new Promise<void>((resolve) => held.push(resolve));
    return new Response("hello", { headers: { "keep-alive": "timeout=600" } });
  });
  return {
    url: `http://127.0.0.1:${running.addr.port}`,
    release: () => held.splice(0).forEach((go) => go()),
    [Symbol.asyncDispose]: () => running.shutdown(),
  };
}

async function get(outbound: AppOutbound, url: string): Promise<string> {
  const signal = AbortSignal.timeout(120_000);
  const { body } = await outbound.fetch({ method: "GET", url, headers: [], redirect: "follow", body: null, signal });
  return await new Response(body).text();
}

// undici starts one unreferenced timer for the whole process at its first request, which counts as a leak here.
const SHARED_TIMER = { sanitizeOps: false, sanitizeResources: false };

Deno.test("Idle connections make room, those in use do not, and one too many is refused", SHARED_TIMER, async () => {
  await using one = server();
  await using two = server();
  await using three = server();
  using outbound = new AppOutbound("any", "test", { maxConnections: 2 });
  for (let round = 0; round < 3; round++) {
    for (const { url } of [one, two, three]) assertEquals(await get(outbound, url), "hello");
  }
  const held = [get(outbound, `${one.url}/held`), get(outbound, `${two.url}/held`)];
  const error = await assertRejects(() => get(outbound, three.url), TypeError);
  assertStringIncludes(error.message, "2 connections of this app are open already");
  for (const upstream of [one, two]) upstream.release();
  // Whichever came after the release was asked for.
  const timer = setInterval(() => [one, two].forEach((upstream) => upstream.release()), 10);
  assertEquals(await Promise.all(held), ["hello", "hello"]);
  clearInterval(timer);
  assertEquals(await get(outbound, three.url), "hello");
});

Deno.test(
  "Each connection takes a descriptor, an idle one gives its own up, and without any it is refused",
  SHARED_TIMER,
  async () => {
    await using one = server();
    await using two = server();
    const free = { left: 1 };
    using outbound = new AppOutbound("any", "test", {
      takeDescriptor() {
        if (free.left === 0) return "the app has 1 open already, of 16 descriptors";
        free.left--;
        return () => free.left++;
      },
    });
    for (let round = 0; round < 3; round++) {
      for (const { url } of [one, two]) assertEquals(await get(outbound, url), "hello");
    }
    assertEquals(free.left, 0);
    const held = get(outbound, `${one.url}/held`);
    const error = await assertRejects(() => get(outbound, two.url), TypeError);
    assertStringIncludes(error.message, "the app has 1 open already, of 16 descriptors");
    const timer = setInterval(() => one.release(), 10);
    assertEquals(await held, "hello");
    clearInterval(timer);
    assertEquals(await get(outbound, two.url), "hello");
    assertEquals(free.left, 0);
  },
);
