/** Hands each tick to whoever follows; who is slow misses ticks and gets the newest. */
import type { AppTick } from "./observations.ts";

/** All apps at one tick. */
type Ticks = readonly AppTick[];

/** The last tick, and those who wait for the next. */
export class TickFeed implements Disposable {
  #last: Ticks | null = null;
  #count = 0;
  #closed = false;
  readonly #wakes = new Set<() => void>();

  /** Tells a tick. */
  publish(ticks: Ticks): void {
    this.#last = ticks;
    this.#count++;
    for (const wake of this.#wakes) wake();
  }

  /**
   * Each tick from the last one on, until the signal.
   * @param still what to give before the first tick
   */
  async *follow(signal: AbortSignal, still: () => Ticks): AsyncGenerator<Ticks, void> {
    let woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    this.#wakes.add(wake);
    signal.addEventListener("abort", wake);
    try {
      for (let seen = -1; !signal.aborted && !this.#closed;) {
        if (this.#count !== seen) {
          seen = this.#count;
          yield this.#last ?? still();
        } else {
          await woken.promise;
          woken = Promise.withResolvers();
        }
      }
    } finally {
      this.#wakes.delete(wake);
      signal.removeEventListener("abort", wake);
    }
  }

  /** Ends every follower. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const wake of this.#wakes) wake();
  }
}
