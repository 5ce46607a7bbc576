/** Routes of the configuration and of what was changed. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { maskedConfig, type ReloadSummary } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { isoTime } from "../gate/app_view.ts";
import { configViewSchema, historySchema, reloadSchema, type ReloadView } from "../schemas/host_schemas.ts";
import { snakeCase } from "../gate/snake_case.ts";
import { flag, givenNumber, givenText, isOn, json, problems, wholeNumberQuery } from "./route_parts.ts";

const TAGS = ["Configuration"];
const DEFAULT_HISTORY = 100;
const MAX_HISTORY = 500;

const show = createRoute({
  method: "get",
  path: "/admin/config",
  operationId: "showConfig",
  summary: "The configuration in force, secrets masked",
  tags: TAGS,
  responses: { 200: json(configViewSchema, "Every default applied"), ...problems },
});

const reload = createRoute({
  method: "post",
  path: "/admin/reload",
  operationId: "reload",
  summary: "Read nano.json anew",
  description:
    "All or nothing: with a mistake, or an app that cannot start, nothing changes and every mistake is told.",
  tags: TAGS,
  request: { query: z.object({ dry_run: flag("Only tells what it would change; nothing is booted.") }) },
  responses: { 200: json(reloadSchema, "What changed, or would change"), ...problems },
});

const history = createRoute({
  method: "get",
  path: "/admin/history",
  operationId: "history",
  summary: "What was changed and by whom, newest first",
  tags: TAGS,
  request: {
    query: z.object({
      app: z.string().optional().meta({ description: "Only changes of this app." }),
      before: wholeNumberQuery(
        0,
        Number.MAX_SAFE_INTEGER,
        "Only entries with a lower id: `next_before` of the page before.",
      ),
      limit: wholeNumberQuery(1, MAX_HISTORY, `At most so many. Default: ${DEFAULT_HISTORY}.`),
    }),
  },
  responses: { 200: json(historySchema, "The entries"), ...problems },
});

/** The routes of the configuration. */
export function configRoutes({ target }: ApiParts) {
  const { operations } = target;
  return new OpenAPIHono<AdminEnv>()
    .openapi(show, (context) => {
      const view = snakeCase(maskedConfig(target.config)) as z.infer<typeof configViewSchema>;
      return context.json(view, 200);
    })
    .openapi(reload, async (context) => {
      const summary = isOn(context.req.valid("query").dry_run)
        ? await operations.previewReload()
        : await operations.reload(changeOf(context));
      return context.json(reloadView(summary), 200);
    })
    .openapi(history, (context) => {
      const { app, before, limit } = context.req.valid("query");
      const most = givenNumber(limit, DEFAULT_HISTORY);
      const found = operations.history({ app: givenText(app), before: givenNumber(before, null), limit: most });
      const entries = found.map((entry) => ({ ...entry, at: isoTime(entry.at) }));
      const next_before = entries.length < most ? null : entries.at(-1)!.id;
      return context.json({ entries, next_before }, 200);
    });
}

function reloadView({ added, removed, changed, unchanged }: ReloadSummary): ReloadView {
  return { added: [...added], removed: [...removed], changed: [...changed], unchanged: [...unchanged] };
}
