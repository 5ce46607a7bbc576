/** A clock that only moves when a test says so. */
import type { Clock } from "../../../runtime/clock.ts";

/** Wall time of a clock that has not moved. */
export const WALL_START = 1_700_000_000_000;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Time and timers in a test's hand. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  /** Timers that have neither run nor been taken back. */
  get armed(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return WALL_START + this.#now;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /**
   * Lets time pass: runs due timers in order, and what follows from each before the next.
   * @param isOver asked before each; once true, time stands still
   */
  async advance(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const target = this.#now + ms;
    await settle();
    while (!isOver()) {
      const due = this.#first();
      if (due === null || due.at > target) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
      await settle();
    }
    if (!isOver()) this.#now = target;
  }

  /** The next timer; of those at one time, the one that was set first. */
  #first(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) if (first === null || timer.at < first.at) first = timer;
    return first;
  }
}

/** Lets every promise chain run to where it waits for something from outside. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
