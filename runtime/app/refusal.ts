/** The truthful answer of an app that takes no request now. */
import { NanoError } from "../errors.ts";
import type { AppState } from "../lifecycle.ts";

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
