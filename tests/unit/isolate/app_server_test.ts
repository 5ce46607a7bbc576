/** Tests what the server of an app sends for what comes in, over a wire whose other end is the test. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { BODY, OP } from "../../../runtime/protocol/operations.ts";
import { type AppFetch, AppServer } from "../../../runtime/isolate/traffic/app_server.ts";
import { operations, Side } from "../protocol/wire_pair.ts";
import { settle } from "../runtime/fake_clock.ts";

/** A server of this handler, and what it sent. */
function bench(fetch: AppFetch) {
  const side = new Side();
  const server = new AppServer(side.wire, (error) => {
    throw error;
  });
  const reachable = { exported: {}, classes: () => null };
  server.serve({ fetch, scheduled: null, queue: null, env: { NAME: "blog" }, reachable, exports: {} });
  const request = (id: number, path = "/") =>
    server.receive([OP.REQUEST, id, "GET", `http://app.test${path}`, "", "192.0.2.1 5000", BODY.NONE, null]);
  /** Operations that went out since the last look. */
  const sent = async () => {
    await settle();
    side.endTurn();
    return side.mail.splice(0).flatMap(operations);
  };
  return { server, sent, request };
}

Deno.test("AppServer answers a request with the head and the whole body, and gives the handler env and request", async () => {
  const { sent, request } = bench((given, env) =>
    new Response(`${(env as { NAME: string }).NAME} ${new URL(given.url).pathname}`, { status: 201 })
  );
  request(7, "/a");
  const [[operation, id, status, , , kind, body], ...more] = await sent() as [unknown[], ...unknown[][]];
  assertEquals([operation, id, status, kind, body, more], [OP.RESPONSE, 7, 201, BODY.WHOLE, "blog /a", []]);
});

Deno.test("AppServer tells the host of a handler that throws, that rejects, and that gives no Response", async () => {
  for (
    const [fetch, code, text] of [
      [
        () => {
          throw new TypeError("boom");
        },
        "APP_EXCEPTION",
        "boom",
      ],
      [() => Promise.reject(new TypeError("later")), "APP_EXCEPTION", "later"],
      [() => "text", "APP_BAD_RESPONSE", "Response"],
    ] as const
  ) {
    const { sent, request } = bench(fetch);
    request(1);
    const [[operation, id, told, , message], ...more] = await sent() as [unknown[], ...unknown[][]];
    assertEquals([operation, id, told, more], [OP.FAIL, 1, code, []]);
    assertStringIncludes(String(message), text);
  }
});

Deno.test("AppServer drains once nothing is pending, and answers nobody who went away", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let aborted = false;
  const { server, sent, request } = bench((given) => {
    given.signal.addEventListener("abort", () => aborted = true);
    return promise.then(() => new Response("late"));
  });
  request(1);
  request(2);
  server.receive([OP.DRAIN]);
  assertEquals(await sent(), [[OP.ARM, 1], [OP.ARM, 2]], "two are pending, whose ends their handlers want to hear of");
  server.receive([OP.ABORT, 1]);
  assertEquals([await sent(), aborted], [[], true], "its handler is told, one is pending");
  resolve();
  const ended = await sent();
  assertEquals(ended.map(([operation, id]) => [operation, id]), [[OP.RESPONSE, 2], [OP.DRAINED, undefined]]);
});
