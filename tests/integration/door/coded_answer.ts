/** What every answer in an app's place must look like, by its code. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { RawResponse } from "../../support/raw_http.ts";

/** Stands in error texts and variables of the tests' apps; no client may see it. */
export const SECRET = "hunter2-the-secret";

/** Status and whether Retry-After is due, by code: CONTRACT of the answers. */
export const ANSWERS: Readonly<Record<string, { status: number; retryAfter: boolean }>> = {
  APP_NOT_FOUND: { status: 404, retryAfter: false },
  APP_DRAINING: { status: 503, retryAfter: true },
  APP_UNAVAILABLE: { status: 503, retryAfter: true },
  APP_FAILED: { status: 503, retryAfter: false },
  APP_OVERLOADED: { status: 503, retryAfter: true },
  APP_OUT_OF_MEMORY: { status: 503, retryAfter: false },
  APP_UNRESPONSIVE: { status: 504, retryAfter: false },
  REQUEST_TIMEOUT: { status: 504, retryAfter: false },
  APP_EXCEPTION: { status: 500, retryAfter: false },
  APP_BAD_RESPONSE: { status: 500, retryAfter: false },
  APP_TERMINATED: { status: 502, retryAfter: false },
  BODY_TOO_LARGE: { status: 413, retryAfter: false },
  BAD_REQUEST: { status: 400, retryAfter: false },
};

/** Holds one answer against the table, and that it tells nothing of the inside. */
export function assertCoded(response: RawResponse, code: string): void {
  const { status, retryAfter } = ANSWERS[code]!;
  const id = response.get("x-request-id");
  assertEquals([response.get("nano-error"), response.status], [code, status], response.text);
  assertEquals(response.get("content-type"), "application/problem+json");
  assertMatch(String(id), /^[\w-]+$/);
  assertEquals(response.all("x-request-id").length, 1);
  assertEquals(response.get("retry-after") !== null, retryAfter, `Retry-After: ${response.get("retry-after")}`);
  if (retryAfter) assertMatch(response.get("retry-after")!, /^[1-9]\d*$/);
  assertEquals(response.truncated, false);
  const document = JSON.parse(response.text);
  assertEquals(Object.keys(document).sort(), ["code", "detail", "request_id", "status", "title", "type"]);
  assertEquals([document.code, document.status, document.request_id], [code, status, id]);
  for (const key of ["type", "title", "detail"]) assert(typeof document[key] === "string" && document[key] !== "", key);
  assert(URL.canParse(document.type), document.type);
  // Headers too: nothing about the inside
  const all = JSON.stringify(response.headers) + response.text;
  for (const secret of [SECRET, "/etc/passwd", "app:///", "index.ts", "/tmp/", "    at ", "data:text"]) {
    assert(!all.includes(secret), `the answer holds ${secret}: ${all}`);
  }
}
