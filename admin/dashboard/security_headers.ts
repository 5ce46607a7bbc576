/** Tells browsers what a page of the dashboard may do: nothing but its own scripts, styles and requests. */
import type { MiddlewareHandler } from "hono";

/** Of every page and asset. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** Adds the headers to every answer of the dashboard; pages are never kept by a cache. */
export function pageSecurityHeaders(): MiddlewareHandler {
  return async (context, next) => {
    await next();
    context.header("content-security-policy", CONTENT_SECURITY_POLICY);
    context.header("x-content-type-options", "nosniff");
    context.header("x-frame-options", "DENY");
    // Not "no-referrer": with it a browser sends "Origin: null" with forms, which the check of the origin refuses
    context.header("referrer-policy", "same-origin");
    context.header("cross-origin-opener-policy", "same-origin");
    context.header("cross-origin-resource-policy", "same-origin");
    context.header("permissions-policy", "camera=(), geolocation=(), microphone=()");
    if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
  };
}
