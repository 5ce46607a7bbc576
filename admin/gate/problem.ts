/** Renders an error of the admin API as application/problem+json (RFC 9457). */
import { HTTPException } from "hono/http-exception";
import { ERROR_CODES, type ErrorCodeEntry, NanoError, problemDocument } from "../../runtime/mod.ts";
import { HttpError } from "./http_error.ts";

/** Seconds a client is asked to wait when nothing better is known. */
const RETRY_AFTER_SECONDS = "1";

/** Any thrown value as an error of the closed table; what has no code is INTERNAL. */
export function asNanoError(thrown: unknown): NanoError {
  if (thrown instanceof NanoError) return thrown;
  if (thrown instanceof HTTPException && thrown.status < 500) return ofHono(thrown);
  // The message of an unforeseen error may name paths and secrets of the host: it is reported, never sent.
  return new NanoError("INTERNAL", "NANO itself failed; its standard error tells more", { cause: thrown });
}

/** The answer for an error: code, request id, and every single mistake when there are several. */
export function adminProblem(error: NanoError, requestId: string): Response {
  const errors = error.details.length > 0 ? { errors: error.details } : {};
  const body = { ...problemDocument(error, requestId), ...errors };
  const headers = new Headers({ "content-type": "application/problem+json", "nano-error": error.code });
  const entry: ErrorCodeEntry = ERROR_CODES[error.code];
  if (entry.retryAfter === true) headers.set("retry-after", RETRY_AFTER_SECONDS);
  if (error.code === "UNAUTHORIZED") headers.set("www-authenticate", 'Bearer realm="nano"');
  if (error instanceof HttpError) {
    for (const [name, value] of Object.entries(error.headers)) {
      headers.set(name, value);
    }
  }
  return new Response(JSON.stringify(body), { status: error.status, headers });
}

/** What Hono's own validators throw. */
function ofHono(error: HTTPException): NanoError {
  if (error.status === 415) {
    return new NanoError("UNSUPPORTED_MEDIA_TYPE", "Cannot read the body: its content type is not taken here", {
      cause: error,
    });
  }
  const reason = /malformed json/i.test(error.message) ? "it is no JSON" : error.message;
  return new NanoError("BAD_REQUEST", `Cannot read the body: ${reason}`, { cause: error });
}
