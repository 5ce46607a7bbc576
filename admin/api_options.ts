/** What the admin API is made with; apart from it, since Deno loads at the start what a type is imported from. */
import type { Hono } from "hono";
import type { AdminEnv } from "./gate/admin_env.ts";
import type { FailedAttempts } from "./gate/failed_attempts.ts";
import type { Sessions } from "./gate/session.ts";
import type { SignInLinks } from "./gate/sign_in_links.ts";
import type { EventStreams } from "./streams/event_streams.ts";

/** What `createAdminApi` takes beside NANO. */
export interface AdminApiOptions {
  /** The bearer token. */
  readonly token: string;
  /** Names and addresses the listener is reached by, beside localhost, 127.0.0.1 and [::1]. */
  readonly hostnames: readonly string[];
  /** Told of errors that are NANO's own fault. Default: standard error. */
  readonly report?: (error: unknown) => void;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
  /** The dashboard's pages, mounted at `/`; below `/login` and `/assets/` they are open to everybody. */
  readonly dashboard?: (sessions: Sessions) => Hono<AdminEnv>;
  /** Default: none yet. */
  readonly sessions?: Sessions;
  /** Links that sign in once. Default: none. */
  readonly links?: SignInLinks;
  /** Default: 10 in a minute. */
  readonly failedAttempts?: FailedAttempts;
  /** Default: 64 at once, a heartbeat each 15 s. */
  readonly streams?: EventStreams;
}
