/** The truthful answer of an app that takes no request now. */
import type { AppConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { AppState } from "../terms/lifecycle.ts";

/** Why a request cannot wait: too many do already. */
export function overloaded(app: string, waiting: number): NanoError {
  return new NanoError("APP_OVERLOADED", `Cannot queue for app "${app}": ${waiting} requests wait already`);
}

/** Why a request that waited for a start waits no longer. */
export function startedTooLate(app: string, waitMs: number): NanoError {
  return new NanoError("APP_UNAVAILABLE", `Cannot answer from app "${app}": it did not start within ${waitMs} ms`);
}

/** Why a request that waited for a running app waits no longer. */
export function noFreePlace(app: string, waitMs: number): NanoError {
  return new NanoError("REQUEST_TIMEOUT", `Cannot answer from app "${app}": no free place within ${waitMs} ms`);
}

/** Why a request whose client declares so long a body is not let in. */
export function tooLarge({ name, maxBodyBytes }: AppConfig, bytes: number): NanoError {
  const text = `Cannot accept a request body of ${bytes} bytes: app "${name}" takes at most ${maxBodyBytes}`;
  return new NanoError("BODY_TOO_LARGE", text);
}

/** All that is told of a failure, as logs and the API show it. */
export function failureText(error: NanoError): string {
  return [error.message, ...error.details].join("\n");
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
