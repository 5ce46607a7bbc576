/** Whose SQL runs when: turns of calls, eight processes, slow queries, the limit of 29 s, deaths with calls under way. */
import { d1Text } from "../../../runtime/data/d1_store.ts";
import { assertEquals } from "@std/assert";
import {
  orderFrame,
  readOrder,
  SQL_ANSWER,
  SQL_LENGTH_BYTES,
  SqlAnswerFrames,
  type SqlArrived,
  type SqlAsked,
  sqlFrameLength,
} from "../../../runtime/data/sql_messages.ts";
import { SqlPool } from "../../../runtime/data/sql_pool.ts";
import type { SqlChild } from "../../../runtime/data/sql_process.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A process without SQL: it answers when it is told to. */
class FakeChild implements SqlChild {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<{ readonly code: number }>;
  /** Frames that have come, as texts of their calls. */
  readonly turns: string[][] = [];
  #out!: ReadableByteStreamController;
  readonly #ended = Promise.withResolvers<{ readonly code: number }>();

  constructor() {
    this.status = this.#ended.promise;
    this.stdout = new ReadableStream({ type: "bytes", start: (controller) => void (this.#out = controller) });
    this.stdin = new WritableStream({
      write: (frame) => {
        const { target, calls } = readOrder(frame.subarray(SQL_LENGTH_BYTES));
        this.turns.push(calls.map(({ statements }) => `${target.store} ${decoder.decode(statements)}`));
      },
    });
  }

  answer(text: string, kind: (typeof SQL_ANSWER)[keyof typeof SQL_ANSWER] = SQL_ANSWER.RESULTS): void {
    this.#out.enqueue(new SqlAnswerFrames().write(kind, 0, text));
  }

  kill(_signal: "SIGKILL", code = 137): void {
    this.#ended.resolve({ code });
    try {
      this.#out.close();
      this.#out.byobRequest?.respond(0);
    } catch {
      // It has ended already.
    }
  }
}

class Scene implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly children: FakeChild[] = [];
  readonly ends: string[] = [];
  readonly pool = new SqlPool("/data", {
    clock: this.clock,
    spawn: () => {
      this.children.push(new FakeChild());
      return this.children.at(-1)!;
    },
  });

  /** Calls, and notes how it ended. */
  call(app: string, text: string, { store = `d1/${app}`, signal = new AbortController().signal } = {}): void {
    const asked: SqlAsked = { operation: "query", statements: encoder.encode(text) };
    const note = (end: string) => this.ends.push(`${app} ${text}: ${end}`);
    this.pool.run({ app, target: { store, maxBytes: 1e9 }, asked, signal, room: () => Promise.resolve() }).then(
      (end) => note(end.end === "answered" ? d1Text(end.answer.text) : end.end),
      (error) => note(String(error)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
  }
}

Deno.test("A frame is read as it was written", () => {
  const calls: SqlArrived[] = [
    { operation: "exec", statements: encoder.encode("[ä]") },
    { operation: "batch", statements: new Uint8Array() },
  ];
  const asTexts: SqlAsked[] = calls.map((call) => ({ ...call, statements: new TextDecoder().decode(call.statements) }));
  const frame = orderFrame({ store: "d1/a", maxBytes: 2 ** 40 }, calls);
  assertEquals(orderFrame({ store: "d1/a", maxBytes: 2 ** 40 }, asTexts), frame);
  assertEquals(sqlFrameLength(frame), frame.byteLength - SQL_LENGTH_BYTES);
  assertEquals(readOrder(frame.subarray(SQL_LENGTH_BYTES)), { target: { store: "d1/a", maxBytes: 2 ** 40 }, calls });
});

Deno.test("Calls of a turn go to one process together, those on another database after them, each with its own answer", async () => {
  await using scene = new Scene();
  scene.call("a", "1");
  scene.call("a", "2", { store: "d1/other" });
  scene.call("a", "3");
  await settle();
  const [child] = scene.children;
  assertEquals(child!.turns, [["d1/a 1", "d1/a 3"]]);
  child!.answer("one");
  await settle();
  assertEquals(scene.ends, ["a 1: one"]);
  child!.answer("three");
  await settle();
  assertEquals([scene.children.length, child!.turns[1]], [1, ["d1/other 2"]]);
  child!.answer("two");
  await settle();
  assertEquals(scene.ends, ["a 1: one", "a 3: three", "a 2: two"]);
});

Deno.test("Calls that a process gives back wait behind other apps, and keep their order", async () => {
  await using scene = new Scene();
  for (const text of ["1", "2", "3"]) scene.call("a", text);
  await settle();
  const [child] = scene.children;
  scene.call("a", "4");
  child!.answer("one");
  child!.answer("", SQL_ANSWER.NOT_RUN);
  child!.answer("", SQL_ANSWER.NOT_RUN);
  await settle();
  assertEquals(child!.turns[1], ["d1/a 2", "d1/a 3", "d1/a 4"]);
  assertEquals(scene.ends, ["a 1: one"]);
});

Deno.test("A query is ended after 29 s, and the calls behind it have their turn", async () => {
  await using scene = new Scene();
  scene.call("a", "endless");
  scene.call("a", "next");
  await settle();
  await scene.clock.advance(28_750);
  assertEquals(scene.ends, []);
  await scene.clock.advance(250);
  assertEquals(scene.ends, ["a endless: late"]);
  assertEquals(scene.children.map(({ turns }) => turns), [[["d1/a endless", "d1/a next"]], [["d1/a next"]]]);
  scene.children[1]!.answer("done");
  await settle();
  assertEquals(scene.ends[1], "a next: done");
});

Deno.test("The limit of 29 s is each call's own, from when it begins", async () => {
  await using scene = new Scene();
  scene.call("a", "first");
  scene.call("a", "second");
  await settle();
  await scene.clock.advance(20_000);
  scene.children[0]!.answer("one");
  await settle();
  await scene.clock.advance(28_750);
  assertEquals(scene.ends, ["a first: one"]);
  await scene.clock.advance(250);
  assertEquals(scene.ends, ["a first: one", "a second: late"]);
});

Deno.test("Eight apps have a process at once; a ninth waits for one, but not for queries that take over a second", async () => {
  await using scene = new Scene();
  for (let at = 0; at < 9; at++) scene.call(`app-${at}`, "endless");
  await settle();
  assertEquals(scene.children.length, 8);
  await scene.clock.advance(750);
  assertEquals(scene.children.length, 8);
  await scene.clock.advance(250);
  assertEquals([scene.children.length, scene.children[8]!.turns], [9, [["d1/app-8 endless"]]]);
});

Deno.test("Of queries that take over a second there are eight beside the eight, and no more", async () => {
  await using scene = new Scene();
  for (let at = 0; at < 20; at++) scene.call(`app-${at}`, "endless");
  await scene.clock.advance(5_000);
  assertEquals(scene.children.length, 16);
  // Two places are free again: of one that was ended, and of one that has answered.
  scene.children[0]!.kill("SIGKILL");
  scene.children[1]!.answer("one");
  await scene.clock.advance(250);
  assertEquals(scene.ends.toSorted(), ["app-0 endless: died", "app-1 endless: one"]);
  assertEquals(scene.children.length, 17);
});

Deno.test("A process that dies takes the call that it ran along, and those behind it run in another", async () => {
  await using scene = new Scene();
  for (const text of ["1", "2", "3"]) scene.call("a", text);
  await settle();
  scene.children[0]!.answer("one");
  await settle();
  scene.children[0]!.kill("SIGKILL");
  await settle();
  assertEquals(scene.ends, ["a 1: one", "a 2: died"]);
  assertEquals(scene.children[1]!.turns, [["d1/a 3"]]);
  scene.call("b", "1");
  await settle();
  scene.children[2]!.kill("SIGKILL", 77);
  await settle();
  assertEquals(scene.ends.at(-1), "b 1: too_large");
});

Deno.test("What nobody waits for is ended a second later, or never begun", async () => {
  await using scene = new Scene();
  const [running, waiting] = [new AbortController(), new AbortController()];
  scene.call("a", "running", { signal: running.signal });
  await settle();
  scene.call("a", "waiting", { signal: waiting.signal });
  scene.call("a", "kept");
  waiting.abort("gone");
  running.abort("gone");
  await scene.clock.advance(1_000);
  assertEquals(scene.ends, ["a waiting: gone"]);
  await scene.clock.advance(500);
  assertEquals(scene.ends, ["a waiting: gone", "a running: late"]);
  assertEquals(scene.children[1]!.turns, [["d1/a kept"]]);
});

Deno.test("The end of the pool ends what runs and what waits", async () => {
  const scene = new Scene();
  scene.call("a", "1");
  scene.call("a", "2");
  await settle();
  scene.call("a", "3");
  await scene[Symbol.asyncDispose]();
  await settle();
  const away = "Error: Cannot use a database: NANO is going away";
  assertEquals(scene.ends.toSorted(), ["a 1: died", `a 2: ${away}`, `a 3: ${away}`]);
});

Deno.test("A process that had nothing to do for a minute is ended, one that had is used again", async () => {
  await using scene = new Scene();
  scene.call("a", "1");
  await settle();
  scene.children[0]!.answer("one");
  await scene.clock.advance(59_000);
  scene.call("b", "1");
  await settle();
  assertEquals(scene.children.length, 1);
  scene.children[0]!.answer("one");
  await scene.clock.advance(59_000);
  let isOver = false;
  scene.children[0]!.status.then(() => isOver = true);
  await settle();
  assertEquals(isOver, false);
  await scene.clock.advance(1_500);
  assertEquals([isOver, scene.clock.armed], [true, 0]);
});

Deno.test("A process that is killed while it has nothing to do costs nobody a call", async () => {
  await using scene = new Scene();
  scene.call("a", "1");
  await settle();
  scene.children[0]!.answer("one");
  await settle();
  scene.children[0]!.kill("SIGKILL");
  await settle();
  scene.call("a", "2");
  await settle();
  scene.children[1]!.answer("two");
  await settle();
  assertEquals(scene.ends, ["a 1: one", "a 2: two"]);
});
