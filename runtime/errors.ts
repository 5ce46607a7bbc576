/** The one error class of NANO and the closed table of its codes. */

/**
 * Every code a client or an operator can meet: its HTTP status, who has to act, and what it means.
 * `retryAfter` marks answers that carry a `Retry-After` header.
 */
export const ERROR_CODES = {
  APP_NOT_FOUND: { status: 404, fault: "client", meaning: "No app claims the host" },
  APP_DRAINING: { status: 503, fault: "host", meaning: "The app or the process is going away", retryAfter: true },
  APP_UNAVAILABLE: {
    status: 503,
    fault: "host",
    meaning: "The app is starting too slowly, or waits to be restarted",
    retryAfter: true,
  },
  APP_FAILED: { status: 503, fault: "app", meaning: "The app cannot start" },
  APP_OVERLOADED: { status: 503, fault: "host", meaning: "The app's queue is full", retryAfter: true },
  APP_OUT_OF_MEMORY: { status: 503, fault: "app", meaning: "The isolate hit its memory limit" },
  APP_UNRESPONSIVE: { status: 504, fault: "app", meaning: "The isolate hit its CPU limit" },
  REQUEST_TIMEOUT: { status: 504, fault: "app", meaning: "The app sent no response head in time" },
  APP_QUARANTINED: {
    status: 503,
    fault: "app",
    meaning: "The app was suspected twice of ending the host; a new version or a restart by hand ends it",
  },
  APP_EXCEPTION: { status: 500, fault: "app", meaning: "The app's handler threw or rejected" },
  APP_BAD_RESPONSE: { status: 500, fault: "app", meaning: "The app's handler returned something that is no Response" },
  APP_TERMINATED: { status: 502, fault: "host", meaning: "The isolate ended while it held the request" },
  BODY_TOO_LARGE: { status: 413, fault: "client", meaning: "The request body is longer than the app allows" },
  BAD_REQUEST: { status: 400, fault: "client", meaning: "The request is malformed" },
  REQUEST_TOO_SLOW: { status: 408, fault: "client", meaning: "The request body came below its rate" },
  CONFIG_INVALID: { status: 400, fault: "operator", meaning: "The configuration was refused" },
  USAGE: { status: 400, fault: "operator", meaning: "The command or call was used wrongly" },
  UNAUTHORIZED: { status: 401, fault: "client", meaning: "The token is missing or wrong" },
  FORBIDDEN: { status: 403, fault: "client", meaning: "The request comes from a foreign host or origin" },
  NOT_FOUND: { status: 404, fault: "client", meaning: "There is no such thing" },
  METHOD_NOT_ALLOWED: { status: 405, fault: "client", meaning: "The path takes other methods" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, fault: "client", meaning: "The body has a content type that is not taken" },
  CONFLICT: { status: 409, fault: "client", meaning: "The change collides with what exists" },
  SQL_FAILED: { status: 400, fault: "client", meaning: "SQLite refused the SQL" },
  PRECONDITION_FAILED: { status: 412, fault: "client", meaning: "Somebody else changed it in the meantime" },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    fault: "client",
    meaning: "Too many wrong tokens in a short time",
    retryAfter: true,
  },
  TOO_MANY_STREAMS: {
    status: 429,
    fault: "client",
    meaning: "Too many logs and events are followed at once",
    retryAfter: true,
  },
  FLEET_UNAVAILABLE: {
    status: 503,
    fault: "operator",
    meaning: "The fleet's engine cannot be reached or may not be written now; apps are served all the same",
    retryAfter: true,
  },
  INTERNAL: { status: 500, fault: "host", meaning: "NANO itself failed" },
} as const satisfies Record<string, ErrorCodeEntry>;

/** One row of {@linkcode ERROR_CODES}. */
export interface ErrorCodeEntry {
  /** HTTP status. */
  readonly status: number;
  /** Who has to act. */
  readonly fault: "client" | "app" | "host" | "operator";
  /** What it means, as one clause. */
  readonly meaning: string;
  /** Whether trying again soon makes sense. */
  readonly retryAfter?: boolean;
}

/** A code of the closed table. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What {@linkcode NanoError} takes beside its code and message. */
export interface NanoErrorOptions {
  /** What made it happen. */
  cause?: unknown;
  /** Single mistakes, when there are several (a refused configuration). */
  details?: readonly string[];
}

/**
 * An error with a code of the closed table; matched by `code`, never by message.
 *
 * @example
 * ```ts
 * import { NanoError } from "./errors.ts";
 * const error = new NanoError("APP_NOT_FOUND", 'Cannot route "example.com": no app claims the host');
 * error.status; // 404
 * ```
 */
export class NanoError extends Error {
  /** Always `NanoError`. */
  override readonly name = "NanoError";
  /** What to match by. */
  readonly code: ErrorCode;
  /** Single mistakes, when there are several. */
  readonly details: readonly string[];

  /**
   * Makes an error.
   *
   * @param code of the closed table
   * @param message sentence case, names the action and the value
   */
  constructor(code: ErrorCode, message: string, options: NanoErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }

  /** The HTTP status of the code. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  try {
    return String(thrown);
  } catch {
    return "a value that cannot be shown";
  }
}
