/** Renders an error of the admin API as application/problem+json (RFC 9457). */
import { NanoError, problemDocument } from "../runtime/mod.ts";

/** Any thrown value as an error of the closed table; what has no code is INTERNAL. */
export function asNanoError(thrown: unknown): NanoError {
  if (thrown instanceof NanoError) return thrown;
  // The message of an unforeseen error may name paths and secrets of the host: it is reported, never sent.
  return new NanoError("INTERNAL", "NANO itself failed; its standard error tells more", { cause: thrown });
}

/** The answer for an error: code, request id, and every single mistake when there are several. */
export function problemResponse(error: NanoError, requestId: string): Response {
  const errors = error.details.length > 0 ? { errors: error.details } : {};
  const body = { ...problemDocument(error, requestId), ...errors };
  const headers = new Headers({ "content-type": "application/problem+json", "nano-error": error.code });
  if (error.code === "UNAUTHORIZED") headers.set("www-authenticate", 'Bearer realm="nano"');
  return new Response(JSON.stringify(body), { status: error.status, headers });
}
