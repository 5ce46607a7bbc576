/** Tests that an app's way out holds against redirects and against names that change their address. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AppOutbound } from "../../../runtime/outbound/app_outbound.ts";
import { NameServer } from "../../support/name_server.ts";

/** Stands for the public internet; the secret listens on another loopback address. */
const OUTSIDE = "127.0.0.2";
const INSIDE = "127.0.0.1";

interface World extends AsyncDisposable {
  readonly names: NameServer;
  readonly door: AppOutbound;
  /** Port on both addresses. */
  readonly port: number;
  /** Requests that reached the inside. */
  readonly leaked: string[];
}

type Handler = (request: Request) => Response;

/** Serves both addresses on one port: one that is free on the outside may be taken inside, by whoever runs beside this. */
async function serveBoth(outside: Handler, inside: Handler): Promise<Deno.HttpServer<Deno.NetAddr>[]> {
  for (;;) {
    const first = Deno.serve({ hostname: OUTSIDE, port: 0, onListen() {} }, outside);
    try {
      const { port } = first.addr;
      return [first, Deno.serve({ hostname: INSIDE, port, onListen() {} }, inside)];
    } catch (error) {
      await first.shutdown();
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

async function world(): Promise<World> {
  const leaked: string[] = [];
  const servers = await serveBoth((request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/redirect") return new Response("outside");
    return new Response(null, { status: 302, headers: { location: searchParams.get("to")! } });
  }, (request) => {
    leaked.push(request.url);
    return new Response("secret");
  });
  const { port } = servers[0]!.addr;
  const names = new NameServer();
  const tools = { resolve: names.resolve, isPublic: (address: string) => address === OUTSIDE };
  const door = new AppOutbound("public", "test", { tools });
  return {
    names,
    door,
    port,
    leaked,
    async [Symbol.asyncDispose]() {
      door[Symbol.dispose]();
      await Promise.all(servers.map((server) => server.shutdown()));
      await names[Symbol.asyncDispose]();
    },
  };
}

async function get({ door }: World, url: string): Promise<string> {
  const signal = AbortSignal.timeout(120_000);
  const response = await door.fetch({ method: "GET", url, headers: [], redirect: "follow", body: null, signal });
  return await new Response(response.body).text();
}

/**
 * undici has one unreferenced timer for the whole process, of half a second, which it lets nobody clear: whichever test it
 * begins or ends in seems to leak it.
 */
const UNDICI_TIMER = { sanitizeOps: false, sanitizeResources: false };

Deno.test("A name that resolves to the outside is fetched", UNDICI_TIMER, async () => {
  await using there = await world();
  there.names.addresses.set("good.test", [OUTSIDE]);
  assertEquals(await get(there, `http://good.test:${there.port}/`), "outside");
  assertEquals(there.names.asked.includes("good.test"), true);
});

Deno.test("A name that resolves to the inside is refused, and the error names the policy", UNDICI_TIMER, async () => {
  await using there = await world();
  there.names.addresses.set("evil.test", [INSIDE]);
  const error = await assertRejects(() => get(there, `http://evil.test:${there.port}/`), TypeError);
  assertStringIncludes(error.message, '"public"');
  assertStringIncludes(error.message, "evil.test");
  assertEquals(there.leaked, []);
});

Deno.test("A name with an address of each kind is only ever connected to the outside", UNDICI_TIMER, async () => {
  await using there = await world();
  there.names.addresses.set("mixed.test", [INSIDE, OUTSIDE]);
  assertEquals(await get(there, `http://mixed.test:${there.port}/`), "outside");
  assertEquals(there.leaked, []);
});

Deno.test("A name that moves inside between two requests is refused the second time", UNDICI_TIMER, async () => {
  await using there = await world();
  const url = `http://moves.test:${there.port}/`;
  there.names.addresses.set("moves.test", [OUTSIDE]);
  assertEquals(await get(there, url), "outside");
  there.names.addresses.set("moves.test", [INSIDE]);
  // The first connection may be used again: it goes to the address that was checked when it was opened.
  for (let attempt = 0; attempt < 20; attempt++) {
    const answer = await get(there, `${url}?${attempt}`).catch((error: Error) => error.message);
    assertEquals(answer === "outside" || answer.includes('"public"'), true, answer);
  }
  assertEquals(there.leaked, []);
});

for (
  const [what, target] of [
    ["a name inside", "http://evil.test:PORT/"],
    ["an address inside", `http://${INSIDE}:PORT/`],
    ["a decimal address inside", "http://2130706433:PORT/"],
    ["a hexadecimal address inside", "http://0x7f.0.0.1:PORT/"],
    ["a mapped address inside", "http://[::ffff:127.0.0.1]:PORT/"],
    ["another scheme", "file:///etc/passwd"],
  ] as const
) {
  Deno.test(`A redirect to ${what} is refused`, UNDICI_TIMER, async () => {
    await using there = await world();
    there.names.addresses.set("good.test", [OUTSIDE]);
    there.names.addresses.set("evil.test", [INSIDE]);
    const to = encodeURIComponent(target.replace("PORT", String(there.port)));
    await assertRejects(() => get(there, `http://good.test:${there.port}/redirect?to=${to}`), TypeError);
    assertEquals(there.leaked, []);
  });
}

Deno.test(
  "A WebSocket to the inside is refused by address at once and by name when it is resolved",
  UNDICI_TIMER,
  async () => {
    await using there = await world();
    const error = await assertRejects(
      async () => await there.door.connect({ url: `ws://${INSIDE}:${there.port}/`, protocols: [], headers: [] }),
      TypeError,
    );
    assertStringIncludes(error.message, '"public"');
    there.names.addresses.set("evil.test", [INSIDE]);
    const socket = there.door.connect({ url: `ws://evil.test:${there.port}/`, protocols: [], headers: [] });
    const closed = Promise.withResolvers<CloseEvent>();
    socket.addEventListener("error", () => {});
    socket.addEventListener("close", (event: CloseEvent) => closed.resolve(event));
    assertEquals((await closed.promise).code, 1006);
    assertEquals(there.leaked, []);
  },
);

Deno.test('The policy "none" refuses everything and a list all but its hosts', UNDICI_TIMER, async () => {
  using none = new AppOutbound("none", "test");
  using listed = new AppOutbound(["api.test"], "test");
  const request = {
    method: "GET",
    headers: [],
    redirect: "follow",
    body: null,
    signal: AbortSignal.timeout(120_000),
  } as const;
  for (const [door, part] of [[none, '"none"'], [listed, "list"]] as const) {
    const error = await assertRejects(() => door.fetch({ ...request, url: "http://other.test/" }), TypeError);
    assertStringIncludes(error.message, part);
  }
});
