/** Tests what a client and the log get of an app's answer, with the isolate played by the test. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RequestEvent } from "../../../runtime/terms/events.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { DoorCall } from "../../../runtime/http/door_call.ts";
import { OpenBodies } from "../../../runtime/http/open_bodies.ts";
import { PATIENCE } from "../../../runtime/http/patience.ts";
import { UnfinishedMessages } from "../../../runtime/http/unfinished_messages.ts";
import { CutStream } from "../../../runtime/protocol/wire.ts";
import { endOfCode, isFailure } from "../../../runtime/terms/request_end.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";

/** A call, and what was told of it. */
function scene(method = "GET") {
  const told: RequestEvent[] = [];
  const clock = new FakeClock();
  const call = new DoorCall({
    request: new Request("http://blog.test/p", { method }),
    inner: null,
    app: "blog",
    method,
    url: "http://blog.test/p?secret",
    headers: "",
    remote: "192.0.2.1 4711",
    peer: { transport: "tcp", hostname: "192.0.2.1", port: 4711 },
    requestId: "r-1",
    declaredBytes: null,
    startedAt: 0,
    span: null,
  }, {
    draining: false,
    reveal: false,
    now: () => 0,
    clock,
    patience: PATIENCE,
    tell: (event) => told.push(event),
    bodies: new OpenBodies(),
    messages: new UnfinishedMessages({ clock, warn() {}, rss: () => 0, received: () => Promise.resolve(null) }),
  });
  const ends = () => told.map(({ status, bytes, end }) => [status, bytes, end]);
  return { call, clock, ends, told };
}

Deno.test("DoorCall tells a short answer as done at once, and a stream with the end that it had", async () => {
  const whole = scene();
  whole.call.respond(200, "", "h\u00e9llo");
  assertEquals(await (await whole.call.response).text(), "h\u00e9llo");
  assertEquals(whole.ends(), [[200, 6, "done"]]);
  for (const end of ["done", "client_gone", "app_failed", "isolate_ended", "timed_out"] as const) {
    const { call, ends } = scene();
    call.respond(200, "", new ReadableStream());
    assertEquals(ends(), []);
    call.finish(7, end);
    call.finish(8, "done");
    assertEquals(ends(), [[200, 7, end]]);
  }
});

Deno.test("DoorCall tells NANO's own answers by their code, and 499 of a client that left before the head", async () => {
  const table = { APP_EXCEPTION: "app_failed", REQUEST_TIMEOUT: "timed_out", APP_OVERLOADED: "done" } as const;
  for (const [code, end] of Object.entries(table)) {
    const { call, told } = scene();
    call.fail(new NanoError(code as keyof typeof table, "Cannot answer"));
    assertEquals([told[0]!.end, told[0]!.code, endOfCode(code as keyof typeof table)], [end, code, end]);
  }
  const drained = scene();
  drained.call.fail(new NanoError("APP_DRAINING", "Cannot answer \u00e9"), "isolate_ended");
  const sent = (await (await drained.call.response).bytes()).byteLength;
  assertEquals(drained.ends(), [[503, sent, "isolate_ended"]], "its document counts as what it is");
  const gone = scene();
  gone.call.leave();
  assertEquals([(await gone.call.response).status, gone.told[0]!.code, ...gone.ends()], [499, null, [
    499,
    0,
    "client_gone",
  ]]);
});

Deno.test("DoorCall sends a long body as it is taken, with its length, and tells it when it has been", async () => {
  const { call, ends } = scene();
  const body = new Uint8Array(1_000_000).fill(7);
  call.respond(200, "", body);
  const response = await call.response;
  assertEquals([response.headers.get("content-length"), ends()], ["1000000", []]);
  assertEquals(await response.bytes(), body);
  assertEquals(ends(), [[200, 1_000_000, "done"]]);
  // Two units and four bytes a pair, three bytes for half of one.
  const text = "\u{1f600}\ud83d".repeat(100_000);
  const words = scene();
  words.call.respond(200, "", text);
  assertEquals((await words.call.response).headers.get("content-length"), "700000");
  assertEquals((await (await words.call.response).bytes()).byteLength, 700_000);
});

Deno.test("DoorCall tells of a long body whose client leaves or takes nothing", async () => {
  const left = scene();
  left.call.respond(200, "", new Uint8Array(1_000_000));
  const reader = (await left.call.response).body!.getReader();
  const first = await reader.read();
  await reader.cancel();
  assertEquals(left.ends(), [[200, first.value!.byteLength, "client_gone"]]);
  const stalled = scene();
  stalled.call.respond(200, "", new Uint8Array(1_000_000));
  const idle = (await stalled.call.response).body!.getReader();
  await idle.read();
  await stalled.clock.advance(PATIENCE.writeStallMs - 1);
  assertEquals(stalled.ends(), []);
  await stalled.clock.advance(1);
  assertEquals([stalled.ends()[0]![2], stalled.clock.armed], ["timed_out", 0]);
  await assertRejects(() => idle.read(), CutStream);
});

Deno.test("DoorCall cuts a body that is not as long as its content-length says, and never shows all of it", async () => {
  for (const [promised, text] of [[10, "hello"], [3, "hello"], [10, null]] as const) {
    const { call, ends } = scene();
    call.respond(200, `content-length\n${promised}\n`, text);
    await assertRejects(async () => await (await call.response).bytes(), CutStream);
    await settle();
    const [[status, bytes, end]] = ends() as [[number, number, string]];
    assertEquals([status, end], [200, "app_failed"]);
    assert(bytes < promised);
  }
  const empty = scene();
  empty.call.respond(200, "content-length\n0\n", "hello");
  assertEquals([(await empty.call.response).status, empty.told[0]!.code], [500, "APP_BAD_RESPONSE"]);
});

Deno.test("DoorCall lets a length stand where no body goes with it", () => {
  const head = scene("HEAD");
  head.call.respond(200, "content-length\n10\n", null);
  assertEquals(head.ends(), [[200, 0, "done"]]);
  const unchanged = scene();
  unchanged.call.respond(304, "content-length\n10\n", null);
  assertEquals(unchanged.ends(), [[304, 0, "done"]]);
});

Deno.test("DoorCall tells no bytes of an answer to HEAD, which has none", () => {
  const head = scene("HEAD");
  head.call.respond(200, "", "hello");
  const failed = scene("HEAD");
  failed.call.fail(new NanoError("APP_EXCEPTION", "Cannot answer"));
  assertEquals([...head.ends(), ...failed.ends()], [[200, 0, "done"], [500, 0, "app_failed"]]);
});

Deno.test("isFailure() blames the app and its isolate for what was cut, and no client", () => {
  const failures = (["done", "client_gone", "app_failed", "isolate_ended", "timed_out"] as const)
    .map((end) => [isFailure(200, end), isFailure(500, end)]);
  assertEquals(failures, [[false, true], [false, true], [true, true], [true, true], [false, true]]);
});
