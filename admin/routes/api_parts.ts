/** What the routes of the admin API share, and how they turn requests into changes. */
import type { Context } from "hono";
import type { ChangeRequest } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import type { AppViews } from "../gate/app_view.ts";
import type { EventStreams } from "../streams/event_streams.ts";

/** Given to each group of routes. */
export interface ApiParts {
  readonly target: AdminTarget;
  readonly views: AppViews;
  readonly streams: EventStreams;
}

/** A change of all, asked for by a request. */
export function changeOf(context: Context<AdminEnv>): ChangeRequest {
  return { actor: context.var.actor, ifMatch: null };
}

/**
 * A change of one app, on the condition of the request's `If-Match`: `*` is any, of several tags the present one counts.
 * @param tagOf tag of the app, or a NOT_FOUND
 */
export function appChangeOf(context: Context<AdminEnv>, tagOf: () => string): ChangeRequest {
  const tags = (context.req.header("if-match") ?? "*").split(",").map((tag) => tag.trim());
  const ifMatch = tags.includes("*") ? null : tags.length === 1 ? tags[0]! : tags.find((tag) => tag === tagOf());
  return { actor: context.var.actor, ifMatch: ifMatch === undefined ? tags[0]! : ifMatch };
}
