/** What the deaths of an app's isolates lead to: how long it waits, how often it has died in a row, what is told of it. */
import type { AppSnapshot } from "../terms/events.ts";
import type { ExitReason } from "../terms/lifecycle.ts";
import { backoffMs, HEALTHY_AFTER_MS, jittered } from "./backoff.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";

/** Least wait after a start that took too long: most often the machine was slow, which 100 ms later it still is. */
const AFTER_TIMEOUT_MS = 2_000;

/** A death as the policy needs it. */
export interface Death {
  readonly exit: IsolateExit;
  /** Monotonic and wall-clock time of now, ms. */
  readonly now: number;
  readonly wall: number;
  /** The attempt to start that ended so; null for an app that ran. */
  readonly starting: number | null;
  /** Since when it had run; null when it never did. */
  readonly readyAt: number | null;
}

/** Decides when an app is started again. */
export class RestartPolicy {
  readonly #random: () => number;
  readonly #restarts: Partial<Record<ExitReason, number>> = {};
  #lastExit: AppSnapshot["lastExit"] = null;
  #attempt = 0;
  #crashes = 0;

  /** @param random from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Deaths in a row. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Restarts by reason. */
  get restarts(): AppSnapshot["restarts"] {
    return { ...this.#restarts };
  }

  get lastExit(): AppSnapshot["lastExit"] {
    return this.#lastExit;
  }

  /** An isolate has ended, whatever the reason. */
  note(exit: IsolateExit, wall: number): void {
    this.#lastExit = { reason: exit.reason, detail: exit.detail, at: wall };
  }

  /** An isolate died and another one is to follow. @returns the next attempt and the wait before it */
  died({ exit, now, wall, starting, readyAt }: Death): { readonly attempt: number; readonly delayMs: number } {
    this.note(exit, wall);
    if (isHealthy(readyAt, now)) this.recovered();
    // Where no isolate could be had, none died.
    if (exit.reason !== "isolate_timeout") this.#crashes++;
    this.#attempt = 1 + (starting ?? this.#attempt);
    this.#restarts[exit.reason] = (this.#restarts[exit.reason] ?? 0) + 1;
    const random = this.#random();
    const isLate = exit.reason === "boot_timeout" || exit.reason === "isolate_timeout";
    const leastMs = isLate ? jittered(AFTER_TIMEOUT_MS, random) : 0;
    return { attempt: this.#attempt, delayMs: Math.max(leastMs, backoffMs(this.#attempt, random)) };
  }

  /** The app is parked: what it had run so far counts. */
  parked(readyAt: number | null, now: number): void {
    if (isHealthy(readyAt, now)) this.recovered();
  }

  /** Earlier deaths are forgiven. */
  recovered(): void {
    this.#attempt = this.#crashes = 0;
  }
}

function isHealthy(readyAt: number | null, now: number): boolean {
  return readyAt !== null && now - readyAt >= HEALTHY_AFTER_MS;
}
