/** Lets an isolate finish what is pending, for as long as there is time. */
import type { Clock } from "../clock.ts";
import { inTime, LATE } from "../deadline.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import type { AppIsolate } from "./supervisor_tools.ts";

/** Between two looks whether a draining app has finished its queue. */
const DRAIN_LOOK_MS = 10;

/** What is to be finished. */
export interface Unfinished {
  /** Null while no app is in it: then there is nothing to finish. */
  readonly isolate: () => Pick<AppIsolate, "inFlight" | "drained"> | null;
  /** Requests that wait for the isolate and are to be served still. */
  readonly queued: () => number;
  /** Settles when it has ended otherwise. */
  readonly ended: Promise<unknown>;
  readonly timeoutMs: number;
  /** How it ends when all is finished in time. */
  readonly exit: IsolateExit;
}

/** @returns how the isolate ends, and the requests that are cut */
export async function finishIsolate(
  work: Unfinished,
  clock: Clock,
): Promise<{ readonly exit: IsolateExit; readonly left: number }> {
  const { isolate, queued, timeoutMs } = work;
  if (await inTime(finished(work, clock), timeoutMs, clock) !== LATE) return { exit: work.exit, left: 0 };
  const left = (isolate()?.inFlight ?? 0) + queued();
  return {
    exit: { reason: "drain_timeout", detail: `${left} requests were unfinished after ${timeoutMs} ms` },
    left,
  };
}

async function finished({ isolate, queued, ended }: Unfinished, clock: Clock): Promise<void> {
  let hasEnded = false;
  ended.then(() => hasEnded = true);
  while (!hasEnded && queued() + (isolate()?.inFlight ?? 0) > 0) {
    await inTime(ended, DRAIN_LOOK_MS, clock);
  }
  await isolate()?.drained();
}
