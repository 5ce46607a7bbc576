/** Tests that what an isolate sends is run in order, a few milliseconds at a time. */
import { assertEquals, assertThrows } from "@std/assert";
import { type Handlers, handlerTable } from "../../../runtime/protocol/batch.ts";
import { OP, type SentBy } from "../../../runtime/protocol/operations.ts";
import { Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { Inbox } from "../../../runtime/wall/inbox.ts";

const VIOLATION = 999;

/** An inbox whose operations take a millisecond each, and whose turns a test gives. */
class Scene {
  readonly ran: number[] = [];
  readonly broken: unknown[] = [];
  pauses = 0;
  readonly #turns: (() => void)[] = [];
  #now = 0;
  readonly inbox = new Inbox(
    new Wire({ postMessage: () => {} }, (run) => this.#turns.push(run)),
    handlerTable({
      ARM: (id) => {
        this.ran.push(id as number);
        this.#now++;
      },
    } as Handlers<SentBy<"isolate">>),
    { clock: this, onPause: () => this.pauses++, onError: (error) => this.broken.push(error) },
  );

  now(): number {
    return this.#now;
  }

  /** Lets everything else have its turn. @returns whether somebody has waited for it */
  async turn(): Promise<boolean> {
    const run = this.#turns.shift();
    run?.();
    await new Promise((resolve) => setImmediate(resolve));
    return run !== undefined;
  }
}

/** Operations with these ids. */
function batchOf(from: number, count: number): unknown[] {
  return Array.from({ length: count }, (_, at) => [OP.ARM, from + at]).flat();
}

Deno.test("A long batch leaves the others a turn every 4 ms, and what comes meanwhile stays behind it", async () => {
  const scene = new Scene();
  scene.inbox.take(batchOf(0, 50));
  assertEquals(scene.ran.length, 4);
  scene.inbox.take(batchOf(50, 2));
  assertEquals(scene.ran.length, 4);
  let turns = 0;
  while (await scene.turn()) turns++;
  assertEquals(scene.ran, Array.from({ length: 52 }, (_, at) => at));
  assertEquals(turns, 12);
  assertEquals(scene.pauses, turns + 1);
});

Deno.test("A short batch is run at once", () => {
  const scene = new Scene();
  scene.inbox.take(batchOf(0, 20));
  scene.inbox.take(batchOf(20, 20));
  assertEquals(scene.ran.length, 40);
  assertEquals(scene.pauses, 2);
});

Deno.test("What breaks the protocol is told, at once or in the turn in which it is run, and nothing behind it is run", async () => {
  const scene = new Scene();
  assertThrows(() => scene.inbox.take([VIOLATION]), WireViolation, "an unknown operation");
  assertThrows(() => scene.inbox.take([VIOLATION, ...batchOf(0, 50)]), WireViolation, "an unknown operation");
  const late = new Scene();
  late.inbox.take([...batchOf(0, 40), VIOLATION, ...batchOf(40, 40)]);
  while (await late.turn());
  assertEquals(late.ran.length, 40);
  assertEquals(late.broken.map(String), [String(new WireViolation("an unknown operation"))]);
});

Deno.test("Nothing is run once the isolate is gone", async () => {
  const scene = new Scene();
  scene.inbox.take(batchOf(0, 50));
  scene.inbox.close();
  while (await scene.turn());
  assertEquals(scene.ran.length, 4);
});

Deno.test("More than a million fields do not wait behind what is run", () => {
  const scene = new Scene();
  scene.inbox.take(batchOf(0, 50));
  scene.inbox.take(batchOf(50, 400_000));
  assertThrows(() => scene.inbox.take(batchOf(0, 200_000)), WireViolation, "more operations than can be run");
});
