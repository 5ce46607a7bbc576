/** Headers that every answer of the admin listener carries. */
import type { MiddlewareHandler } from "hono";
import type { AdminEnv } from "./admin_env.ts";

/** A page sets a policy of its own, without `unsafe-inline`; all else is data and loads nothing. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Adds what the answer has not set itself, and the request's id. */
export function securityHeaders(): MiddlewareHandler<AdminEnv> {
  return async (context, next) => {
    context.set("requestId", crypto.randomUUID());
    await next();
    const { headers } = context.res;
    for (const [name, value] of Object.entries(HEADERS)) if (!headers.has(name)) headers.set(name, value);
    headers.set("x-request-id", context.var.requestId);
  };
}
