/** Bursts of triggers and the runs they lead to, on a clock that the test moves. */
import { assertEquals } from "@std/assert";
import { Coalescer, type Timers } from "../../../runtime/config/coalescer.ts";

/** A clock that stands until it is moved. */
class ManualTimers implements Timers {
  #now = 0;
  #waiting: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#waiting.push(timer);
    return () => this.#waiting = this.#waiting.filter((one) => one !== timer);
  }

  get count(): number {
    return this.#waiting.length;
  }

  /** Moves the clock and lets everything that follows settle. */
  async move(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#waiting.filter((one) => one.at <= this.#now);
    this.#waiting = this.#waiting.filter((one) => one.at > this.#now);
    for (const timer of due) timer.run();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
}

function setUp(task: () => Promise<void> = () => Promise.resolve()) {
  const timers = new ManualTimers();
  const runs: number[] = [];
  const errors: unknown[] = [];
  const coalescer = new Coalescer(async () => {
    runs.push(timers.now());
    await task();
  }, { quietMs: 100, maxWaitMs: 400, onError: (error) => errors.push(error), timers });
  return { timers, runs, errors, coalescer };
}

Deno.test("A burst of triggers leads to one run, after it has been quiet", async () => {
  const { timers, runs, coalescer } = setUp();
  for (let step = 0; step < 3; step++) {
    coalescer.trigger();
    coalescer.trigger();
    await timers.move(50);
  }
  assertEquals(runs, []);
  await timers.move(49);
  assertEquals(runs, []);
  await timers.move(1);
  assertEquals([runs, timers.count], [[200], 0]);
});

Deno.test("Triggers that never end cannot hold a run back longer than the maximum", async () => {
  const { timers, runs, coalescer } = setUp();
  for (let step = 0; step < 100; step++) {
    coalescer.trigger();
    await timers.move(10);
  }
  assertEquals(runs, [400, 800]);
});

Deno.test("Triggers during a run lead to exactly one more, after it", async () => {
  const ends: (() => void)[] = [];
  const { timers, runs, coalescer } = setUp(() => new Promise((resolve) => ends.push(resolve)));
  coalescer.trigger();
  await timers.move(100);
  coalescer.trigger();
  coalescer.trigger();
  await timers.move(1000);
  assertEquals([runs, timers.count], [[100], 0]);
  ends.shift()!();
  await timers.move(0);
  await timers.move(0);
  assertEquals(runs, [100, 1100]);
  ends.shift()!();
  await timers.move(1000);
  assertEquals([runs.length, timers.count], [2, 0]);
});

Deno.test("A run that fails is reported, and the next trigger runs again", async () => {
  const { timers, runs, errors, coalescer } = setUp(() => Promise.reject(new Error("Broken")));
  coalescer.trigger();
  await timers.move(100);
  coalescer.trigger();
  await timers.move(100);
  assertEquals([runs, errors.map(String)], [[100, 200], ["Error: Broken", "Error: Broken"]]);
});

Deno.test("A disposed coalescer runs nothing more and keeps no timer", async () => {
  const { timers, runs, coalescer } = setUp();
  coalescer.trigger();
  coalescer[Symbol.dispose]();
  coalescer.trigger();
  await timers.move(1000);
  assertEquals([runs, timers.count], [[], 0]);
});

Deno.test("Disposing during a run lets it end and drops what was triggered meanwhile", async () => {
  let end = () => {};
  const { timers, runs, coalescer } = setUp(() => new Promise((resolve) => end = resolve));
  coalescer.trigger();
  await timers.move(100);
  coalescer.trigger();
  coalescer[Symbol.dispose]();
  end();
  await timers.move(1000);
  assertEquals([runs, timers.count], [[100], 0]);
});
