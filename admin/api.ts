/** The admin API: health, metrics, apps and configuration over HTTP. */
import { Hono } from "hono";
import {
  type AppSnapshot,
  maskedConfig,
  type NanoConfig,
  NanoError,
  type Readiness,
  type ReloadSummary,
} from "../runtime/mod.ts";
import { appView } from "./app_view.ts";
import { checkHost, checkOrigin, checkToken } from "./auth.ts";
import { asNanoError, problemResponse } from "./problem.ts";
import { snakeCase } from "./snake_case.ts";

/** What the admin API needs of a running NANO; class `Nano` fits it. */
export interface AdminTarget {
  readonly config: NanoConfig;
  apps(): readonly AppSnapshot[];
  readiness(): Readiness;
  metrics(): Promise<string>;
  reload(): Promise<ReloadSummary>;
}

/** What {@linkcode createAdminApi} takes beside NANO. */
export interface AdminApiOptions {
  /** The bearer token. */
  readonly token: string;
  /** Names and addresses the listener is reached by, beside localhost, 127.0.0.1 and [::1]. */
  readonly hostnames: readonly string[];
  /** Told of errors that are NANO's own fault. Default: standard error. */
  readonly report?: (error: unknown) => void;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
}

interface AdminEnv {
  Variables: { requestId: string };
}

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/**
 * Builds the admin API. Open are `/livez`, `/readyz` and `/admin/health`; all else wants the bearer token. Requests for
 * a foreign Host or from a foreign Origin are refused first.
 *
 * @returns a Hono app; its `fetch` is the handler of the admin listener
 */
export function createAdminApi(nano: AdminTarget, options: AdminApiOptions): Hono<AdminEnv> {
  const report = options.report ?? ((error) => console.error("The admin API failed:", error));
  const now = options.now ?? Date.now;
  const api = new Hono<AdminEnv>();

  api.use(async (context, next) => {
    context.set("requestId", crypto.randomUUID());
    await next();
    context.header("x-request-id", context.var.requestId);
    context.header("cache-control", "no-store");
  });
  api.use(checkHost(options.hostnames), checkOrigin());

  api.get("/livez", (context) => context.json({ status: "alive" }));
  for (const path of ["/readyz", "/admin/health"]) {
    api.get(path, (context) => {
      const view = readinessView(nano.readiness());
      return context.json(view, view.status === "ready" ? 200 : 503);
    });
  }

  api.use(checkToken(options.token));
  api.get("/metrics", async (context) => context.body(await nano.metrics(), 200, { "content-type": METRICS_TYPE }));
  api.get("/admin/apps", (context) => context.json({ apps: nano.apps().map((app) => viewOf(app)) }));
  api.get("/admin/apps/:name", (context) => {
    const name = context.req.param("name");
    const app = nano.apps().find((one) => one.name === name);
    if (app === undefined) throw new NanoError("NOT_FOUND", `Cannot show app "${name}": there is no such app`);
    return context.json(viewOf(app));
  });
  api.get("/admin/config", (context) => context.json(snakeCase(maskedConfig(nano.config)) as object));
  api.post("/admin/reload", async (context) => context.json(await nano.reload()));

  api.notFound((context) => {
    throw new NanoError(
      "NOT_FOUND",
      `Cannot ${context.req.method} "${context.req.path}": the admin API has no such path`,
    );
  });
  api.onError((thrown, context) => {
    const error = asNanoError(thrown);
    if (error.code === "INTERNAL") report(thrown);
    return problemResponse(error, context.var.requestId);
  });

  function viewOf(app: AppSnapshot): object {
    const config = nano.config.apps.find((one) => one.name === app.name);
    return appView(app, config, now()) as object;
  }

  return api;
}

/**
 * The body of `/readyz`. A failed app does not make NANO unready, the others serve; it is named in `failed`. Why it
 * failed stands in `/admin/apps` only: this path is open, and an error text may quote the app's source.
 */
function readinessView({ ready, draining, apps }: Readiness) {
  const status: "ready" | "starting" | "draining" = draining ? "draining" : ready ? "ready" : "starting";
  return {
    status,
    apps: apps.map(({ name, state }) => ({ name, state })),
    failed: apps.filter(({ state }) => state === "failed").map(({ name }) => name),
  };
}
