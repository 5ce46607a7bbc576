/** One isolate's process as the host looks at it: its heartbeat, its CPU clock and its memory, and what they come to. */
import { COLLECT, type Collect } from "../protocol/messages.ts";
import { HOST_CALL_TIMEOUT_MS } from "../protocol/host_calls.ts";
import { type ProcessState, processState } from "../machine/process_state.ts";
import type { CellExit } from "./cell.ts";
import { HeldJudge } from "./held_judge.ts";
import { StartTidying } from "./start_tidying.ts";
import {
  heapCeilingBytes,
  judge,
  judgeGrowth,
  mebibytes,
  missedTick,
  newVitals,
  RSS_SLACK_BYTES,
  TICK_MS,
  type Verdict,
  type Vitals,
} from "./verdict.ts";

/** Between two looks at an idle one, as under the warden. */
const IDLE_BEAT_MS = 1000;
/** Garbage that V8 lets lie outside the heap before it collects, as a part of what may be held there. */
const GARBAGE_FACTOR = 2;
/** Beyond all that garbage explains nobody waits for a collection. */
const HARD_SLACK_BYTES = 64 * 1024 * 1024;
/** As long as one call waits. */
const MAX_WAITED_TICKS = HOST_CALL_TIMEOUT_MS / TICK_MS;

/** What a look needs, and who hears of it. */
export interface WatchedProcessTools {
  /** Asks for a heartbeat. */
  readonly ask: (beat: number, collect: Collect) => void;
  /** Whether its thread stands still until the host has answered. */
  readonly waitsOnHost: () => boolean;
  readonly onFigures: (heapBytes: number, externalBytes: number, cpuMicros: number) => void;
  readonly end: (verdict: Omit<CellExit, "cpuMicros">) => void;
  /** Hears of each look, whether there is work or not. */
  readonly onLook?: (cpuMicros: number) => void;
  /** What the system tells of it; null when it is gone. */
  readonly read?: (pid: number) => ProcessState | null;
}

/** A living process. */
export class WatchedProcess {
  readonly vitals: Vitals;
  isBusy = false;
  isOver = false;
  /** Memory that is its own alone, at the last look. */
  ownBytes = 0;
  /** What an empty isolate takes; what an app holds is told from it. */
  #emptyBytes: number | null = null;
  readonly #pid: number;
  readonly #tools: WatchedProcessTools;
  readonly #read: (pid: number) => ProcessState | null;
  readonly #heldJudge: HeldJudge;
  #beat = 0;
  #asked: Collect = COLLECT.NOTHING;
  #nextBeatAt = 0;
  /** Answers since its garbage was collected because it held more than it may; null while it does not. */
  #answersOver: number | null = null;
  readonly #tidying = new StartTidying();
  /** Whether it was told what its app may use, since the last look. */
  #isNewApp = false;

  constructor(pid: number, memoryMb: number, tools: WatchedProcessTools) {
    this.#pid = pid;
    this.#tools = tools;
    this.#read = tools.read ?? processState;
    this.vitals = newVitals(memoryMb, { rest: 0, canCollect: true });
    this.#heldJudge = new HeldJudge(memoryMb * 1024 * 1024);
  }

  /** One that is no app yet has no allowance outside its heap. */
  get allowedBytes(): number {
    const { heapLimitBytes, externalLimitBytes } = this.vitals;
    return heapLimitBytes + (externalLimitBytes < Infinity ? externalLimitBytes : 0);
  }

  /** Beyond it nobody waits for a collection; infinite for one that is no app yet. */
  get mostBytes(): number {
    const { heapLimitBytes, externalLimitBytes } = this.vitals;
    return heapCeilingBytes(heapLimitBytes) + GARBAGE_FACTOR * externalLimitBytes + HARD_SLACK_BYTES;
  }

  /** It has booted, and is empty. */
  booted(): void {
    this.#readState();
    this.#emptyBytes ??= this.ownBytes;
  }

  /** Sets what it may use: it becomes an app. */
  limit(cpuMs: number, externalBytes: number): void {
    const { vitals } = this;
    vitals.cpuLimitMs = cpuMs;
    vitals.externalLimitBytes = externalBytes;
    this.#isNewApp = true;
    this.#readState();
    this.#countFrom();
    this.#ask(COLLECT.NOTHING);
  }

  /** One look, a tick after the one before; @param nowMs of a clock that never goes back */
  look(nowMs: number): void {
    const { vitals } = this;
    if (!this.isOver) this.#tools.onLook?.(vitals.cpuMicros);
    if (this.isOver || !vitals.asked && !this.isBusy && nowMs < this.#nextBeatAt) return;
    const before = vitals.cpuMicros;
    if (!this.#readState()) return;
    const verdict = this.#judgeMemory();
    const moved = vitals.cpuMicros > before;
    if (this.#isNewApp) this.#tidying.appComes(nowMs);
    this.#isNewApp = false;
    if (vitals.asked) this.#missTick(moved);
    else {
      const works = moved || vitals.heapBytes > vitals.heapLimitBytes / 2 || this.#answersOver !== null;
      const due = this.#tidying.due(nowMs, !moved && !this.isBusy, vitals);
      this.#ask(this.#answersOver === 0 ? COLLECT.LAST_RESORT : due);
      this.#nextBeatAt = nowMs + (works ? TICK_MS : IDLE_BEAT_MS);
    }
    this.#judge(verdict ?? judge(vitals, this.ownBytes, { isFresh: true }));
  }

  /** A look at its memory alone, of which a burst takes gigabytes a second. */
  sample(): void {
    if (this.isOver || !this.vitals.asked && !this.isBusy) return;
    if (this.#readState()) this.#judge(this.#judgeMemory());
  }

  /** Takes an answer to a heartbeat, which may be forged: it only ever accuses whose it is. */
  answer(values: readonly unknown[]): void {
    const { vitals } = this;
    if (!vitals.asked || values[1] !== this.#beat) return;
    vitals.heapBytes = finite(values[2]);
    vitals.committedBytes = Math.max(vitals.heapBytes, finite(values[3]));
    vitals.externalBytes = finite(values[4]);
    this.#countFrom();
    vitals.asked = false;
    vitals.collecting = false;
    vitals.missedTicks = 0;
    vitals.waitedTicks = 0;
    const counts = this.#answersOver !== 0 || this.#asked === COLLECT.LAST_RESORT;
    if (this.#answersOver !== null && counts) this.#answersOver++;
    this.#tools.onFigures(vitals.heapBytes, vitals.externalBytes, vitals.cpuMicros);
    if (vitals.externalLimitBytes === Infinity) return;
    const finding = this.#heldJudge.take({
      heapBytes: vitals.heapBytes,
      externalBytes: vitals.externalBytes,
      externalLimitBytes: vitals.externalLimitBytes,
      collected: this.#asked,
      nowMs: performance.now(),
    });
    if (finding === null) return;
    if ("verdict" in finding) this.#judge(finding.verdict);
    // The last step comes with the next look: finalizers need a turn of the isolate's event loop first.
    else if (finding.collect !== COLLECT.NOTHING) this.#ask(finding.collect);
  }

  /** Ends it for a reason that lies outside of it. */
  endBy(verdict: Verdict): void {
    this.#judge(verdict);
  }

  #ask(collect: Collect): void {
    const { vitals } = this;
    if (vitals.asked) return;
    vitals.asked = true;
    vitals.collecting = collect !== COLLECT.NOTHING;
    vitals.cpuAtAsk = vitals.cpuMicros;
    this.#asked = collect;
    this.#tools.ask(++this.#beat, collect);
  }

  #missTick(moved: boolean): void {
    const { vitals } = this;
    const waits = !moved && vitals.waitedTicks < MAX_WAITED_TICKS && this.#tools.waitsOnHost();
    if (waits) vitals.waitedTicks++;
    vitals.missedTicks += missedTick(moved, waits);
  }

  #countFrom(): void {
    const { vitals } = this;
    vitals.answered = true;
    vitals.restAtAnswer = this.ownBytes;
    vitals.cpuAtAnswer = vitals.cpuMicros;
  }

  #readState(): boolean {
    const state = this.#read(this.#pid);
    if (state === null) return false;
    this.vitals.cpuMicros = state.cpuMicros;
    this.vitals.runnable = state.runnable;
    this.ownBytes = state.ownBytes;
    return true;
  }

  #judgeMemory(): Verdict | null {
    const { vitals } = this;
    if (vitals.externalLimitBytes === Infinity) return null;
    const held = this.ownBytes - (this.#emptyBytes ?? 0);
    const allowed = vitals.heapLimitBytes + vitals.externalLimitBytes + RSS_SLACK_BYTES;
    if (held <= allowed) this.#answersOver = null;
    else this.#answersOver ??= 0;
    // Two more answers later, after finalizers had their turns, all that is left is held.
    const isLeft = this.#answersOver !== null && this.#answersOver > 2;
    if (isLeft || held > this.mostBytes) {
      return { reason: "out_of_memory", detail: `its process holds ${mebibytes(held)}, allowed ${mebibytes(allowed)}` };
    }
    return judgeGrowth(vitals, this.ownBytes);
  }

  #judge(verdict: Verdict | null): void {
    if (verdict !== null && !this.isOver) this.#tools.end(verdict);
  }
}

function finite(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : 0;
}
