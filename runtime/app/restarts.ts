/** The restarts of an app as they are waited for: the next attempt, and the time after which it counts as healthy again. */
import type { Clock } from "../clock.ts";
import type { AppSnapshot } from "../terms/events.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import { HEALTHY_AFTER_MS } from "./backoff.ts";
import { RestartPolicy } from "./restart_policy.ts";
import type { IsolateStart } from "./isolate_start.ts";

/**
 * Threads of the app's killed isolates that may still run when it is started again: a native call that V8 cannot stop
 * keeps its core and its memory, and whoever makes one at every start would have all of both soon.
 */
const MOST_LINGERING = 1;
/** Between two looks whether they have ended. */
const LINGERING_LOOK_MS = 100;

/** What restarts work with. */
export interface RestartsTools {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Told when earlier deaths are forgiven. */
  readonly onHealed: () => void;
}

/** When the next attempt is due, and which it is. */
export interface NextAttempt {
  readonly attempt: number;
  readonly delayMs: number;
}

/** Keeps the policy's timers. */
export class Restarts implements Disposable {
  readonly #tools: RestartsTools;
  readonly #policy: RestartPolicy;
  #retry: (() => void) | null = null;
  #healing: (() => void) | null = null;
  #lingering = 0;

  constructor(tools: RestartsTools) {
    this.#tools = tools;
    this.#policy = new RestartPolicy(tools.random);
  }

  /** Deaths in a row. */
  get crashes(): number {
    return this.#policy.crashes;
  }

  /** What is shown of them. */
  get shown(): Pick<AppSnapshot, "restarts" | "crashes" | "lastExit"> {
    const { restarts, crashes, lastExit } = this.#policy;
    return { restarts, crashes, lastExit };
  }

  /** The app runs: in a while what it died of before is forgiven. */
  running(): void {
    if (this.#policy.crashes === 0) return;
    this.#healing = this.#tools.clock.after(HEALTHY_AFTER_MS, () => {
      this.#policy.recovered();
      this.#tools.onHealed();
    });
  }

  /** The app is parked: what it had run so far counts. */
  parked(readyAt: number | null): void {
    this.#healing?.();
    this.#policy.parked(readyAt, this.#tools.clock.now());
  }

  /** An isolate has ended, and none follows. */
  ended(exit: IsolateExit): void {
    this.#healing?.();
    this.#policy.note(exit, this.#tools.clock.wall());
  }

  /** An isolate died. @param starting the attempt that ended so; null for an app that ran */
  died(exit: IsolateExit, starting: number | null, worker: Pick<IsolateStart, "readyAt" | "isolate">): NextAttempt {
    this.#healing?.();
    const { clock } = this.#tools;
    this.#lingering++;
    void (worker.isolate?.gone ?? Promise.resolve()).then(() => this.#lingering--);
    const death = { exit, now: clock.now(), wall: clock.wall(), starting, readyAt: worker.readyAt };
    const { attempt, delayMs } = this.#policy.died(death);
    return { attempt, delayMs: this.#lingering > MOST_LINGERING ? Math.max(delayMs, LINGERING_LOOK_MS) : delayMs };
  }

  /** Starts the next attempt when it is due, and no more threads of those before it run than may. */
  schedule({ attempt, delayMs }: NextAttempt, start: (attempt: number) => void): void {
    this.#retry = this.#tools.clock.after(delayMs, () => {
      if (this.#lingering <= MOST_LINGERING) start(attempt);
      else this.schedule({ attempt, delayMs: LINGERING_LOOK_MS }, start);
    });
  }

  /** Nothing is started, and nothing forgiven any more. */
  [Symbol.dispose](): void {
    this.#retry?.();
    this.#healing?.();
    this.#retry = this.#healing = null;
  }
}
