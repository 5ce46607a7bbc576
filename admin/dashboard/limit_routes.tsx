/** Shows the form of an app's limits, and makes the change that it asks for. */
import { Hono } from "hono";
import { type AppConfig, messageOf, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { textFields } from "./app_changes.ts";
import { type DashboardContext, type DashboardTools, frameOf, goOn, requestedBy } from "./dashboard_env.ts";
import { type LimitField, limitFields, type LimitPatch, refusedFields, typedLimits } from "./limit_form.ts";
import { limitText } from "./limit_text.ts";
import { LimitsPage } from "./limits_page.tsx";
import { renderPage } from "./render_page.ts";
import type { FlashNote } from "./flash_notes.ts";

/** GET and POST `/apps/:name/limits`, below `/apps`. */
export function limitRoutes(tools: DashboardTools): Hono<AdminEnv> {
  const { target, notes } = tools;
  const routes = new Hono<AdminEnv>();

  routes.get("/:name/limits", (context) => {
    const app = appOf(context.req.param("name"));
    return form(context, { app, fields: limitFields(app), problem: null });
  });

  routes.post("/:name/limits", async (context) => {
    const app = appOf(context.req.param("name"));
    const written = textFields(await context.req.parseBody());
    const { fields, patch } = typedLimits(app, written);
    const path = `/apps/${encodeURIComponent(app.name)}`;
    if (fields.some(({ problem }) => problem !== null)) {
      const problem = { tone: "bad", text: "Nothing was changed: see the fields marked below", details: [] } as const;
      return form(context, { app, fields, problem }, 400);
    }
    if (Object.keys(patch).length === 0) {
      return goOn(context, { notes, path, note: { tone: "warn", text: "No limit was changed", details: [] } });
    }
    try {
      const by = { ...requestedBy(context), ifMatch: written.tag || null };
      await target.operations.apps.change(app.name, patch, by);
      return goOn(context, { notes, path, note: { tone: "good", text: changeText(fields, patch), details: [] } });
    } catch (error) {
      if (!(error instanceof NanoError) || error.code === "INTERNAL") throw error;
      // What was typed stays; beside it stands what is in force by now.
      const now = typedLimits(appOf(app.name), written).fields;
      const problem = { tone: "bad", text: messageOf(error), details: error.details } as const;
      return form(context, { app, fields: refusedFields(now, error), problem }, error.status);
    }
  });

  /** @throws {NanoError} NOT_FOUND, also while the app is being removed */
  function appOf(name: string): AppConfig {
    const app = target.config.apps.find((one) => one.name === name);
    if (app !== undefined) return app;
    throw new NanoError("NOT_FOUND", `Cannot change the limits of app "${name}": there is no such app`);
  }

  function form(
    context: DashboardContext,
    { app, fields, problem }: { app: AppConfig; fields: readonly LimitField[]; problem: FlashNote | null },
    status = 200,
  ): Response {
    const view = { app: app.name, tag: target.operations.apps.tagOf(app.name), fields, problem };
    return renderPage(context, <LimitsPage frame={frameOf(context, tools)} view={view} />, status);
  }

  return routes;
}

function changeText(fields: readonly LimitField[], patch: LimitPatch): string {
  const changes = fields.flatMap(({ key, limit }) => {
    const value = patch[key];
    return value === undefined ? [] : [`${limit.label}: ${value === null ? "default" : limitText(limit, value)}`];
  });
  return `Changed ${changes.join(", ")}`;
}
