/** The host's part of a service binding: what is no request, and what would go on for ever, reaches no app. */
import { assertEquals, assertRejects } from "@std/assert";
import type { AppCall } from "../../../runtime/app_call.ts";
import { ServiceHost } from "../../../runtime/bindings/service/host.ts";
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
  const host = new ServiceHost({ name: "OTHER", service: "other" }, {
    clock: new FakeClock(),
    emit: ({ event }) => void told.push(event),
    target: () => target,
  });
  const ask = (method: string, url: string, headers: [string, string][] = []) =>
    host.call({
      method: "fetch",
      args: [method, url, joinHeaders(headers)],
      body: null,
      signal: new AbortController().signal,
    });
  return { reached, told, ask };
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

Deno.test("The count of apps on the way is a count, whoever writes it", async () => {
  const { reached, ask } = scene();
  for (const written of ["16", "-1", "-1e9", "1e1", "0x1", "NaN", "", " 1", "100"]) {
    await assertRejects(
      () => ask("GET", "http://inside/", [["Nano-Service-Depth", written]]),
      Error,
      "16 apps already",
    );
  }
  assertEquals(reached, []);
  await ask("GET", "http://inside/", [["nano-service-depth", "15"]]);
  await ask("GET", "http://inside/");
  assertEquals(reached.map(({ headers }) => headers), ["nano-service-depth\n16\n", "nano-service-depth\n1\n"]);
});
