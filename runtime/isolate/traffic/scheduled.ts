/** Runs an app's jobs: `scheduled(event, env, ctx)`, and what it leaves to `ctx.waitUntil`. */
import { assign, NativeTypeError } from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import type { AppContext } from "./app_context.ts";
import { JobContext } from "./job_context.ts";

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
export interface CronMoment {
  readonly cron: string;
  readonly scheduledTime: number;
}

/** Runs a job of an app. */
export function schedule(
  { scheduled, env }: { readonly scheduled: AppScheduled | null; readonly env: Record<string, unknown> },
  job: CronMoment,
  report: (error: unknown) => void,
): Promise<void> {
  return runJob(scheduled, job, { env: assign({}, env), report });
}

/**
 * Runs a job.
 * @returns settles once the handler and all its `waitUntil` work have ended; rejects with the first that failed
 */
export async function runJob(
  scheduled: AppScheduled | null,
  job: CronMoment,
  options: { readonly env: unknown; readonly report: (error: unknown) => void },
): Promise<void> {
  if (scheduled === null) {
    throw new NativeTypeError(`Cannot run "${job.cron}": the app exports no scheduled(event, env, ctx)`);
  }
  const context = new JobContext();
  const event: ScheduledEvent = { type: "scheduled", ...job, noRetry() {} };
  const failures: unknown[] = [];
  try {
    await scheduled(event, options.env, context);
  } catch (error) {
    append(failures, error);
  }
  const later = await context.ended();
  for (let at = 0; at < later.length; at++) append(failures, later[at]);
  for (let at = 1; at < failures.length; at++) options.report(failures[at]);
  if (failures.length > 0) throw failures[0];
}
