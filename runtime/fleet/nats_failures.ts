/** What an error of the NATS client means to a store. */
import { JetStreamApiError } from "@nats-io/jetstream";
import {
  AuthorizationError,
  InvalidSubjectError,
  PermissionViolationError,
  UserAuthenticationExpiredError,
} from "@nats-io/nats-core";
import { messageOf } from "../errors.ts";

/** API codes, as server/errors.json of nats-server has them. */
const WRONG_LAST_SEQUENCE = [10071, 10164];
const STREAM_NOT_FOUND = 10059;
/** By code or by what a stream's store says, which has the code of everything that goes wrong there. */
const NO_ROOM = [10023, 10028, 10047];
const NO_ROOM_TEXT = /maximum (bytes|messages) exceeded|no space left/i;

/**
 * - `conflict`: what was expected is not so.
 * - `missing`: the stream is not there.
 * - `refused`: the login may not do this, or there is no room; trying again is of no use before somebody has helped.
 * - `passing`: no answer, an election, a server that starts.
 */
export type NatsFailure = "conflict" | "missing" | "refused" | "passing";

/** Sorts what a call of the client threw. */
export function natsFailure(error: unknown): NatsFailure {
  if (error instanceof JetStreamApiError) {
    if (WRONG_LAST_SEQUENCE.includes(error.code)) return "conflict";
    if (error.code === STREAM_NOT_FOUND) return "missing";
    if (hasNoRoom(error)) return "refused";
    // 4xx are said of the call itself; everything else, such as 503 without a leader, is the server's state.
    return error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 404
      ? "refused"
      : "passing";
  }
  if (error instanceof AuthorizationError || error instanceof InvalidSubjectError) return "refused";
  return isPermission(error) ? "refused" : "passing";
}

/** Whether servers do not let this login in. */
export function isLoginRefused(error: unknown): boolean {
  return error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError;
}

/** What is wrong, and what there is to do where it does not pass by itself. */
export function reasonText(error: unknown): string {
  const text = messageOf(error);
  if (isLoginRefused(error)) return `the servers refuse the login of "fleet.credentials" (${text})`;
  if (isPermission(error)) {
    return `the login of "fleet.credentials" lacks a right that docs/deploy/nats.conf gives (${text})`;
  }
  return hasNoRoom(error)
    ? `the servers have no room left, give JetStream more disk or a larger max_file (${text})`
    : text;
}

function hasNoRoom(error: unknown): boolean {
  return error instanceof JetStreamApiError && (NO_ROOM.includes(error.code) || NO_ROOM_TEXT.test(error.message));
}

function isPermission(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof PermissionViolationError || /permissions violation/i.test(at.message)) return true;
  }
  return false;
}
