/** Renders an error of the admin API as application/problem+json (RFC 9457). */
import { STATUS_TEXT, type StatusCode } from "@std/http";
import { NanoError } from "../runtime/mod.ts";

/** Any thrown value as an error of the closed table; what has no code is INTERNAL. */
export function asNanoError(thrown: unknown): NanoError {
  if (thrown instanceof NanoError) return thrown;
  // The message of an unforeseen error may name paths and secrets of the host: it is reported, never sent.
  return new NanoError("INTERNAL", "NANO itself failed; its standard error tells more", { cause: thrown });
}

/** The answer for an error: code, request id, and every single mistake when there are several. */
export function problemResponse(error: NanoError, requestId: string): Response {
  // The same shape as the front door's answers.
  const body = {
    type: `https://nano.example/errors/${error.code}`,
    title: STATUS_TEXT[error.status as StatusCode],
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.details.length > 0 ? { errors: error.details } : {}),
  };
  const headers = new Headers({ "content-type": "application/problem+json", "nano-error": error.code });
  if (error.code === "UNAUTHORIZED") headers.set("www-authenticate", 'Bearer realm="nano"');
  return new Response(JSON.stringify(body), { status: error.status, headers });
}
