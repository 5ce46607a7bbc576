/** NANO's own answers: RFC 9457 problem documents with a code, and nothing about the inside. */
import { STATUS_TEXT, type StatusCode } from "@std/http";
import { ERROR_CODES, type ErrorCodeEntry, type NanoError } from "../errors.ts";

/** Seconds a client is asked to wait before it tries again. */
const RETRY_AFTER_SECONDS = 1;

/**
 * The answer for an error.
 *
 * The error's own message goes out, its details and cause (stacks, paths, app errors) only with `reveal`.
 */
export function problemResponse(
  error: NanoError,
  options: { requestId: string; reveal: boolean; close: boolean },
): Response {
  const entry: ErrorCodeEntry = ERROR_CODES[error.code];
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "nano-error": error.code,
    "x-request-id": options.requestId,
  };
  if (entry.retryAfter === true) headers["retry-after"] = String(RETRY_AFTER_SECONDS);
  if (options.close || error.code === "BODY_TOO_LARGE") headers["connection"] = "close";
  const document = {
    type: `https://nano.example/errors/${error.code}`,
    title: STATUS_TEXT[entry.status as StatusCode],
    status: entry.status,
    detail: options.reveal ? [error.message, ...error.details].join("\n") : error.message,
    code: error.code,
    request_id: options.requestId,
  };
  return new Response(JSON.stringify(document), { status: entry.status, headers });
}
