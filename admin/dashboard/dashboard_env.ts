/** What the pages and changes of the dashboard share: what they work on, who asks, and where a change leads. */
import type { Context } from "hono";
import type { ChangeRequest } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import type { FlashNote, FlashNotes } from "./flash_notes.ts";
import type { PageFrame } from "./page_layout.tsx";

/** A request of the dashboard; the gate of the admin listener has let it in. */
export type DashboardContext = Context<AdminEnv>;

/** What the pages and changes work on. */
export interface DashboardTools {
  readonly target: AdminTarget;
  readonly notes: FlashNotes;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** What a page's frame shows of this request. */
export function frameOf(context: DashboardContext, { notes, target }: DashboardTools): PageFrame {
  // Who reads a page with the bearer token has no session, and no use for its forms
  const { id, csrf } = context.var.session ?? { id: "", csrf: "" };
  const hasFleet = target.operations.fleet !== null;
  return { path: context.req.path, csrf, hasFleet, note: notes.take(id, context.req.query("note")) };
}

/** Who asks for the change. */
export function requestedBy(context: DashboardContext): ChangeRequest {
  return { actor: context.var.actor, ifMatch: null };
}

/** Sends the browser on to a page that shows the note. @param path of the dashboard, with or without a query */
export function goOn(
  context: DashboardContext,
  { notes, path, note }: { notes: FlashNotes; path: string; note: FlashNote },
): Response {
  const joint = path.includes("?") ? "&" : "?";
  return context.redirect(`${path}${joint}note=${notes.leave(context.var.session?.id ?? "", note)}`, 303);
}
