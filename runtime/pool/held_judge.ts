/**
 * Judges what an isolate holds, in its heap and outside, by what is left after garbage collections it is asked for.
 *
 * V8's own limit lies far above `memory_mb` (one allocation beyond a tight limit aborts the process), and under a high
 * limit V8 lets garbage lie: 40 MB held were seen as 266 MB used, no ArrayBuffer held as 395 MB outside. So the plain
 * figures never accuse, they only ask.
 */
import { COLLECT, type Collect } from "../protocol/messages.ts";
import { heapCeilingBytes, mebibytes, type Verdict } from "./verdict.ts";

/**
 * Asked for in a row, each when more than allowed was left after the one before. The last is a plain beat: what finalizers
 * give back (shared memory, blobs) is only counted after a turn of the event loop.
 */
const STEPS: readonly Collect[] = [COLLECT.MAJOR, COLLECT.MAJOR, COLLECT.LAST_RESORT, COLLECT.NOTHING];

/** After looks that found nothing amiss they rest this many times as long as they took: p99 must not show them. */
const REST_FACTOR = 200;
const MIN_REST_MS = 500;
const MAX_REST_MS = 120_000;
/** The same for more than what garbage explains. */
const URGENT_REST_FACTOR = 10;
const MAX_URGENT_REST_MS = 1000;

/** What an answer comes to: nothing, a collection to ask for at once, or the end. */
export type HeldFinding = { readonly collect: Collect } | { readonly verdict: Verdict } | null;

/** One answer of an isolate. */
export interface HeldAnswer {
  readonly heapBytes: number;
  readonly externalBytes: number;
  /** What it may hold outside the heap. */
  readonly externalLimitBytes: number;
  /** What it was asked to do first. */
  readonly collected: Collect;
  readonly nowMs: number;
}

/** Follows one isolate's answers. */
export class HeldJudge {
  readonly #heapLimitBytes: number;
  /** How many steps of this look were asked for. */
  #step = 0;
  #lookStartedAt = 0;
  #restUntil = -Infinity;
  #urgentRestUntil = -Infinity;
  /** What was left in the heap after the last look. */
  #heldBytes = 0;

  /** @param heapLimitBytes what the app may hold in its heap */
  constructor(heapLimitBytes: number) {
    this.#heapLimitBytes = heapLimitBytes;
  }

  /** Takes an answer. */
  take(answer: HeldAnswer): HeldFinding {
    const { heapBytes, externalBytes, externalLimitBytes, nowMs } = answer;
    const heapIsOver = heapBytes > this.#heapLimitBytes;
    const externalIsOver = externalBytes > externalLimitBytes;
    if (this.#step > 0) {
      // An answer to a beat from before the collection tells nothing.
      if (answer.collected !== STEPS[this.#step - 1]) return null;
      this.#heldBytes = heapBytes;
      if (!heapIsOver && !externalIsOver) return this.#rest(nowMs);
      if (heapIsOver && this.#step >= STEPS.length - 1) {
        return outOfMemory(
          `${mebibytes(heapBytes)} held in the heap, allowed ${mebibytes(this.#heapLimitBytes)} by memory_mb`,
        );
      }
      if (this.#step === STEPS.length) {
        return outOfMemory(
          `${mebibytes(externalBytes)} outside the heap, allowed ${mebibytes(externalLimitBytes)} by external_mb`,
        );
      }
      return this.#ask();
    }
    if (!heapIsOver && !externalIsOver) return null;
    const isUrgent = heapBytes > heapCeilingBytes(Math.max(this.#heldBytes, this.#heapLimitBytes / 2)) ||
      externalBytes > 2 * externalLimitBytes;
    if (nowMs < (isUrgent ? this.#urgentRestUntil : this.#restUntil)) return null;
    this.#lookStartedAt = nowMs;
    return this.#ask();
  }

  #ask(): HeldFinding {
    return { collect: STEPS[this.#step++]! };
  }

  #rest(nowMs: number): null {
    const tookMs = nowMs - this.#lookStartedAt;
    this.#restUntil = nowMs + between(MIN_REST_MS, REST_FACTOR * tookMs, MAX_REST_MS);
    this.#urgentRestUntil = nowMs + between(MIN_REST_MS, URGENT_REST_FACTOR * tookMs, MAX_URGENT_REST_MS);
    this.#step = 0;
    return null;
  }
}

function outOfMemory(detail: string): HeldFinding {
  return { verdict: { reason: "out_of_memory", detail } };
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
