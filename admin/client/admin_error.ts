/** An answer of the admin API that is an error, or none at all; matched by code, as every error of NANO. */
import type { ErrorCode } from "../../runtime/mod.ts";

/** A code of NANO's closed table; `UNREACHABLE`: nothing listens there, or it stopped answering. */
export type AdminErrorCode = ErrorCode | "UNREACHABLE";

/** What {@linkcode AdminError} takes beside its code and message. */
export interface AdminErrorOptions {
  /** Single mistakes, when there are several. */
  readonly details?: readonly string[];
  /** HTTP status, or null without an answer. */
  readonly status?: number | null;
  /** As in NANO's log. */
  readonly requestId?: string | null;
  /** What made it happen. */
  readonly cause?: unknown;
}

/** Thrown by `AdminClient`; the message is NANO's own sentence. */
export class AdminError extends Error {
  override readonly name = "AdminError";
  readonly code: AdminErrorCode;
  readonly details: readonly string[];
  readonly status: number | null;
  readonly requestId: string | null;

  constructor(code: AdminErrorCode, message: string, options: AdminErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
    this.status = options.status ?? null;
    this.requestId = options.requestId ?? null;
  }
}
