/** The truthful answer of an app that takes no request now. */
import { NanoError } from "../errors.ts";
import type { AppState } from "../lifecycle.ts";

/** Why a request cannot wait: too many do already. */
export function overloaded(app: string, waiting: number): NanoError {
  return new NanoError("APP_OVERLOADED", `Cannot queue for app "${app}": ${waiting} requests wait already`);
}

/** Why a request that waited for a start waits no longer. */
export function startedTooLate(app: string, waitMs: number): NanoError {
  return new NanoError("APP_UNAVAILABLE", `Cannot answer from app "${app}": it did not start within ${waitMs} ms`);
}

/** Why an app in this state refuses. */
export function refusal(app: string, state: AppState<unknown>): NanoError {
  switch (state.name) {
    case "failed":
      return new NanoError("APP_FAILED", `Cannot answer from app "${app}": it failed to start`, {
        cause: state.error,
        details: [state.error.message, ...state.error.details],
      });
    case "draining":
    case "stopped":
      return new NanoError("APP_DRAINING", `Cannot answer from app "${app}": it is going away`);
    default:
      return new NanoError("APP_UNAVAILABLE", `Cannot answer from app "${app}": it is being restarted`);
  }
}
