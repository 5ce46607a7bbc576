/** Tests how the front door takes trace contexts off requests and makes a span of each, with a tracer that a test plays. */
import { assertEquals } from "@std/assert";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { Dispatcher, type ListenerView } from "../../../runtime/http/dispatcher.ts";
import { innerOf, readRequestHead } from "../../../runtime/http/request_head.ts";
import { Router } from "../../../runtime/http/router.ts";
import type { TracedRequest, Tracer } from "../../../runtime/trace/tracer.ts";

const LISTENER: ListenerView = { scheme: "http", inventedHosts: new Set(), target: null };
const REMOTE: Deno.NetAddr = { transport: "tcp", hostname: "192.0.2.1", port: 4711 };

for (const path of ["inner slots", "public API"] as const) {
  Deno.test(`readRequestHead() takes the trace context out, whatever its case and number (${path})`, () => {
    const headers: [string, string][] = [
      ["user-agent", "x"],
      ["connection", "close"],
      ["Traceparent", "one"],
      ["TRACESTATE", "a=1"],
      ["tracestate", "b=2"],
      ["traceparent", "two"],
      ["test-header", "kept"],
    ];
    const request = new Request("http://a.test/", { headers });
    const head = readRequestHead(request, path === "inner slots" ? innerOf(request) : null);
    assertEquals([head.traceparent, head.tracestate], ["one, two", "a=1, b=2"]);
    assertEquals(/trace/i.test(head.headers), false, head.headers);
    assertEquals(head.headers.includes("test-header\nkept\n"), true);
    assertEquals(head.headers.includes("user-agent\nx\n"), true);
  });
}

/** A dispatcher in front of one app, and what its tracer was told. */
function scene(play: (call: AppCall) => void, traced = true) {
  const begun: TracedRequest[] = [];
  const ends: [number, string | null, string][] = [];
  const blocks: string[] = [];
  const tracer: Tracer = {
    startRequest(request) {
      begun.push(request);
      return {
        traceparent: "own",
        tracestate: null,
        end: (status, { code, end }) => void ends.push([status, code, end]),
      };
    },
    startFetch() {
      throw new Error("unused");
    },
    startCall() {
      throw new Error("unused");
    },
  };
  const target = {
    app: { name: "blog" },
    version: "v1",
    fetch(call: AppCall) {
      blocks.push(call.headers);
      play(call);
    },
  };
  const dispatcher = new Dispatcher(new Router([{ hostnames: ["blog.test"], target }], null), {
    trustedProxies: [],
    reveal: false,
    now: () => 0,
    tell: () => {},
    tracer: traced ? tracer : null,
  });
  const send = (host: string) => {
    const headers = { host, traceparent: "theirs", tracestate: "a=1", accept: "*/*" };
    return dispatcher.handle(new Request(`http://${host}/`, { headers }), REMOTE, LISTENER);
  };
  return { begun, ends, blocks, send };
}

Deno.test("Dispatcher hands the app its own span first, in the place of the client's", async () => {
  const { begun, ends, blocks, send } = scene((call) => call.respond(201, "", "x"));
  const response = await send("blog.test");
  const requestId = response.headers.get("x-request-id")!;
  assertEquals(blocks[0]!.startsWith("traceparent\nown\n"), true, blocks[0]);
  assertEquals(blocks[0]!.includes("theirs") || blocks[0]!.includes("tracestate"), false, blocks[0]);
  assertEquals(begun, [
    { app: "blog", version: "v1", method: "GET", requestId, traceparent: "theirs", tracestate: "a=1" },
  ]);
  assertEquals(ends, [[201, null, "done"]]);
});

Deno.test("Dispatcher ends a span once: with a stream's end, or with the code of NANO's own answer", async () => {
  let streaming!: AppCall;
  const { ends, send } = scene((call) => {
    streaming = call;
    call.respond(200, "", new ReadableStream());
  });
  const response = await send("blog.test");
  assertEquals(ends, []);
  streaming.finish(7, "app_failed");
  streaming.finish(7, "app_failed");
  assertEquals(ends, [[200, null, "app_failed"]]);
  await response.body!.cancel();

  const failing = scene((call) => call.fail(new NanoError("APP_OVERLOADED", "Too much")));
  await (await failing.send("blog.test")).body?.cancel();
  assertEquals(failing.ends, [[503, "APP_OVERLOADED", "done"]]);
});

Deno.test("Dispatcher makes no span where no app is asked, and without a tracer leaves the client's context", async () => {
  const nobody = scene(() => {});
  const response = await nobody.send("other.test");
  await response.body?.cancel();
  assertEquals([response.status, nobody.begun], [404, []]);

  const untraced = scene((call) => call.respond(200, "", "x"), false);
  await untraced.send("blog.test");
  assertEquals(untraced.blocks[0]!.startsWith("traceparent\ntheirs\ntracestate\na=1\n"), true, untraced.blocks[0]);
  assertEquals([untraced.begun, untraced.ends], [[], []]);
});
