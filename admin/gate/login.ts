/** Opens and closes the dashboard's sessions; the page that asks for the token is the dashboard's. */
import { type Context, Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "./admin_env.ts";
import type { TokenCheck } from "./auth.ts";
import { SESSION_COOKIE, type Sessions } from "./session.ts";
import type { SignInLinks } from "./sign_in_links.ts";

/** What the login works with. */
export interface LoginOptions {
  readonly token: TokenCheck;
  readonly sessions: Sessions;
  readonly links: SignInLinks;
}

/**
 * `POST /login` with the form fields `token` and, if wanted, `next`, a path to go on to. What went wrong stands in the
 * query of the login page it leads back to: `problem=wrong` or `problem=limit`. `GET /sign-in?key=…` does the same for a
 * link that was made for it, once; `problem=used` otherwise.
 */
export function loginRoute({ token, sessions, links }: LoginOptions): Hono<AdminEnv> {
  const login = new Hono<AdminEnv>();
  login.get("/sign-in", (context) => {
    // A look at the head must not use the link up.
    if (context.req.method !== "GET" || !links.use(context.req.query("key") ?? "")) {
      return context.redirect("/login?problem=used", 303);
    }
    openSession(context, sessions);
    return context.redirect("/", 303);
  });
  return login.post("/login", async (context) => {
    const form = await context.req.parseBody();
    const next = localPath(form["next"]);
    try {
      token.check(`Bearer ${typeof form["token"] === "string" ? form["token"].trim() : ""}`, peerOf(context.env));
    } catch (error) {
      if (!(error instanceof NanoError)) throw error;
      const problem = error.code === "TOO_MANY_ATTEMPTS" ? "limit" : "wrong";
      return context.redirect(`/login?problem=${problem}&next=${encodeURIComponent(next)}`, 303);
    }
    openSession(context, sessions);
    return context.redirect(next, 303);
  });
}

function openSession(context: Context<AdminEnv>, sessions: Sessions): void {
  const secure = new URL(context.req.url).protocol === "https:" || context.req.header("x-forwarded-proto") === "https";
  setCookie(context, SESSION_COOKIE, sessions.open().id, { httpOnly: true, sameSite: "Strict", path: "/", secure });
}

/** `POST /logout`, behind the gate. */
export function logoutRoute(sessions: Sessions): Hono<AdminEnv> {
  return new Hono<AdminEnv>().post("/logout", (context) => {
    const { session } = context.var;
    if (session !== null) sessions.close(session.id);
    deleteCookie(context, SESSION_COOKIE, { path: "/" });
    return context.redirect("/login", 303);
  });
}

function peerOf(env: AdminEnv["Bindings"] | undefined): string {
  return env?.peer ?? "unknown";
}

/** Stands for this listener: a host that no link can name by chance. */
const OWN_ORIGIN = "http://listener.invalid";

/**
 * A path of this listener; anything else would let a link lead from the login to another site. The path is judged as a
 * browser resolves it: it drops tabs and line ends, takes a backslash for a slash, and "/.//host" comes out as "//host",
 * which names another host once more.
 */
function localPath(next: unknown): string {
  if (typeof next !== "string" || !next.startsWith("/") || !URL.canParse(next, OWN_ORIGIN)) return "/";
  const { origin, username, pathname, search } = new URL(next, OWN_ORIGIN);
  const path = pathname + search;
  const isOwn = origin === OWN_ORIGIN && username === "" && !pathname.startsWith("//");
  // What is sent is what the browser reads, so it must lead to the same place once more.
  return isOwn && new URL(path, OWN_ORIGIN).origin === OWN_ORIGIN ? path : "/";
}
