/** When an app is parked: after `idle_timeout_ms` without a request. */
import type { Clock } from "../clock.ts";

/** What parking looks at and does. */
export interface ParkingTools {
  readonly clock: Clock;
  /** 0: never. */
  readonly idleTimeoutMs: number;
  /** Whether the app runs and nothing is pending. */
  readonly isQuiet: () => boolean;
  readonly park: () => void;
}

/** Waits for an app to be quiet long enough, by a timer of its own. */
export class Parking implements Disposable {
  /** When the app was last asked for anything, by the clock's monotonic time. */
  lastActive: number;
  readonly #tools: ParkingTools;
  #timer: (() => void) | null = null;

  constructor(tools: ParkingTools) {
    this.#tools = tools;
    this.lastActive = tools.clock.now();
  }

  /** Looks whether it is time, and again when it will be. */
  look(): void {
    const { clock, idleTimeoutMs, isQuiet, park } = this.#tools;
    if (this.#timer !== null || idleTimeoutMs === 0 || !isQuiet()) return;
    const leftMs = this.lastActive + idleTimeoutMs - clock.now();
    if (leftMs <= 0) park();
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
