/** Lets a request in that has the token, or the cookie of a dashboard's session. */
import type { Context, MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "./admin_env.ts";
import type { TokenCheck } from "./auth.ts";
import { type Session, SESSION_COOKIE, type Sessions } from "./session.ts";

/** Carries the session's CSRF token of a change that a script sends; a form sends it as field `csrf`. */
const CSRF_HEADER = "x-nano-csrf";
/** A header of cookies is bounded by the listener; this bounds the looks at the sessions. */
const MAX_SESSION_COOKIES = 50;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what a page of another site sends. SameSite cookies do not tell two ports of one host apart, so an app on
 * `localhost:8080` counts as the same site as the dashboard on `localhost:9090`; `Sec-Fetch-Site` tells them apart.
 */
export function checkFetchSite(): MiddlewareHandler {
  return async (context, next) => {
    if (!SAFE_METHODS.has(context.req.method) && isForeign(context)) {
      throw new NanoError("FORBIDDEN", "Cannot take a change that a page of another site sends");
    }
    await next();
  };
}

/** What {@linkcode gate} takes. */
export interface GateOptions {
  readonly token: TokenCheck;
  readonly sessions: Sessions;
  /** Paths that everybody may read. */
  readonly isOpen: (path: string) => boolean;
  /** Bounds a form before its CSRF field is read. */
  readonly limitBody: MiddlewareHandler;
}

/**
 * Wants the bearer token or a session; both open everything. A page that is asked for without either leads to the login.
 */
export function gate(
  { token, sessions, isOpen, limitBody }: GateOptions,
): MiddlewareHandler<AdminEnv> {
  return createMiddleware<AdminEnv>(async (context, next) => {
    const peer = context.env?.peer ?? "unknown";
    const authorization = context.req.header("authorization");
    const session = authorization === undefined ? sessionOf(context, sessions) : null;
    context.set("session", session);
    context.set("actor", `${session === null ? "api" : "dashboard"} ${peer}`);
    const safe = SAFE_METHODS.has(context.req.method);
    if (session !== null) {
      if (!safe) await checkCsrf(context, session, limitBody);
    } else if (authorization !== undefined || !(safe && isOpen(context.req.path))) {
      if (authorization === undefined && safe && wantsPage(context)) {
        const { pathname, search } = new URL(context.req.url);
        return context.redirect(`/login?next=${encodeURIComponent(pathname + search)}`, 303);
      }
      token.check(authorization, peer);
    }
    return await next();
  });
}

/** The session of the cookie, unless another site's page sends it with something else than a link. */
function sessionOf(context: Context<AdminEnv>, sessions: Sessions): Session | null {
  const ids = sessionIds(context.req.header("cookie") ?? "");
  if (ids.length === 0) return null;
  if (isForeign(context) && context.req.header("sec-fetch-mode") !== "navigate") return null;
  for (const id of ids) {
    const session = sessions.find(id);
    if (session !== null) return session;
  }
  return null;
}

/**
 * All values of the session's cookie. A page of an app on the same host can plant another one beside it, for a longer
 * path, and browsers send that first: it must lock nobody out.
 */
function sessionIds(cookies: string): string[] {
  return cookies.split(";").map((one) => one.trim()).filter((one) => one.startsWith(`${SESSION_COOKIE}=`))
    .map((one) => one.slice(SESSION_COOKIE.length + 1)).slice(0, MAX_SESSION_COOKIES);
}

async function checkCsrf(context: Context<AdminEnv>, session: Session, limitBody: MiddlewareHandler): Promise<void> {
  const given = context.req.header(CSRF_HEADER) ?? await csrfField(context, limitBody);
  // Both are random for each session, so a comparison that takes more or less time tells nothing that lasts.
  if (given !== session.csrf) {
    throw new NanoError("FORBIDDEN", `Cannot take a change without the session's CSRF token in "${CSRF_HEADER}"`);
  }
}

async function csrfField(context: Context<AdminEnv>, limitBody: MiddlewareHandler): Promise<unknown> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(context.req.header("content-type") ?? "")) return undefined;
  await limitBody(context, () => Promise.resolve());
  return (await context.req.parseBody())["csrf"];
}

function isForeign(context: Context): boolean {
  const site = context.req.header("sec-fetch-site");
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function wantsPage(context: Context): boolean {
  return context.req.header("accept")?.includes("text/html") === true && !context.req.path.startsWith("/admin/");
}
