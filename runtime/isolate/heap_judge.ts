/**
 * Judges the heap of an isolate by what is left after garbage collections that it is asked for.
 *
 * V8's own limit lies far above `memory_mb` (one allocation beyond a tight limit aborts the process), and under a high
 * limit V8 lets garbage lie: 40 MB held were seen as 266 MB used. So the plain figure never accuses, it only asks.
 */
import { COLLECT, type Collect } from "../protocol/messages.ts";
import { heapCeilingBytes, megabytes, type Verdict } from "./verdict.ts";

/** Collections asked for in a row, each when more than allowed was left after the one before. */
const STEPS: readonly Collect[] = [COLLECT.MAJOR, COLLECT.MAJOR, COLLECT.LAST_RESORT];

/** After looks that found a healthy heap they rest this many times as long as they took: one part in a hundred. */
const REST_FACTOR = 100;
const MIN_REST_MS = 500;
const MAX_REST_MS = 30_000;
/** The same for a heap above what garbage explains. */
const URGENT_REST_FACTOR = 10;
const MAX_URGENT_REST_MS = 1000;

/** What an answer comes to: nothing, a collection to ask for at once, or the end. */
export type HeapFinding = { readonly collect: Collect } | { readonly verdict: Verdict } | null;

/** One answer of an isolate. */
export interface HeapAnswer {
  readonly usedBytes: number;
  /** What it was asked to do first. */
  readonly collected: Collect;
  readonly nowMs: number;
}

/** Follows one isolate's answers. */
export class HeapJudge {
  readonly #limitBytes: number;
  /** How many collections of this look were asked for. */
  #step = 0;
  #lookStartedAt = 0;
  #restUntil = -Infinity;
  #urgentRestUntil = -Infinity;
  /** What was left after the last collection that was asked for. */
  #heldBytes = 0;

  /** @param limitBytes what the app may hold */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Takes an answer. */
  take({ usedBytes, collected, nowMs }: HeapAnswer): HeapFinding {
    if (this.#step > 0) {
      // An answer from before the collection tells nothing.
      if (collected === COLLECT.NOTHING) return null;
      this.#heldBytes = usedBytes;
      if (usedBytes <= this.#limitBytes) return this.#rest(nowMs);
      if (this.#step === STEPS.length) {
        const detail = `${megabytes(usedBytes)} held in the heap, allowed ${megabytes(this.#limitBytes)}`;
        return { verdict: { reason: "out_of_memory", detail } };
      }
      return this.#ask();
    }
    if (usedBytes <= this.#limitBytes) return null;
    const isUrgent = usedBytes > heapCeilingBytes(Math.max(this.#heldBytes, this.#limitBytes / 2));
    if (nowMs < (isUrgent ? this.#urgentRestUntil : this.#restUntil)) return null;
    this.#lookStartedAt = nowMs;
    return this.#ask();
  }

  #ask(): HeapFinding {
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

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
