/** The changes that forms of an app's page ask for; each ends with a note on the page that shows what came of it. */
import { Hono } from "hono";
import type { AdminEnv } from "../gate/admin_env.ts";
import { type DrainOutcome, messageOf, NanoError } from "../../runtime/mod.ts";
import { type DashboardContext, type DashboardTools, goOn, requestedBy } from "./dashboard_env.ts";

type Fields = Readonly<Record<string, string>>;

/** What came of a change: its note, and the page to go on to instead of the app's. */
interface Done {
  readonly text: string;
  readonly tone?: "warn";
  readonly path?: string;
}

type Change = (app: string, fields: Fields, context: DashboardContext) => Promise<Done>;

/** The POST routes below `/apps/:name`; mounted behind the check of the session and its form field. */
export function appChanges(tools: DashboardTools): Hono<AdminEnv> {
  const { target, notes } = tools;
  const { operations } = target;
  const routes = new Hono<AdminEnv>();

  const changes: Readonly<Record<string, Change>> = {
    async restart(app, _, context) {
      await operations.apps.restart(app, requestedBy(context));
      return { text: `Restarted ${app}` };
    },
    async drain(app, _, context) {
      return { text: `Drained ${app}: ${drained(await operations.apps.drain(app, requestedBy(context)))}` };
    },
    async remove(app, { confirm }, context) {
      if (confirm?.trim() !== app) {
        throw new NanoError("USAGE", `Cannot remove app "${app}": type its name to confirm, not "${confirm ?? ""}"`);
      }
      const outcome = await operations.apps.remove(app, requestedBy(context));
      return { text: `Removed ${app}: ${drained(outcome)}`, path: "/" };
    },
    async rollback(app, { version }, context) {
      const now = await operations.versions.rollback(app, version || null, requestedBy(context));
      return { text: now === "path" ? `${app} serves the code of its path` : `${app} serves ${now}` };
    },
    async rollout(app, fields, context) {
      const version = required(fields, "version");
      const percent = percentOf(fields.all ?? required(fields, "percent"));
      await operations.versions.rollout(app, version, percent, requestedBy(context));
      if (percent === 0) return { text: `The rollout of ${version} has ended` };
      return { text: percent === 100 ? `${app} serves ${version}` : `${version} gets ${percent} % of the requests` };
    },
    async cron(app, fields, context) {
      const name = required(fields, "cron");
      const ok = await operations.apps.runCron(app, name, requestedBy(context));
      return ok ? { text: `Job ${name} went well` } : { text: `Job ${name} failed; the log tells why`, tone: "warn" };
    },
    async env(app, fields, context) {
      const name = required(fields, "name");
      const value = fields.unset ? null : fields.value ?? "";
      await operations.apps.change(app, { env: { [name]: value } }, requestedBy(context));
      return { text: value === null ? `Unset ${name}` : `Set ${name}` };
    },
    async reset(app, _, context) {
      await operations.apps.reset(app, requestedBy(context));
      return { text: `${app} is as nano.json says` };
    },
  };

  routes.post("/:name/versions/:version/remove", (context) => {
    const { name, version } = context.req.param();
    return perform(context, async () => {
      await operations.versions.remove(name, version, requestedBy(context));
      return { text: `Deleted ${version}` };
    });
  });
  routes.post("/:name/:change", async (context, next) => {
    const { name, change } = context.req.param();
    const asked = Object.hasOwn(changes, change) ? changes[change] : undefined;
    if (asked === undefined) return await next();
    const fields = textFields(await context.req.parseBody());
    return perform(context, () => asked(name, fields, context), fields.back);
  });

  /** A refusal is shown on the page that asked; only an app that is gone has no page to show it on. */
  async function perform(context: DashboardContext, change: () => Promise<Done>, back?: string): Promise<Response> {
    const name = context.req.param("name")!;
    const home = back === "/" ? "/" : `/apps/${encodeURIComponent(name)}`;
    try {
      const { text, tone = "good", path = home } = await change();
      return goOn(context, { notes, path, note: { tone, text, details: [] } });
    } catch (error) {
      if (!(error instanceof NanoError) || error.code === "INTERNAL") throw error;
      const path = target.apps().some((app) => app.name === name) ? home : "/";
      const note = { tone: "bad", text: messageOf(error), details: error.details } as const;
      return goOn(context, { notes, path, note });
    }
  }

  return routes;
}

/** The text fields of a form; of repeated ones the last. */
export function textFields(body: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function required(fields: Fields, name: string): string {
  const value = fields[name]?.trim();
  if (!value) throw new NanoError("USAGE", `Cannot go on: the field "${name}" is empty`);
  return value;
}

function percentOf(text: string): number {
  const percent = Number(text);
  if (Number.isInteger(percent) && percent >= 0 && percent <= 100) return percent;
  throw new NanoError("USAGE", `Cannot give a version "${text}" percent: it must be a whole number from 0 to 100`);
}

function drained({ drainedRequests, forcedClosed }: DrainOutcome): string {
  const finished = `${drainedRequests} ${drainedRequests === 1 ? "request" : "requests"} finished`;
  return forcedClosed === 0 ? finished : `${finished}, ${forcedClosed} had to be cut`;
}
