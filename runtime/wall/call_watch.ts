/** Looks at a request inside an isolate: whether its app or its client has taken too long. */
import { NanoError } from "../errors.ts";
import type { CallSlot } from "./call_table.ts";

/**
 * A request that takes this long is watched for its client's leaving, whether its app cares or not; watching each would
 * cost every fast one some microseconds.
 */
const WATCH_AFTER_MS = 100;

/** What a look goes by. */
export interface CallLook {
  readonly app: string;
  readonly nowMs: number;
  /** How long a request may wait for its head. */
  readonly timeoutMs: number;
}

/**
 * What is to be done about a request.
 * @returns the answer that gives it up, `stalled` when its client takes nothing of the answer, `unwatched` when nobody
 * would hear of its client's leaving, null when all is well
 */
export function lookAtCall(slot: CallSlot, look: CallLook): NanoError | "stalled" | "unwatched" | null {
  const { call, answered, upload, answer } = slot;
  const { nowMs, timeoutMs } = look;
  const waitedMs = nowMs - call.startedAt;
  if (call.job !== undefined) {
    // Nobody waits for a job, so none is late; but what a consumer has, nobody else gets.
    if (!("limitMs" in call.job) || waitedMs < call.job.limitMs) return null;
    const text = `Cannot wait longer for app "${look.app}": its batch of "${call.job.queue}" is not done`;
    return new NanoError("REQUEST_TIMEOUT", `${text} within ${call.job.limitMs} ms`);
  }
  if (!answered && waitedMs >= timeoutMs) {
    const text = `Cannot wait longer for app "${look.app}": no response head within ${timeoutMs} ms`;
    return new NanoError("REQUEST_TIMEOUT", text);
  }
  const { bodyBytesPerSecond, bodyWindowMs, writeStallMs } = call.patience;
  if (upload?.isTooSlow(nowMs, call.patience) === true) {
    const text = `Cannot wait longer for the request body: it came below ${bodyBytesPerSecond} bytes a second`;
    return new NanoError("REQUEST_TOO_SLOW", `${text} for ${bodyWindowMs} ms`);
  }
  if (answer?.isStalled(nowMs, writeStallMs) === true) return "stalled";
  return !answered && !slot.armed && waitedMs >= WATCH_AFTER_MS ? "unwatched" : null;
}
