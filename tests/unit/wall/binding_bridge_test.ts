/** Calls of bindings through both ends of the wall: values, bodies, bounds, deadlines, aborts and forgeries. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BindingClient } from "../../../runtime/isolate/traffic/binding_client.ts";
import { type Handlers, handlerTable, runBatch } from "../../../runtime/protocol/batch.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  FIRST_CALL_ID,
  MAX_ARG_SIZE,
  MAX_CALLS,
} from "../../../runtime/protocol/binding_call.ts";
import { BODY, type BodyKind, type OperationName, type WholeBody } from "../../../runtime/protocol/operations.ts";
import { isOwnStream } from "../../../runtime/protocol/own_streams.ts";
import { streamHandlers } from "../../../runtime/protocol/stream_operations.ts";
import { type StreamEnd, Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { RelayedStreams } from "../../../runtime/wall/relayed_streams.ts";
import { BindingBridge, CALL_TIMEOUT_MS, MAX_CALL_STREAMS } from "../../../runtime/wall/binding_bridge.ts";
import { textFrom } from "../../../runtime/wall/text_from.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";

const text = (value: unknown) => value as string;

/** A client and a bridge with a wire between them; `answer` is what the binding does. */
class Scene {
  readonly clock = new FakeClock();
  readonly calls: BindingCall[] = [];
  readonly client: BindingClient;
  readonly bridge: BindingBridge;
  readonly relayed: RelayedStreams;
  readonly inside: Wire;
  readonly outside: Wire;

  constructor(answer: (call: BindingCall) => CallAnswer | Promise<CallAnswer>) {
    let toHost: (batch: readonly unknown[]) => void = () => {};
    let toIsolate: (batch: readonly unknown[]) => void = () => {};
    const port = (deliver: () => (batch: readonly unknown[]) => void) => ({
      postMessage(batch: unknown, transfer: Transferable[] | null) {
        const copy = structuredClone(batch as unknown[], { transfer: transfer ?? [] });
        queueMicrotask(() => deliver()(copy));
      },
    });
    this.inside = new Wire(port(() => toHost), (flush) => queueMicrotask(flush));
    this.outside = new Wire(port(() => toIsolate), (flush) => queueMicrotask(flush));
    const host: BindingHost = {
      methods: [],
      call: (call) => {
        this.calls.push(call);
        return answer(call);
      },
      [Symbol.dispose]() {},
    };
    this.client = new BindingClient(this.inside);
    this.relayed = new RelayedStreams(this.outside);
    this.bridge = new BindingBridge(this.outside, [host], { clock: this.clock, relayed: this.relayed });
    const { client, bridge, inside, outside } = this;
    const hostTable = tableOf({
      ...streamHandlers(outside, { text: textFrom, onError: (id, message) => outside.receiving.onError(id, message) }),
      CALL: (...fields) => bridge.onCall(fields),
      CALL_ABORT: (id) => bridge.onAbort(id as number),
    });
    const isolateTable = tableOf({
      ...streamHandlers(inside, { text, onError: (id, message) => client.onBodyFailed(id, message) }),
      RETURNED: (id, values, kind, body) =>
        client.onReturned(id as number, values as CallAnswer["values"], kind as BodyKind, body as WholeBody),
      CALL_FAILED: (id, name, message, code) => client.onFailed(id as number, text(name), text(message), text(code)),
    });
    toHost = (batch) => runBatch(batch, hostTable);
    toIsolate = (batch) => runBatch(batch, isolateTable);
  }

  call(method: string, ...rest: [] | [readonly (string | number | null)[], object?]): Promise<CallAnswer> {
    return this.client.portOf(0).call(method, rest[0] ?? [], rest[1] ?? {});
  }
}

function tableOf<Names extends OperationName>(handlers: Handlers<Names>) {
  return handlerTable(handlers);
}

const NOTHING: CallAnswer = { values: [], body: null };
const never = () => new Promise<CallAnswer>(() => {});
const readAll = async (body: unknown) => await new Response(body as ReadableStream).text();

Deno.test("A call's values and bodies arrive as they were sent, whole and streamed, both ways", async () => {
  const scene = new Scene(async ({ args, body }) => {
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
  const answering = new Scene(({ body }) => Promise.resolve({ values: [], body: new Response(body as BodyInit).body }));
  assertEquals(await readAll((await answering.call("echo", [], { body: long })).body), long);
  await settle();
  assertEquals([answering.bridge.size, answering.inside.openStreams, answering.outside.openStreams], [0, 0, 0]);
});

Deno.test("What a binding has at hand is answered at once, and nobody looks for its end", async () => {
  const scene = new Scene(({ args }) => ({ values: args, body: "kept" }));
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
  const scene = new Scene(async ({ method, body }) => {
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
  const told = new Scene(() => Promise.reject(new BindingError("Too long", { name: "RangeError", code: "KV_KEY" })));
  const error = await assertRejects(() => told.call("get"), RangeError, "Too long") as Error & { code: string };
  assertEquals([error.name, error.code], ["RangeError", "KV_KEY"]);
  const named = new Scene(() => Promise.reject(new BindingError("Odd", { name: "D1_ERROR" })));
  assertEquals((await assertRejects(() => named.call("get")) as Error).name, "D1_ERROR");
  const hidden = new Scene(() => Promise.reject(new Error("/secret/path")));
  const shown = await assertRejects(() => hidden.call("get")) as Error;
  assert(!shown.message.includes("secret"));
  const thrown = new Scene(() => {
    throw new BindingError("At once");
  });
  await assertRejects(() => thrown.call("get"), Error, "At once");
});

Deno.test("Calls beyond the bound wait inside for their turn, in order, and those beyond any count are refused", async () => {
  const waits: (() => void)[] = [];
  const scene = new Scene(() => new Promise((resolve) => waits.push(() => resolve(NOTHING))));
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
  const scene = new Scene(() => new Promise((resolve) => late.push(resolve)));
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
  const scene = new Scene(() => Promise.resolve({ values: [], body: body() }));
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
  const scene = new Scene(async ({ body }) => ({
    values: [body instanceof ReadableStream ? 1 : 0],
    body: await readAll(body),
  }));
  const held = new Scene(never);
  void held.call("put", [], { body });
  await settle();
  assert(held.calls[0]!.body instanceof ReadableStream);
  const answer = await scene.call("put", [], { body });
  assertEquals([answer.values[0], answer.body], [1, body]);
});

Deno.test("A call without an answer is given up by its deadline, one whose body still flows is not", async () => {
  const scene = new Scene(never);
  const call = scene.call("get").catch((error: Error & { code: unknown }) => error.name);
  await settle();
  await scene.clock.advance(CALL_TIMEOUT_MS - 1_000);
  assertEquals(scene.bridge.size, 1);
  await scene.clock.advance(2_000);
  assertEquals(await call, "TimeoutError");
  assert(scene.calls[0]!.signal.aborted);
  assertEquals([scene.bridge.size, scene.clock.armed], [0, 0]);

  const reading = new Scene(async ({ body }) => ({ values: [(await readAll(body)).length], body: null }));
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
  const scene = new Scene(never);
  scene.call("get").catch(() => {});
  await settle();
  scene.bridge.close();
  assert(scene.calls[0]!.signal.aborted);
  assertEquals([scene.bridge.size, scene.clock.armed], [0, 0]);
});

Deno.test("Answers that nobody reads are bounded", async () => {
  const endless = () => new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(new Uint8Array(70_000)) });
  const scene = new Scene(() => Promise.resolve({ values: [], body: endless() }));
  for (let held = 0; held < MAX_CALL_STREAMS; held++) await scene.call("get");
  const error = await assertRejects(() => scene.call("get")) as Error & { code: string };
  assertEquals(error.code, "TOO_MANY_CALLS");
  scene.bridge.close();
});

Deno.test("Arguments that are too long never leave the isolate, and are refused by the host where they do", async () => {
  const scene = new Scene(() => Promise.resolve(NOTHING));
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
  const scene = new Scene(async ({ body }) => {
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

/** A stream of the host's as the isolate has it, which waits to be asked, as a request's body does. */
function lent(scene: Scene, id: number, chunks: readonly string[], failure?: Error) {
  const ends: string[] = [];
  const source = ReadableStream.from(async function* () {
    yield* chunks.map((chunk) => new TextEncoder().encode(chunk));
    if (failure !== undefined) throw failure;
  }()).getReader();
  const onEnd = (end: StreamEnd, error?: unknown) => ends.push(error === undefined ? end : `${end}: ${error}`);
  scene.outside.sending.open(id, source, { owned: true, isAsked: true, onEnd });
  const receiving = scene.inside.receiving.open(id, () => {});
  receiving.isUntouched = true;
  return { ends, stream: scene.inside.receiving.readableOf(receiving, { byob: true }) };
}

Deno.test("A body of the host's that the app hands on unread does not cross, and the app has used it up", async () => {
  const scene = new Scene(async ({ body }) => ({ values: [await readAll(body)], body: null }));
  const { ends, stream } = lent(scene, 7, ["hello ", "you"]);
  const called = scene.call("put", [], { body: stream });
  assertEquals(stream.locked, true);
  assertEquals([scene.inside.sending.size, scene.inside.receiving.size], [0, 0]);
  assertEquals([...(await called).values], ["hello you"]);
  assertEquals(ends, ["done"]);
  assertThrows(() => new Response(stream), TypeError);
  assertEquals([scene.inside.openStreams, scene.outside.openStreams], [0, 0]);
});

Deno.test("Of such a body its owner hears how it ended, and the app why", async () => {
  const scene = new Scene(async ({ method, body }) => {
    if (method === "refuse") throw new BindingError("no");
    return { values: [await readAll(body)], body: null };
  });
  const broken = lent(scene, 7, ["hello"], new Error("it broke"));
  await assertRejects(() => scene.call("put", [], { body: broken.stream }), TypeError, "it broke");
  assertEquals(broken.ends, ["failed: Error: it broke"]);

  const refused = lent(scene, 8, ["hello"]);
  await assertRejects(() => scene.call("refuse", [], { body: refused.stream }), Error, "no");
  assertEquals(refused.ends, ["cancelled"]);

  const over = lent(scene, 9, ["hello"]);
  scene.outside.sending.stop(9, "The response is complete");
  await assertRejects(() => scene.call("put", [], { body: over.stream }), Error, "request of this body is over");
  await settle();
  assertEquals([scene.inside.openStreams, scene.outside.openStreams], [0, 0]);
});

Deno.test("A body that is being relayed ends with what it belongs to", async () => {
  const scene = new Scene(async ({ body }) => ({ values: [await readAll(body)], body: null }));
  const ends: string[] = [];
  const source = { read: () => new Promise<never>(() => {}), cancel: () => Promise.resolve() };
  scene.outside.sending.open(7, source, { owned: true, isAsked: true, onEnd: (end) => ends.push(end) });
  const receiving = scene.inside.receiving.open(7, () => {});
  receiving.isUntouched = true;
  const called = scene.call("put", [], { body: scene.inside.receiving.readableOf(receiving, { byob: true }) });
  await settle();
  scene.relayed.stop(7, "The response is complete");
  await assertRejects(() => called, TypeError, "The response is complete");
  // Whoever stops it knows.
  assertEquals(ends, []);
  assertEquals(scene.outside.openStreams, 0);
});

Deno.test("A forged call breaks the protocol", () => {
  const { bridge } = new Scene(never);
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
