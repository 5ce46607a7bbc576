/** What every request of the dashboard behind the login carries along. */
import type { Context } from "hono";
import type { ChangeRequest } from "../../runtime/mod.ts";
import type { AdminTarget } from "../admin_target.ts";
import type { Session } from "../session.ts";
import type { FlashNote, FlashNotes } from "./flash_notes.ts";
import type { PageFrame } from "./page_layout.tsx";

/** Bindings are what the server hands on beside the request; the client's address is found there. */
export interface DashboardEnv {
  Variables: { session: Session };
  Bindings: { readonly remoteAddr?: Deno.Addr } | undefined;
}

/** A request of the dashboard behind the login. */
export type DashboardContext = Context<DashboardEnv>;

/** What the pages and changes work on. */
export interface DashboardTools {
  readonly target: AdminTarget;
  readonly notes: FlashNotes;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** What a page's frame shows of this request. */
export function frameOf(context: DashboardContext, { notes }: DashboardTools): PageFrame {
  const { session } = context.var;
  return { path: context.req.path, csrf: session.csrf, note: notes.take(session.id, context.req.query("note")) };
}

/** Who asks for the change. @param tag that must still hold, or null */
export function requestedBy(context: DashboardContext, tag: string | null = null): ChangeRequest {
  const address = context.env?.remoteAddr;
  const host = address !== undefined && "hostname" in address ? ` ${address.hostname}` : "";
  return { actor: `dashboard${host}`, ifMatch: tag };
}

/** Sends the browser on to a page that shows the note. @param path of the dashboard, without a query */
export function goOn(
  context: DashboardContext,
  { notes, path, note }: { notes: FlashNotes; path: string; note: FlashNote },
): Response {
  return context.redirect(`${path}?note=${notes.leave(context.var.session.id, note)}`, 303);
}
