/** Takes JSON bodies under the types that clients send when nobody tells them one. */
import type { MiddlewareHandler } from "hono";

/** `curl -d` sends the first, `fetch` with a text the second. */
const UNTOLD_TYPES: ReadonlySet<string> = new Set(["", "application/x-www-form-urlencoded", "text/plain"]);

/**
 * Reads a body of the API as JSON when its type is missing or a client's default, and a POST without a body as one that
 * says nothing. No page of another site gains by it: what lets a change in is the token, or a session's CSRF token.
 */
export function jsonBody(): MiddlewareHandler {
  return async (context, next) => {
    const { raw, path, method } = context.req;
    const isEmpty = raw.body === null || raw.headers.get("content-length") === "0";
    const [type = ""] = (raw.headers.get("content-type") ?? "").toLowerCase().split(";");
    const isUntold = UNTOLD_TYPES.has(type.trim()) || isEmpty;
    if (path.startsWith("/admin/") && !["GET", "HEAD"].includes(method) && !raw.bodyUsed && isUntold) {
      const headers = new Headers(raw.headers);
      headers.set("content-type", "application/json");
      context.req.raw = new Request(raw, { headers, ...(isEmpty && method === "POST" ? { body: "{}" } : {}) });
    }
    await next();
  };
}
