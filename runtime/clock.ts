/** Time as NANO's host reads it; tests put their own in its place. */

/** A clock with timers; all times in milliseconds. */
export interface Clock {
  /** A monotonic reading. */
  now(): number;
  /** Milliseconds since the epoch. */
  wall(): number;
  /**
   * Runs something once, later.
   * @returns a function that takes it back
   */
  after(delayMs: number, run: () => void): () => void;
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
