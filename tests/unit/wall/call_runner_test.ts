/** Tests the traffic of one isolate, with the isolate's answers written by hand. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CallRunner } from "../../../runtime/wall/call_runner.ts";
import { exitError } from "../../../runtime/pool/exit_errors.ts";
import { BODY, OP } from "../../../runtime/protocol/operations.ts";
import { CutStream, Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";
import { FakeCall } from "../app/fake_call.ts";

/** A runner whose messages to the isolate are kept, and which hears what a test says. */
class Scene {
  readonly posted: unknown[] = [];
  readonly logs: string[] = [];
  readonly busy: boolean[] = [];
  readonly broken: unknown[] = [];
  done = 0;
  onDone = () => {};
  readonly wire = new Wire(
    { postMessage: (batch) => this.posted.push(...structuredClone(batch) as unknown[]) },
    (flush) => queueMicrotask(flush),
  );
  readonly runner = new CallRunner(this.wire, {
    app: "blog",
    externalBytes: 128 * 1024 * 1024,
    maxBodyBytes: 100,
    observer: {
      onCallDone: () => {
        this.done++;
        this.onDone();
      },
      onLog: (level, text) => this.logs.push(`${level}: ${text}`),
      onException: (text) => this.logs.push(`exception: ${text}`),
    },
    outbound: {
      fetch: () => Promise.reject(new TypeError("no way out")),
      connect: () => {
        throw new TypeError("no way out");
      },
      [Symbol.dispose]() {},
    },
    clock: new FakeClock(),
  }, { onBusy: (isBusy) => this.busy.push(isBusy), onError: (error) => this.broken.push(error) });

  /** Sends a call. @returns its id on the wire */
  async send(call: FakeCall): Promise<number> {
    await settle();
    this.posted.length = 0;
    this.runner.send(call);
    await settle();
    assertEquals(this.posted[0], OP.REQUEST);
    return this.posted[1] as number;
  }

  /** The isolate answers with a whole body, or begins a stream. */
  answer(id: number, body: string | null, kind: number = BODY.WHOLE): void {
    this.runner.receive([OP.RESPONSE, id, 200, "", "", kind, body]);
  }
}

const DEATH = exitError("blog", { reason: "out_of_memory", detail: "the heap limit was hit" });

Deno.test("CallRunner answers a call once, tells that it left, and tells when the isolate is busy", async () => {
  const scene = new Scene();
  const call = new FakeCall({ body: "question" });
  const id = await scene.send(call);
  assertEquals(scene.posted.slice(-2), [BODY.WHOLE, "question"]);
  scene.answer(id, "answer");
  scene.answer(id, "late answer");
  assertEquals([call.status, call.answer, scene.done, scene.runner.inFlight], [200, "answer", 1, 0]);
  assertEquals(scene.busy, [true, false]);
});

Deno.test("CallRunner sends an upload to its end before anybody reads it", async () => {
  for (const size of [0, 1, 100]) {
    const scene = new Scene();
    const body = new Response(new Uint8Array(size)).body!;
    const id = await scene.send(new FakeCall({ declaredBytes: size, body }));
    assertEquals(scene.posted.slice(-2), [OP.END, id]);
    scene.answer(id, "read");
  }
});

Deno.test("CallRunner lets the late answer of a timed-out call reach nobody else", async () => {
  const scene = new Scene();
  const old = new FakeCall({ startedAt: 0 });
  const oldId = await scene.send(old);
  scene.runner.expire(1000, 1000);
  assertEquals(old.code, "REQUEST_TIMEOUT");
  const fresh = new FakeCall({ startedAt: 1000 });
  const id = await scene.send(fresh);
  scene.answer(oldId, "late");
  assertEquals([fresh.status, scene.runner.inFlight], [null, 1]);
  scene.answer(id, "right");
  assertEquals(fresh.answer, "right");
});

Deno.test("CallRunner tells an isolate to stop a stream that answers a call the host gave up", async () => {
  const scene = new Scene();
  const id = await scene.send(new FakeCall());
  scene.runner.expire(5, 1);
  await settle();
  scene.posted.length = 0;
  scene.answer(id, null, BODY.STREAM);
  await settle();
  assertEquals(scene.posted.slice(0, 2), [OP.CANCEL, id]);
});

Deno.test("CallRunner.close() answers everything inside, and nobody hands over more meanwhile", async () => {
  const scene = new Scene();
  const calls = [new FakeCall(), new FakeCall()];
  for (const call of calls) await scene.send(call);
  const waiting = new FakeCall();
  scene.onDone = () => scene.runner.send(waiting);
  scene.runner.close(DEATH, false);
  assertEquals(calls.map(({ code }) => code), ["APP_OUT_OF_MEMORY", "APP_OUT_OF_MEMORY"]);
  assertEquals([scene.runner.inFlight, scene.done], [0, 0], "the queue is for the next isolate");
  await scene.runner.drained();
});

Deno.test("CallRunner.close() cuts an answer under way instead of ending it", async () => {
  const scene = new Scene();
  const call = new FakeCall();
  const id = await scene.send(call);
  scene.answer(id, null, BODY.STREAM);
  scene.runner.receive([OP.DATA, id, new Uint8Array(3)]);
  const reading = assertRejects(() => new Response(call.answer as ReadableStream).bytes(), CutStream, "heap limit");
  scene.runner.close(DEATH, false);
  await reading;
  assertEquals([call.code, call.finished], [null, { bytes: 0, end: "isolate_ended" }]);
});

Deno.test("CallRunner answers 413 to a body that grows over the limit, and cuts the answer if it had begun", async () => {
  for (const begun of [false, true]) {
    const scene = new Scene();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const call = new FakeCall({ body: readable });
    const id = await scene.send(call);
    const first = writer.write(new Uint8Array(100));
    await settle();
    if (begun) scene.answer(id, null, BODY.STREAM);
    const cut = begun
      ? assertRejects(() => new Response(call.answer as ReadableStream).bytes(), CutStream, "more than 100 bytes")
      : null;
    const second = writer.write(new Uint8Array(1)).catch(() => {});
    await settle();
    await Promise.all([first, second, cut]);
    assertEquals(call.code, begun ? null : "BODY_TOO_LARGE");
    assertEquals(call.finished, begun ? { bytes: 0, end: "client_gone" } : null);
    assertEquals(scene.runner.inFlight, 0);
    await settle();
    assert(scene.posted.includes(OP.ABORT), "the app is told to stop working on it");
  }
});

Deno.test("CallRunner stops sending a request's body once its answer is complete", async () => {
  const scene = new Scene();
  let read = 0;
  let client: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (client = controller),
    pull: () => void read++,
  }, { highWaterMark: 0 });
  const id = await scene.send(new FakeCall({ body }));
  scene.answer(id, "enough");
  await settle();
  assertEquals(scene.wire.openStreams, 0);
  client!.enqueue(new Uint8Array(1));
  await settle();
  assertEquals(read, 1, "nothing more is asked for");
});

Deno.test("CallRunner tells the client the kind of a handler's error and the log its stack", async () => {
  const scene = new Scene();
  const call = new FakeCall();
  const id = await scene.send(call);
  scene.runner.receive([OP.FAIL, id, "APP_EXCEPTION", "TypeError", "secret", "TypeError: secret\n    at index.ts:1"]);
  assertEquals([call.code, call.error?.message.includes("secret")], ["APP_EXCEPTION", false]);
  assertEquals(scene.logs, ["exception: TypeError: secret\n    at index.ts:1"]);
});

Deno.test("CallRunner tells console lines from exceptions that no request gets, and cuts what is forged too long", () => {
  const scene = new Scene();
  scene.runner.receive([OP.LOG, "error", "said so", OP.LOG, "exception", "Uncaught: boom", OP.LOG, "info", 7]);
  scene.runner.receive([OP.LOG, "info", "ä".repeat(40_000)]);
  assertEquals(scene.logs.slice(0, 3), ["error: said so", "exception: Uncaught: boom", "info: "]);
  assertEquals(scene.logs[3], `info: ${"ä".repeat(32 * 1024)}`);
});

Deno.test("CallRunner tells an app that asked for it when the client goes away, and frees its place", async () => {
  const scene = new Scene();
  const call = new FakeCall();
  const id = await scene.send(call);
  scene.runner.receive([OP.ARM, id]);
  scene.posted.length = 0;
  call.goAway();
  await settle();
  assertEquals([scene.posted, scene.runner.inFlight, scene.done], [[OP.ABORT, id], 0, 1]);
});

Deno.test("CallRunner refuses what breaks the protocol", async () => {
  const scene = new Scene();
  const id = await scene.send(new FakeCall());
  const table: readonly unknown[][] = [
    [99],
    ["text"],
    [OP.RESPONSE, id, 199, "", "", BODY.NONE, null],
    [OP.RESPONSE, id, 600, "", "", BODY.NONE, null],
    [OP.RESPONSE, id, "200", "", "", BODY.NONE, null],
    [OP.RESPONSE, id, 200, "", null, BODY.NONE, null],
    [OP.RESPONSE, id, 200, "", "", BODY.WHOLE, { length: 1 }],
    [OP.RESPONSE, id, 200, "", "", BODY.RELAYED, null],
    // A stream that the isolate was never sent.
    [OP.RESPONSE, id, 200, "", "", BODY.RELAYED, 1],
    [OP.DATA, id, "text"],
    [OP.CREDIT, id, -1],
  ];
  for (const batch of table) {
    assertThrows(() => scene.runner.receive(batch), WireViolation, undefined, Deno.inspect(batch));
  }
  scene.answer(id, null, BODY.STREAM);
  assertThrows(() => scene.answer(id, null, BODY.STREAM), WireViolation, "two responses");
  scene.runner.close(DEATH, false);
});
