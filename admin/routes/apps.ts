/** Routes of the apps: list, show, add, change, remove, restart, drain, reset, and their jobs. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { APP_STATE_NAMES, appPatchSchema, type AppSnapshot, NanoError, newAppSchema } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { type ApiParts, appChangeOf, changeOf } from "./api_parts.ts";
import { appDetailSchema, appListSchema, drainSchema, nameParams } from "../schemas/app_schemas.ts";
import { givenNumber, givenText, ifMatchHeader, json, jsonContent, problems, wholeNumberQuery } from "./route_parts.ts";

const TAGS = ["Apps"];
const etag = { headers: z.object({ etag: z.string().meta({ description: "For `If-Match`." }) }) };

const list = createRoute({
  method: "get",
  path: "/admin/apps",
  operationId: "listApps",
  summary: "List the apps",
  tags: TAGS,
  request: {
    query: z.object({
      q: z.string().optional().meta({ description: "Part of a name or a host, without case." }),
      state: z.enum(["", ...APP_STATE_NAMES], `expected one of ${APP_STATE_NAMES.join(", ")}`).optional().meta({
        description: "Only apps in this state.",
      }),
      limit: wholeNumberQuery(0, 10_000, "At most so many; without it all."),
      offset: wholeNumberQuery(0, 1_000_000_000, "Leaves out so many first."),
    }),
  },
  responses: { 200: json(appListSchema, "The apps, in the order of the configuration"), ...problems },
});

const show = createRoute({
  method: "get",
  path: "/admin/apps/{name}",
  operationId: "showApp",
  summary: "Show one app",
  tags: TAGS,
  request: { params: nameParams },
  responses: { 200: { ...json(appDetailSchema, "The app"), ...etag }, ...problems },
});

const add = createRoute({
  method: "post",
  path: "/admin/apps",
  operationId: "addApp",
  summary: "Add an app and keep it",
  description: "It is booted first: what cannot start is refused. 409 when name, host or port are taken.",
  tags: TAGS,
  request: { body: jsonContent(newAppSchema) },
  responses: {
    201: {
      ...json(appDetailSchema, "It serves"),
      headers: z.object({ location: z.string(), etag: z.string().meta({ description: "For `If-Match`." }) }),
    },
    ...problems,
  },
});

const change = createRoute({
  method: "patch",
  path: "/admin/apps/{name}",
  operationId: "changeApp",
  summary: "Change an app's configuration",
  description:
    "As JSON Merge Patch (RFC 7396): `null` takes a key away. Takes effect as a reload does, without a lost " +
    "request, and is kept across restarts.",
  tags: TAGS,
  request: { params: nameParams, headers: ifMatchHeader, body: jsonContent(appPatchSchema) },
  responses: { 200: { ...json(appDetailSchema, "It serves with the change"), ...etag }, ...problems },
});

const remove = createRoute({
  method: "delete",
  path: "/admin/apps/{name}",
  operationId: "removeApp",
  summary: "Remove an app after its drain",
  tags: TAGS,
  request: { params: nameParams, headers: ifMatchHeader },
  responses: { 200: json(drainSchema, "It is gone"), ...problems },
});

const removeByHost = createRoute({
  method: "delete",
  path: "/admin/apps",
  operationId: "removeAppByHost",
  summary: "Remove the app that claims a host, after its drain",
  tags: TAGS,
  request: {
    query: z.object({
      hostname: z.string('expected the host of an app, as in "?hostname=blog.example.com"').min(
        1,
        'expected the host of an app, as in "?hostname=blog.example.com"',
      ).meta({ description: "Exactly as the app claims it, wildcard included.", examples: ["blog.example.com"] }),
    }),
    headers: ifMatchHeader,
  },
  responses: { 200: json(drainSchema, "It is gone"), ...problems },
});

const restart = createRoute({
  method: "post",
  path: "/admin/apps/{name}/restart",
  operationId: "restartApp",
  summary: "Restart an app",
  description: "Another isolate of the same code boots, takes over, and the old one drains. Brings a drained app back.",
  tags: TAGS,
  request: { params: nameParams, headers: ifMatchHeader },
  responses: { 200: json(appDetailSchema, "It serves"), ...problems },
});

const drain = createRoute({
  method: "post",
  path: "/admin/apps/{name}/drain",
  operationId: "drainApp",
  summary: "Take an app out of service after its requests",
  tags: TAGS,
  request: { params: nameParams, headers: ifMatchHeader },
  responses: { 200: json(drainSchema, "It is drained; a restart brings it back"), ...problems },
});

const reset = createRoute({
  method: "post",
  path: "/admin/apps/{name}/reset",
  operationId: "resetApp",
  summary: "Drop what the API has put in the place of nano.json's keys",
  tags: TAGS,
  request: { params: nameParams, headers: ifMatchHeader },
  responses: { 200: json(appDetailSchema, "It serves as nano.json says"), ...problems },
});

const runCron = createRoute({
  method: "post",
  path: "/admin/apps/{name}/crons/{cron}/run",
  operationId: "runCron",
  summary: "Run a job now",
  tags: TAGS,
  request: {
    params: nameParams.extend({
      cron: z.string().meta({ description: "Name of the job, percent-encoded.", examples: ["tidy"] }),
    }),
  },
  responses: {
    200: json(
      z.object({ name: z.string(), cron: z.string(), ok: z.boolean() }).meta({ id: "CronRun" }),
      "It has run; `ok` tells whether it went well",
    ),
    ...problems,
  },
});

/** The routes of the apps. */
export function appRoutes({ target, views }: ApiParts) {
  const { operations } = target;
  return new OpenAPIHono<AdminEnv>()
    .openapi(list, (context) => {
      const { q, state, limit, offset } = context.req.valid("query");
      const isAsked = (app: AppSnapshot) => isWanted(app, givenText(q), givenText(state));
      const page = views.page(isAsked, { offset: givenNumber(offset, 0), limit: givenNumber(limit, null) });
      const set_aside = operations.setAside().map(({ app, reasons }) => ({ app, reasons: [...reasons] }));
      return context.json({ ...page, set_aside }, 200);
    })
    .openapi(show, (context) => shown(context.req.valid("param").name, (view, tag) => context.json(view, 200, tag)))
    .openapi(add, async (context) => {
      const name = await operations.apps.add(context.req.valid("json"), changeOf(context));
      const location = `/admin/apps/${name}`;
      return shown(name, (view, tag) => context.json(view, 201, { ...tag, location }));
    })
    .openapi(change, async (context) => {
      const { name } = context.req.valid("param");
      await operations.apps.change(
        name,
        context.req.valid("json"),
        appChangeOf(context, () => operations.apps.tagOf(name)),
      );
      return shown(name, (view, tag) => context.json(view, 200, tag));
    })
    .openapi(remove, async (context) => {
      const { name } = context.req.valid("param");
      const by = appChangeOf(context, () => operations.apps.tagOf(name));
      return context.json(drained(name, await operations.apps.remove(name, by)), 200);
    })
    .openapi(removeByHost, async (context) => {
      const name = nameOfHost(context.req.valid("query").hostname);
      const by = appChangeOf(context, () => operations.apps.tagOf(name));
      return context.json(drained(name, await operations.apps.remove(name, by)), 200);
    })
    .openapi(restart, async (context) => {
      const { name } = context.req.valid("param");
      await operations.apps.restart(name, appChangeOf(context, () => operations.apps.tagOf(name)));
      return shown(name, (view, tag) => context.json(view, 200, tag));
    })
    .openapi(drain, async (context) => {
      const { name } = context.req.valid("param");
      const by = appChangeOf(context, () => operations.apps.tagOf(name));
      return context.json(drained(name, await operations.apps.drain(name, by)), 200);
    })
    .openapi(reset, async (context) => {
      const { name } = context.req.valid("param");
      await operations.apps.reset(name, appChangeOf(context, () => operations.apps.tagOf(name)));
      return shown(name, (view, tag) => context.json(view, 200, tag));
    })
    .openapi(runCron, async (context) => {
      const { name, cron } = context.req.valid("param");
      return context.json({ name, cron, ok: await operations.apps.runCron(name, cron, changeOf(context)) }, 200);
    });

  function shown<T>(name: string, answer: (view: ReturnType<typeof views.detail>, tag: { etag: string }) => T): T {
    const view = views.detail(name);
    return answer(view, view.tag === null ? {} as { etag: string } : { etag: view.tag });
  }

  function nameOfHost(hostname: string): string {
    const host = hostname.toLowerCase().replace(/\.$/, "");
    const app = target.apps().find(({ hostnames, state }) => state !== "stopped" && hostnames.includes(host)) ??
      target.apps().find(({ hostnames }) => hostnames.includes(host));
    if (app === undefined) throw new NanoError("NOT_FOUND", `Cannot remove an app: none claims host "${hostname}"`);
    return app.name;
  }
}

function isWanted({ name, hostnames, state }: AppSnapshot, q: string | null, wanted: string | null): boolean {
  if (wanted !== null && state !== wanted) return false;
  if (q === null) return true;
  const part = q.toLowerCase();
  return name.includes(part) || hostnames.some((host) => host.includes(part));
}

function drained(name: string, outcome: { drainedRequests: number; forcedClosed: number }) {
  return { name, drained_requests: outcome.drainedRequests, forced_closed: outcome.forcedClosed };
}
