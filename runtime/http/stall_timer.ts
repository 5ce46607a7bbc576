/** Waits for a client to take what lies before it, and tells when it does not. */
import type { Clock } from "../clock.ts";

/** What a timer works with. */
export interface StallOptions {
  readonly clock: Pick<Clock, "after">;
  /** A client that takes nothing for this long has stalled. */
  readonly stallMs: number;
}

/** One answer's timer: armed while something waits for the client. */
export class StallTimer {
  readonly #options: StallOptions;
  readonly #onStall: () => void;
  #cancel: (() => void) | null = null;

  constructor(options: StallOptions, onStall: () => void) {
    this.#options = options;
    this.#onStall = onStall;
  }

  /** Something waits for the client from now on. */
  arm(): void {
    this.disarm();
    this.#cancel = this.#options.clock.after(this.#options.stallMs, this.#onStall);
  }

  /** The client has taken it, or the answer is over. */
  disarm(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
