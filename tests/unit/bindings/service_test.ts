/** The host's part of a service binding: what is no request, and what would go on for ever, reaches no app. */
import { assertEquals, assertRejects } from "@std/assert";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import { ServiceHost } from "../../../runtime/bindings/service/host.ts";
import type { Plain } from "../../../runtime/protocol/binding_call.ts";
import { joinHeaders } from "../../../runtime/protocol/header_block.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

function scene() {
  const reached: AppCall[] = [];
  const told: string[] = [];
  const target = {
    app: { name: "other" },
    fetch(call: AppCall) {
      reached.push(call);
      call.respond(200, "", null);
    },
  };
  const host = new ServiceHost({ name: "OTHER", service: "other", entrypoint: "Admin", props: `{"a":1}` }, {
    clock: new FakeClock(),
    emit: ({ event }) => void told.push(event),
    target: () => target,
  });
  const ask = (method: string, url: string, headers: [string, string][] = [], depth: Plain = 0) =>
    host.call({
      method: "fetch",
      args: [method, url, joinHeaders(headers), depth],
      body: null,
      signal: new AbortController().signal,
    });
  const invoke = (method: string, path: readonly Plain[]) =>
    host.call({ method, args: [0, ...path], body: null, signal: new AbortController().signal });
  return { reached, told, ask, invoke };
}

Deno.test("What is no request reaches no app, and is told of none", async () => {
  const { reached, told, ask } = scene();
  const forged: [string, string, [string, string][]?][] = [
    ["GET", "nonsense"],
    ["GET", "file:///etc/passwd"],
    ["GE T", "http://inside/"],
    ["", "http://inside/"],
    ["GET", "http://inside/", [["a b", "1"]]],
    ["GET", "http://inside/", [["x", "1\r"]]],
    ["GET", "http://inside/", [["x", "\u{1f600}"]]],
  ];
  for (const [method, url, headers] of forged) {
    await assertRejects(() => ask(method, url, headers), Error, "no request");
  }
  assertEquals([reached, told], [[], []]);
  assertEquals((await ask("GET", "http://inside/", [["x", "\xe9\t"]])).values[0], 200);
  assertEquals([reached.length, told], [1, ["request"]]);
});

Deno.test("The count of apps on the way is a count, whoever says it", async () => {
  const { reached, ask } = scene();
  for (const said of [16, -1, -1e9, 0.5, NaN, Infinity, "1", null, true]) {
    await assertRejects(() => ask("GET", "http://inside/", [], said), Error, "16 apps already");
  }
  assertEquals(reached, []);
  await ask("GET", "http://inside/", [], 15);
  await ask("GET", "http://inside/", [["nano-service-depth", "15"]], 0);
  assertEquals(reached.map(({ entry }) => entry!.depth), [16, 1]);
});

Deno.test("A method is reached by names only, and by few of them", async () => {
  const { reached, told, invoke } = scene();
  for (const path of [[], [1], [null], ["a".repeat(1_001)], Array<string>(33).fill("a")]) {
    await assertRejects(() => invoke("call", path), Error, "this is no name");
  }
  await assertRejects(() => invoke("put", ["a"]), Error, 'it has no "put"');
  assertEquals([reached, told], [[], []]);
  assertEquals(await invoke("call", ["a", "b"]), { values: [200, ""], body: null });
  assertEquals(reached.map(({ entry }) => entry), [
    { entrypoint: "Admin", props: `{"a":1}`, operation: "call", path: `["a","b"]`, depth: 1 },
  ]);
});
