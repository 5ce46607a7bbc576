/** Tests NANO's own answers. */
import { assert, assertEquals } from "@std/assert";
import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry, NanoError } from "../../../runtime/errors.ts";
import { problemResponse } from "../../../runtime/http/problem.ts";

const OPTIONS = { requestId: "id-1", reveal: false, html: false, close: false };

for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
  Deno.test(`problemResponse() of ${code} tells its code, and nothing about the inside`, async () => {
    const cause = new Error("cause");
    const error = new NanoError(code, "Cannot do it", { details: ["stack at /srv/app.ts:1"], cause });
    const { response, bytes } = problemResponse(error, OPTIONS);
    const entry: ErrorCodeEntry = ERROR_CODES[code];
    assertEquals(response.status, entry.status);
    const { headers } = response;
    assertEquals(headers.get("content-type"), "application/problem+json");
    assertEquals([headers.get("nano-error"), headers.get("x-request-id")], [code, "id-1"]);
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("retry-after") !== null, entry.retryAfter === true);
    const text = await response.text();
    assertEquals(new TextEncoder().encode(text).byteLength, bytes);
    assert(!text.includes("/srv/") && !text.includes("cause"), text);
    const { type, title, ...rest } = JSON.parse(text);
    assert(type.endsWith(code) && typeof title === "string" && title !== "");
    assertEquals(rest, { status: entry.status, detail: "Cannot do it", code, request_id: "id-1" });
  });
}

Deno.test("problemResponse() with reveal tells the details", async () => {
  const error = new NanoError("APP_EXCEPTION", "Cannot do it", { details: ["stack"] });
  const { detail } = await problemResponse(error, { ...OPTIONS, reveal: true }).response.json();
  assertEquals(detail, "Cannot do it\nstack");
});

Deno.test("problemResponse() asks to close the connection when draining, and after a body that nobody read", () => {
  const connection = (code: ErrorCode, close: boolean) =>
    problemResponse(new NanoError(code, "x"), { ...OPTIONS, close }).response.headers.get("connection");
  assertEquals(connection("APP_NOT_FOUND", false), null);
  assertEquals(connection("APP_NOT_FOUND", true), "close");
  assertEquals(connection("BODY_TOO_LARGE", false), "close");
});
