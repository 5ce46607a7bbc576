/** One isolate as the warden holds it: its thread, its heartbeat, what is known of it. */
import { inTime, LATE } from "../deadline.ts";
import type { Worker as CappedWorker } from "node:worker_threads";
import {
  COLLECT,
  type Collect,
  type Heartbeat,
  type HeartbeatAsk,
  type ThreadFigures,
  WAITS_ON_HOST,
} from "../protocol/messages.ts";
import { HOST_CALL_TIMEOUT_MS } from "../protocol/host_calls.ts";
import type { HeldFinding, HeldJudge } from "./held_judge.ts";
import { StartTidying } from "./start_tidying.ts";
import { missedTick, TICK_MS, type Vitals } from "./verdict.ts";

/** Deno's types of node:worker_threads lack the CPU clock, which works while the worker is busy. */
export type WatchedWorker = CappedWorker & { cpuUsage(): Promise<{ user: number; system: number }> };

/** A clock is read in well under a millisecond; one that never answers must not keep the warden from all the others. */
const CLOCK_MS = 1000;
/** As long as one call waits: who makes one after the other, each of which takes long, never gave its event loop a turn. */
const MAX_WAITED_TICKS = HOST_CALL_TIMEOUT_MS / TICK_MS;

/** A living isolate. */
export class WatchedIsolate {
  readonly number: number;
  readonly worker: WatchedWorker;
  readonly vitals: Vitals;
  readonly #heartbeat: MessagePort;
  readonly #hostWait: Int32Array;
  /** Null where garbage cannot be collected on demand: V8's own limit and the plain figures judge then. */
  readonly #heldJudge: HeldJudge | null;
  readonly tidying = new StartTidying();
  nextBeatAt = 0;
  /** Beats that it has answered. */
  beats = 0;
  /** Messages of the host that had come to it at its last answer, as it says. */
  heard = 0;
  ended = false;
  #beat = 0;
  readonly #exit = Promise.withResolvers<void>();
  #asked: Collect = COLLECT.NOTHING;
  /** What the next beat has to ask for, whoever asks: the judge hears nothing else until it has been answered. */
  #owed: Collect | null = null;

  constructor(
    number: number,
    parts: {
      worker: WatchedWorker;
      heartbeat: MessagePort;
      hostWait: SharedArrayBuffer;
      vitals: Vitals;
      heldJudge: HeldJudge | null;
    },
  ) {
    this.number = number;
    this.worker = parts.worker;
    this.vitals = parts.vitals;
    this.#heartbeat = parts.heartbeat;
    this.#hostWait = new Int32Array(parts.hostWait);
    this.#heldJudge = parts.heldJudge;
  }

  /** What it reports of the process' memory. */
  get reportedBytes(): number {
    return this.vitals.committedBytes + this.vitals.externalBytes;
  }

  /** Asks for a beat; one at a time. @param wish what for, unless a collection is owed */
  ask(wish: Collect = COLLECT.NOTHING): void {
    const { vitals } = this;
    const collect = this.#owed ?? wish;
    this.#owed = null;
    vitals.asked = true;
    vitals.collecting = collect !== COLLECT.NOTHING;
    vitals.cpuAtAsk = vitals.cpuMicros;
    this.#asked = collect;
    this.#send(collect, false);
  }

  /** It is about to get its app. @param touchedBytes what its thread has touched first until now, if that is known */
  appComes(nowMs: number, touchedBytes: number | null): void {
    this.tidying.appComes(nowMs);
    if (touchedBytes !== null) this.vitals.touchedBytes = this.vitals.touchedAtAnswer = touchedBytes;
  }

  #send(collect: Collect, isLast: boolean): void {
    const message: HeartbeatAsk = [++this.#beat, collect, isLast];
    this.#heartbeat.postMessage(message);
  }

  /** Counts a look at which the beat was not answered yet. */
  missTick(cpuMoved: boolean): void {
    const { vitals } = this;
    const mayWait = vitals.waitedTicks < MAX_WAITED_TICKS;
    const waits = mayWait && !cpuMoved && Atomics.load(this.#hostWait, 0) === WAITS_ON_HOST;
    if (waits) vitals.waitedTicks++;
    vitals.missedTicks += missedTick(cpuMoved, waits);
  }

  /**
   * Takes an answer.
   * @param options.base the process' memory without what others report: growth is told from it
   * @returns what it holds comes to
   */
  answer(answer: Heartbeat, { nowMs, base }: { nowMs: number; base: number }): HeldFinding {
    const { vitals } = this;
    this.countFrom(base);
    this.beats++;
    this.heard = finite(answer[5]);
    vitals.heapBytes = finite(answer[1]);
    vitals.committedBytes = Math.max(vitals.heapBytes, finite(answer[2]));
    vitals.externalBytes = finite(answer[3]);
    vitals.heapLimitGrew = vitals.heapLimitGrew || answer[4] === true;
    vitals.asked = false;
    vitals.collecting = false;
    vitals.missedTicks = 0;
    vitals.waitedTicks = 0;
    const finding = this.#heldJudge?.take({
      heapBytes: vitals.heapBytes,
      externalBytes: vitals.externalBytes,
      externalLimitBytes: vitals.externalLimitBytes,
      collected: this.#asked,
      nowMs,
    }) ?? null;
    if (finding !== null && "collect" in finding) this.#owed = finding.collect;
    return finding;
  }

  /** Growth from now on is told from what was before. */
  countFrom(base: number): void {
    const { vitals } = this;
    vitals.answered = true;
    vitals.restAtAnswer = base;
    vitals.contested = false;
    vitals.shrunkBytes = 0;
    vitals.calm = null;
    vitals.cpuAtAnswer = vitals.cpuMicros;
    vitals.touchedAtAnswer = vitals.touchedBytes;
  }

  /** Takes what the system tells of its thread, or that it tells nothing. */
  learn(thread: ThreadFigures | undefined): void {
    const { vitals } = this;
    vitals.touchedBytes = thread?.touchedBytes ?? null;
    vitals.runnable = thread?.runnable ?? false;
    // What it touched before it was first asked after is not growth, unless it computes already and does not answer.
    if (!vitals.asked) vitals.touchedAtAnswer ??= vitals.touchedBytes;
  }

  /** Reads the thread's CPU clock; false when it is just starting or ending, which its exit event will tell. */
  async readClock(): Promise<boolean> {
    try {
      const usage = await inTime(this.worker.cpuUsage(), CLOCK_MS);
      if (usage === LATE) return false;
      this.vitals.cpuMicros = usage.user + usage.system;
      return !this.ended;
    } catch {
      return false;
    }
  }

  /**
   * Lets the thread close itself between two turns of its event loop, or ends it after `boundMs`. Deno panics, and takes
   * the whole process along, when a thread is ended while one of Deno's own modules is loaded for the first time
   * (`module_local.evaluate(scope).unwrap()` in deno_core's ext_script.rs): boots load 90 of them, an app's imports and
   * its first calls some more.
   */
  async endBetweenTurns(boundMs: number): Promise<void> {
    this.ended = true;
    this.#send(COLLECT.NOTHING, true);
    await inTime(this.#exit.promise, boundMs);
    this.end();
  }

  /** Its thread is over. */
  exited(): void {
    this.#exit.resolve();
  }

  /** Ends the thread; the promise of `terminate()` only says that the call was made, the host watches the thread itself. */
  end(): void {
    this.ended = true;
    this.#heartbeat.close();
    this.worker.terminate().catch(() => {});
  }
}

function finite(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}
