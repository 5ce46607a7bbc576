/** NANO's own answers: RFC 9457 problem documents with a code, and nothing about the inside. */
import { STATUS_TEXT, type StatusCode } from "@std/http";
import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry, type NanoError } from "../errors.ts";

/** Seconds a client is asked to wait before it tries again. */
const RETRY_AFTER_SECONDS = 1;

/** After these the rest of the request's body is not read, so the connection is of no more use. */
const CLOSING: ReadonlySet<ErrorCode> = new Set(["BODY_TOO_LARGE", "REQUEST_TOO_SLOW"]);

const encoder = new TextEncoder();

/** An answer of NANO's own, and how long its body is. */
export interface ProblemAnswer {
  readonly response: Response;
  readonly bytes: number;
}

/**
 * The answer for an error.
 *
 * The error's own message goes out, its details and cause (stacks, paths, app errors) only with `reveal`; a browser
 * then gets them as a page.
 */
export function problemResponse(
  error: NanoError,
  options: { requestId: string; reveal: boolean; close: boolean; html: boolean },
): ProblemAnswer {
  const entry: ErrorCodeEntry = ERROR_CODES[error.code];
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "nano-error": error.code,
    "x-request-id": options.requestId,
  };
  if (entry.retryAfter === true) headers["retry-after"] = String(RETRY_AFTER_SECONDS);
  if (options.close || CLOSING.has(error.code)) headers["connection"] = "close";
  if (options.reveal && options.html) {
    headers["content-type"] = "text/html; charset=utf-8";
    return answered(errorPage(error, entry));
  }
  const detail = options.reveal ? [error.message, ...error.details].join("\n") : error.message;
  return answered(JSON.stringify({ ...problemDocument(error, options.requestId), detail }));

  function answered(text: string): ProblemAnswer {
    const bytes = encoder.encode(text);
    return { response: new Response(bytes, { status: entry.status, headers }), bytes: bytes.byteLength };
  }
}

/** The members that every problem document of NANO has. */
export function problemDocument(error: NanoError, requestId: string): Record<string, unknown> {
  return {
    type: `urn:nano:error:${error.code}`,
    title: STATUS_TEXT[error.status as StatusCode],
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
  };
}

/** A page for the developer in front of the browser. */
function errorPage(error: NanoError, entry: ErrorCodeEntry): string {
  const lines = [error.message, ...error.details].filter((line, at, all) => all.indexOf(line) === at);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${error.code}</title><style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem; padding: 0 1rem }
h1 { color: light-dark(#b3261e, #ff8a80); font-size: 1.25rem }
pre { background: light-dark(#f4f4f5, #1e1e22); border-radius: .5rem; overflow-x: auto; padding: 1rem }
</style></head><body><h1>${error.code}</h1><p>${escapeHtml(entry.meaning)}.</p>
<pre>${escapeHtml(lines.join("\n\n"))}</pre></body></html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
