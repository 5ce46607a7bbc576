/** How a request ended, as the log, the metrics, the traces and the rollout watch tell it. */
import type { ErrorCode } from "../errors.ts";

/**
 * Every end of a request. A response that is cut after its head is never `done`.
 *
 * - `done`: the client got its whole answer, the app's or a refusal of NANO's
 * - `client_gone`: the client went away first, or broke its own body off
 * - `app_failed`: the app threw, answered nonsense, or broke its own response off
 * - `isolate_ended`: the app's isolate ended while it held the request
 * - `timed_out`: the app gave no head in time, or the client was too slow with its body or with taking the answer
 */
export const REQUEST_ENDS = ["done", "client_gone", "app_failed", "isolate_ended", "timed_out"] as const;

/** One of {@linkcode REQUEST_ENDS}. */
export type RequestEnd = typeof REQUEST_ENDS[number];

/** What the log says of a client that left before any head could reach it; nginx has it so. */
export const CLIENT_GONE_STATUS = 499;

/** Codes of answers that stand in the place of the app's; every other code is a refusal, and a whole answer. */
const ENDS: Readonly<Partial<Record<ErrorCode, RequestEnd>>> = {
  APP_FAILED: "app_failed",
  APP_EXCEPTION: "app_failed",
  APP_BAD_RESPONSE: "app_failed",
  APP_OUT_OF_MEMORY: "isolate_ended",
  APP_UNRESPONSIVE: "isolate_ended",
  APP_TERMINATED: "isolate_ended",
  REQUEST_TIMEOUT: "timed_out",
  REQUEST_TOO_SLOW: "timed_out",
};

/** The end of a request that got one of NANO's own answers. */
export function endOfCode(code: ErrorCode): RequestEnd {
  return ENDS[code] ?? "done";
}

/**
 * Whether a request counts as failed: by its status, or because its answer was cut and not by its client. A client that
 * goes away or takes its answer too slowly is no fault of the app's.
 */
export function isFailure(status: number, end: RequestEnd): boolean {
  return status >= 500 || end === "app_failed" || end === "isolate_ended";
}
