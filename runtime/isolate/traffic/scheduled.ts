/** Runs an app's jobs: `scheduled(event, env, ctx)`, and what it leaves to `ctx.waitUntil`. */
import type { AppContext } from "./app_context.ts";

/** An app's `scheduled`. */
export type AppScheduled = (event: ScheduledEvent, env: unknown, context: AppContext) => unknown;

/** First argument of `scheduled`. */
export interface ScheduledEvent {
  readonly type: "scheduled";
  /** The expression as it is configured. */
  readonly cron: string;
  /** When the job was due, in ms since the epoch. */
  readonly scheduledTime: number;
  /** Says that a failed run must not be repeated; NANO repeats none. */
  noRetry(): void;
}

/** A job that is due. */
export interface DueJob {
  readonly cron: string;
  readonly scheduledTime: number;
}

const resolved = Promise.resolve.bind(Promise);
const { then } = Promise.prototype;
const { apply } = Reflect;

/**
 * Runs a job.
 * @returns settles once the handler and all its `waitUntil` work have ended; rejects with the first that failed
 */
export async function runJob(
  scheduled: AppScheduled | null,
  job: DueJob,
  options: { readonly env: unknown; readonly report: (error: unknown) => void },
): Promise<void> {
  if (scheduled === null) {
    throw new TypeError(`Cannot run "${job.cron}": the app exports no scheduled(event, env, ctx)`);
  }
  const context = new JobContext();
  const event: ScheduledEvent = { type: "scheduled", ...job, noRetry() {} };
  const failures: unknown[] = [];
  try {
    await scheduled(event, options.env, context);
  } catch (error) {
    failures.push(error);
  }
  failures.push(...await context.ended());
  const [first, ...others] = failures;
  for (const error of others) options.report(error);
  if (failures.length > 0) throw first;
}

/** Third argument of `scheduled`. */
class JobContext implements AppContext {
  readonly #works: Promise<void>[] = [];
  readonly #failures: unknown[] = [];

  waitUntil(promise: unknown): void {
    const note = (error: unknown) => void this.#failures.push(error);
    this.#works.push(apply(then, resolved(promise), [() => {}, note]) as Promise<void>);
  }

  passThroughOnException(): void {}

  /** Nobody asked for a job. */
  get remoteAddr(): AppContext["remoteAddr"] {
    return { transport: "tcp", hostname: "", port: 0 };
  }

  /** Settles once all work has ended, that which it adds meanwhile included. @returns what failed */
  async ended(): Promise<readonly unknown[]> {
    for (let at = 0; at < this.#works.length; at++) await this.#works[at];
    return this.#failures;
  }
}
