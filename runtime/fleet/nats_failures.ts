/** What an error of the NATS client means to a store. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { AuthorizationError, InvalidSubjectError, PermissionViolationError } from "@nats-io/nats-core";

/** API codes, as server/errors.json of nats-server has them. */
const WRONG_LAST_SEQUENCE = [10071, 10164];
const STREAM_NOT_FOUND = 10059;

/**
 * - `conflict`: what was expected is not so.
 * - `missing`: the stream is not there.
 * - `refused`: the login may not do this; trying again is of no use.
 * - `passing`: no answer, an election, a server that starts.
 */
export type NatsFailure = "conflict" | "missing" | "refused" | "passing";

/** Sorts what a call of the client threw. */
export function natsFailure(error: unknown): NatsFailure {
  if (error instanceof JetStreamApiError) {
    if (WRONG_LAST_SEQUENCE.includes(error.code)) return "conflict";
    if (error.code === STREAM_NOT_FOUND) return "missing";
    // 4xx are said of the call itself; everything else, such as 503 without a leader, is the server's state.
    return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 404
      ? "refused"
      : "passing";
  }
  if (error instanceof AuthorizationError || error instanceof InvalidSubjectError) return "refused";
  return isPermission(error) ? "refused" : "passing";
}

function isPermission(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof PermissionViolationError || /permissions violation/i.test(at.message)) return true;
  }
  return false;
}
