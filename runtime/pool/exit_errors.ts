/** The truthful answer for a request whose isolate ended under it. */
import { type ErrorCode, NanoError } from "../errors.ts";
import type { ExitReason } from "../terms/lifecycle.ts";

/** How an isolate ended. */
export interface IsolateExit {
  readonly reason: ExitReason;
  /** One clause for the log. */
  readonly detail: string;
}

const CODES: Readonly<Record<ExitReason, ErrorCode>> = {
  drained: "APP_DRAINING",
  parked: "APP_DRAINING",
  drain_timeout: "APP_DRAINING",
  boot_failed: "APP_FAILED",
  boot_timeout: "APP_UNAVAILABLE",
  isolate_timeout: "APP_UNAVAILABLE",
  out_of_memory: "APP_OUT_OF_MEMORY",
  unresponsive: "APP_UNRESPONSIVE",
  uncaught_error: "APP_TERMINATED",
  terminated: "APP_TERMINATED",
};

/** The error for requests that the ended isolate held. */
export function exitError(app: string, exit: IsolateExit): NanoError {
  // The text of an uncaught error is the app's own: it may name what no client should see.
  const shown = exit.reason === "uncaught_error" ? "its isolate ended with an uncaught error" : exit.detail;
  return new NanoError(CODES[exit.reason], `Cannot answer from app "${app}": ${shown}`, { details: [exit.detail] });
}
