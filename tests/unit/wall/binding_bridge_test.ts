/** Calls of bindings through both ends of the wall: values, bodies, bounds, deadlines, aborts and forgeries. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BindingError,
  type CallAnswer,
  FIRST_CALL_ID,
  MAX_ARG_SIZE,
  MAX_CALLS,
} from "../../../runtime/protocol/binding_call.ts";
import { BODY } from "../../../runtime/protocol/operations.ts";
import { isOwnStream } from "../../../runtime/protocol/own_streams.ts";
import { WireViolation } from "../../../runtime/protocol/wire.ts";
import { CALL_TIMEOUT_MS, MAX_CALL_STREAMS } from "../../../runtime/wall/binding_bridge.ts";
import { settle } from "../runtime/fake_clock.ts";
import { BindingScene } from "./binding_scene.ts";

const NOTHING: CallAnswer = { values: [], body: null };
const never = () => new Promise<CallAnswer>(() => {});
const readAll = async (body: unknown) => await new Response(body as ReadableStream).text();

Deno.test("A call's values and bodies arrive as they were sent, whole and streamed, both ways", async () => {
  const scene = new BindingScene(async ({ args, body }) => {
    const content = body === null ? null : await new Response(body as BodyInit).bytes();
    return { values: [...args, content?.byteLength ?? -1], body: content };
  });
  const values = [null, "text", 1.5, true, new Uint8Array([1, 2])];
  const plain = await scene.client.portOf(0).call("echo", values);
  assertEquals([...plain.values], [...values, -1]);
  assertEquals(plain.body, null);
  const long = "x".repeat(3_000_000);
  const streamed = await scene.call("echo", [], { body: new Response(long).body });
  assertEquals(streamed.values[0], long.length);
  assertEquals((streamed.body as Uint8Array).byteLength, long.length);
  const answering = new BindingScene(({ body }) =>
    Promise.resolve({ values: [], body: new Response(body as BodyInit).body })
  );
  assertEquals(await readAll((await answering.call("echo", [], { body: long })).body), long);
  await settle();
  assertEquals([answering.bridge.size, answering.inside.openStreams, answering.outside.openStreams], [0, 0, 0]);
});

Deno.test("What a binding has at hand is answered at once, and nobody looks for its end", async () => {
  const scene = new BindingScene(({ args }) => ({ values: args, body: "kept" }));
  assertEquals(
    await Promise.all([scene.call("get", [1]), scene.call("get", [2])]).then((all) => all.map((one) => ({ ...one }))),
    [
      { values: [1], body: "kept" },
      { values: [2], body: "kept" },
    ],
  );
  assertEquals([scene.bridge.size, scene.clock.armed], [0, 0]);
});

Deno.test("Bytes that came over the wall go back without a copy, unless the app may have seen them", async () => {
  const bytes = new Uint8Array(64 * 1024).fill(7);
  const scene = new BindingScene(async ({ method, body }) => {
    if (method === "get") return { values: [], body: new Response(bytes).body };
    return { values: [(await new Response(body as BodyInit).bytes()).every((byte) => byte === 7)], body: null };
  });
  const put = async (
    body: ReadableStream<Uint8Array>,
  ) => [isOwnStream(body), ...(await scene.call("put", [], { body })).values];
  const got = async () => (await scene.call("get")).body as ReadableStream<Uint8Array<ArrayBuffer>>;
  assertEquals(await put(await got()), [true, true]);
  const begun = await got();
  const reader = begun.getReader({ mode: "byob" });
  const { value: seen } = await reader.read(new Uint8Array(16));
  reader.releaseLock();
  assertEquals(await put(begun), [true, true]);
  assertEquals([...seen!], Array(16).fill(7));
  const [one, other] = (await got()).tee();
  const kept = new Response(other).bytes();
  assertEquals(await put(one), [false, true]);
  assertEquals((await kept).byteLength, bytes.byteLength);
  const own = new Uint8Array(bytes);
  assertEquals(await put(ReadableStream.from([own])), [false, true]);
  assertEquals(own.byteLength, bytes.byteLength);
});

Deno.test("An error crosses with name, message and code; one that only the host may know does not", async () => {
  const told = new BindingScene(() =>
    Promise.reject(new BindingError("Too long", { name: "RangeError", code: "KV_KEY" }))
  );
  const error = await assertRejects(() => told.call("get"), RangeError, "Too long") as Error & { code: string };
  assertEquals([error.name, error.code], ["RangeError", "KV_KEY"]);
  const named = new BindingScene(() => Promise.reject(new BindingError("Odd", { name: "D1_ERROR" })));
  assertEquals((await assertRejects(() => named.call("get")) as Error).name, "D1_ERROR");
  const hidden = new BindingScene(() => Promise.reject(new Error("/secret/path")));
  const shown = await assertRejects(() => hidden.call("get")) as Error;
  assert(!shown.message.includes("secret"));
  const thrown = new BindingScene(() => {
    throw new BindingError("At once");
  });
  await assertRejects(() => thrown.call("get"), Error, "At once");
});

Deno.test("Calls beyond the bound wait inside for their turn, in order, and those beyond any count are refused", async () => {
  const waits: (() => void)[] = [];
  const scene = new BindingScene(() => new Promise((resolve) => waits.push(() => resolve(NOTHING))));
  const all = Array.from({ length: MAX_CALLS + 2 }, (_, at) => scene.call("get", [at]));
  await settle();
  assertEquals(scene.calls.length, MAX_CALLS);
  waits[0]!();
  await all[0];
  await settle();
  assertEquals(scene.calls.at(-1)!.args, [MAX_CALLS]);
  const more = Array.from({ length: 10_000 - 1 }, () => scene.call("get"));
  const error = await assertRejects(() => scene.call("get")) as Error & { code: string };
  assertEquals(error.code, "TOO_MANY_CALLS");
  for (const promise of [...all, ...more]) promise.catch(() => {});
  scene.bridge.close();
});

Deno.test("A call that is aborted ends in the host and lets the next one go; its late answer changes nothing", async () => {
  const late: ((answer: CallAnswer) => void)[] = [];
  const scene = new BindingScene(() => new Promise((resolve) => late.push(resolve)));
  const controller = new AbortController();
  const calls = Array.from({ length: MAX_CALLS }, () => scene.call("get", [], { signal: controller.signal }));
  const waiting = scene.call("get", [], { signal: controller.signal });
  const last = scene.call("last");
  await settle();
  controller.abort(new RangeError("enough"));
  for (const call of [...calls, waiting]) await assertRejects(() => call, RangeError, "enough");
  await settle();
  assert(scene.calls[0]!.signal.aborted);
  assertEquals(scene.calls.at(-1)!.method, "last");
  let cancelled = false;
  late[0]!({ values: [], body: new ReadableStream({ cancel: () => void (cancelled = true) }) });
  late.at(-1)!(NOTHING);
  await last;
  await settle();
  assert(cancelled);
  await assertRejects(() => scene.call("get", [], { signal: AbortSignal.abort(new TypeError("before")) }), TypeError);
  scene.bridge.close();
});

Deno.test("An abort while an answer streams fails its reader and closes its source", async () => {
  let cancelled = false;
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => void (cancelled = true),
    });
  const scene = new BindingScene(() => Promise.resolve({ values: [], body: body() }));
  const controller = new AbortController();
  const answer = await scene.call("get", [], { signal: controller.signal });
  const reader = (answer.body as ReadableStream).getReader();
  await reader.read();
  controller.abort(new RangeError("enough"));
  await assertRejects(async () => {
    while (true) await reader.read();
  }, RangeError);
  await settle();
  assert(cancelled);
  assertEquals(scene.bridge.size, 0);
});

Deno.test("A long text waits in the isolate for whoever takes the call, as long bytes do", async () => {
  const body = "\u20ac".repeat(2_000_000);
  const scene = new BindingScene(async ({ body }) => ({
    values: [body instanceof ReadableStream ? 1 : 0],
    body: await readAll(body),
  }));
  const held = new BindingScene(never);
  void held.call("put", [], { body });
  await settle();
  assert(held.calls[0]!.body instanceof ReadableStream);
  const answer = await scene.call("put", [], { body });
  assertEquals([answer.values[0], answer.body], [1, body]);
});

Deno.test("A call without an answer is given up by its deadline, one whose body still flows is not", async () => {
  const scene = new BindingScene(never);
  const call = scene.call("get").catch((error: Error & { code: unknown }) => error.name);
  await settle();
  await scene.clock.advance(CALL_TIMEOUT_MS - 1_000);
  assertEquals(scene.bridge.size, 1);
  await scene.clock.advance(2_000);
  assertEquals(await call, "TimeoutError");
  assert(scene.calls[0]!.signal.aborted);
  assertEquals([scene.bridge.size, scene.clock.armed], [0, 0]);

  const reading = new BindingScene(async ({ body }) => ({ values: [(await readAll(body)).length], body: null }));
  let push!: ReadableStreamDefaultController<Uint8Array>;
  const source = new ReadableStream<Uint8Array>({ start: (controller) => void (push = controller) });
  const upload = reading.call("put", [], { body: source });
  for (let step = 0; step < 4; step++) {
    push.enqueue(new Uint8Array(5));
    await settle();
    await reading.clock.advance(CALL_TIMEOUT_MS - 2_000);
  }
  push.close();
  assertEquals((await upload).values, [20]);
});

Deno.test("The isolate's end aborts every call, closes every answer and tells nobody", async () => {
  const scene = new BindingScene(never);
  scene.call("get").catch(() => {});
  await settle();
  scene.bridge.close();
  assert(scene.calls[0]!.signal.aborted);
  assertEquals([scene.bridge.size, scene.clock.armed], [0, 0]);
});

Deno.test("Answers that nobody reads are bounded", async () => {
  const endless = () => new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(new Uint8Array(70_000)) });
  const scene = new BindingScene(() => Promise.resolve({ values: [], body: endless() }));
  for (let held = 0; held < MAX_CALL_STREAMS; held++) await scene.call("get");
  const error = await assertRejects(() => scene.call("get")) as Error & { code: string };
  assertEquals(error.code, "TOO_MANY_CALLS");
  scene.bridge.close();
});

Deno.test("Arguments that are too long never leave the isolate, and are refused by the host where they do", async () => {
  const scene = new BindingScene(() => Promise.resolve(NOTHING));
  await scene.call("get", ["x".repeat(MAX_ARG_SIZE)]);
  const refused = scene.call("get", ["x".repeat(MAX_ARG_SIZE), "x"]);
  assertEquals(scene.inside.out.length, 0);
  await assertRejects(() => refused, RangeError, "arguments");
  scene.bridge.onCall([FIRST_CALL_ID + 9, 0, "get", ["x".repeat(MAX_ARG_SIZE), "x"], "", BODY.NONE, null]);
  await settle();
  assertEquals([scene.calls.length, scene.bridge.size], [1, 0]);
});

Deno.test("A body of the app's stays in the isolate until the binding reads it; what comes unasked breaks the protocol", async () => {
  const taken = Promise.withResolvers<void>();
  const scene = new BindingScene(async ({ body }) => {
    await taken.promise;
    return { values: [(await readAll(body)).length], body: null };
  });
  let read = 0;
  const text = new TextEncoder().encode("x".repeat(1000));
  const body = new ReadableStream({
    pull(controller) {
      read++;
      if (read > 3) controller.close();
      else controller.enqueue(text);
    },
  }, { highWaterMark: 0 });
  const called = scene.call("put", [], { body });
  await settle();
  assertEquals(read, 0);
  assertThrows(() => scene.outside.receiving.onData(FIRST_CALL_ID, text), WireViolation, "nobody asked");
  taken.resolve();
  assertEquals([...(await called).values], [3000]);
});

Deno.test("A forged call breaks the protocol", () => {
  const { bridge } = new BindingScene(never);
  const id = FIRST_CALL_ID;
  const forged: [unknown, unknown, unknown, unknown, unknown, unknown, unknown][] = [
    [id, 1, "get", [], "", BODY.NONE, null],
    [id, -1, "get", [], "", BODY.NONE, null],
    [id, "0", "get", [], "", BODY.NONE, null],
    [id, "length", "get", [], "", BODY.NONE, null],
    [id - 1, 0, "get", [], "", BODY.NONE, null],
    [-1, 0, "get", [], "", BODY.NONE, null],
    [id + 0.5, 0, "get", [], "", BODY.NONE, null],
    ["x", 0, "get", [], "", BODY.NONE, null],
    [id, 0, 1, [], "", BODY.NONE, null],
    [id, 0, "x".repeat(101), [], "", BODY.NONE, null],
    [id, 0, "get", null, "", BODY.NONE, null],
    [id, 0, "get", [{}], "", BODY.NONE, null],
    [id, 0, "get", [[]], "", BODY.NONE, null],
    [id, 0, "get", [undefined], "", BODY.NONE, null],
    [id, 0, "get", new Array(2), "", BODY.NONE, null],
    [id, 0, "get", new Array(4_000_000_000), "", BODY.NONE, null],
    [id, 0, "get", [], "", BODY.WHOLE, null],
    [id, 0, "get", [], "", BODY.WHOLE, 1],
    [id, 0, "get", [], "", BODY.RELAYED, null],
    [id, 0, "get", [], "", BODY.RELAYED, "1"],
    [id, 0, "get", [], "", BODY.ASKED, null],
    [id, 0, "get", [], "", 7, null],
    [id, 0, "get", [], "", undefined, null],
    [id, 0, "get", [], null, BODY.NONE, null],
  ];
  for (const fields of forged) assertThrows(() => bridge.onCall(fields), WireViolation);
  bridge.onCall([id, 0, "get", [], "", BODY.NONE, null]);
  assertThrows(() => bridge.onCall([id, 0, "get", [], "", BODY.NONE, null]), WireViolation, "one id");
  bridge.close();
});
