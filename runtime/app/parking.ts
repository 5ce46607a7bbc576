/** When an app is parked: after `idle_timeout_ms` without a request, or before when memory is short. */
import type { Clock } from "../clock.ts";

/** An app that may be parked now. */
export interface Parkable {
  /** When it was last asked for anything, by the clock's monotonic time. */
  readonly lastActive: number;
  /** Gives its memory back. @param why what its end is told with */
  park(why: string): void;
}

/** What parking looks at and does. */
export interface ParkingTools {
  readonly clock: Clock;
  /** 0: never. */
  readonly idleTimeoutMs: number;
  /** Whether the app runs and nothing is pending. */
  readonly isQuiet: () => boolean;
  readonly park: (why: string) => void;
}

/** Waits for an app to be quiet long enough, by a timer of its own. */
export class Parking implements Parkable, Disposable {
  /** When the app was last asked for anything, by the clock's monotonic time. */
  lastActive: number;
  readonly #tools: ParkingTools;
  #timer: (() => void) | null = null;

  constructor(tools: ParkingTools) {
    this.#tools = tools;
    this.lastActive = tools.clock.now();
  }

  /** Itself while the app may be parked, which it may never be without `idle_timeout_ms`. */
  get parkable(): Parkable | null {
    return this.#tools.idleTimeoutMs > 0 && this.#tools.isQuiet() ? this : null;
  }

  /** Parks the app if it still may be. */
  park(why: string): void {
    if (this.parkable !== null) this.#tools.park(why);
  }

  /** Looks whether it is time, and again when it will be. */
  look(): void {
    const { clock, idleTimeoutMs, isQuiet, park } = this.#tools;
    if (this.#timer !== null || idleTimeoutMs === 0 || !isQuiet()) return;
    const leftMs = this.lastActive + idleTimeoutMs - clock.now();
    if (leftMs <= 0) park(`no request for ${idleTimeoutMs} ms`);
    else {
      this.#timer = clock.after(leftMs, () => {
        this.#timer = null;
        this.look();
      });
    }
  }

  /** Looks no more until it is asked again. */
  [Symbol.dispose](): void {
    this.#timer?.();
    this.#timer = null;
  }
}
