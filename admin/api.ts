/** The admin API: every route, behind the checks of who may ask. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Hono } from "hono";
import { inBursts, NanoError } from "../runtime/mod.ts";
import type { AdminApiOptions } from "./api_options.ts";
import type { AdminEnv } from "./gate/admin_env.ts";
import type { AdminTarget } from "./gate/admin_target.ts";
import { allowedMethods } from "./gate/allowed_methods.ts";
import type { ApiParts } from "./routes/api_parts.ts";
import { AppViews } from "./gate/app_view.ts";
import { checkHostHeader, checkOrigin, TokenCheck } from "./gate/auth.ts";
import { bodyLimit } from "./gate/body_limit.ts";
import { checkWritten } from "./gate/check_written.ts";
import { EventStreams } from "./streams/event_streams.ts";
import { FailedAttempts } from "./gate/failed_attempts.ts";
import { checkFetchSite, gate } from "./gate/gate.ts";
import { HttpError } from "./gate/http_error.ts";
import { jsonBody } from "./gate/json_body.ts";
import { loginRoute, logoutRoute } from "./gate/login.ts";
import { openApiDocument } from "./openapi.ts";
import { adminProblem, asNanoError } from "./gate/problem.ts";
import { bodyKind, USUAL_BODY_BYTES } from "./gate/raw_bodies.ts";
import { appRoutes } from "./routes/apps.ts";
import { backupRoutes } from "./routes/backups.ts";
import { configRoutes } from "./routes/config.ts";
import { d1Routes } from "./routes/d1.ts";
import { deployRoutes } from "./routes/deploy.ts";
import { fleetRoutes } from "./routes/fleet.ts";
import { healthRoutes, probeRoutes } from "./routes/health.ts";
import { kvRoutes } from "./routes/kv.ts";
import { queueRoutes } from "./routes/queues.ts";
import { r2Routes } from "./routes/r2.ts";
import { observeRoutes } from "./routes/observe.ts";
import { json, problems } from "./routes/route_parts.ts";
import { securityHeaders } from "./gate/security_headers.ts";
import { Sessions } from "./gate/session.ts";
import { SignInLinks } from "./gate/sign_in_links.ts";

export type { AdminApiOptions } from "./api_options.ts";
export type { AdminTarget } from "./gate/admin_target.ts";

type SchemaOf<T> = T extends Hono<AdminEnv, infer S, "/"> ? S : never;

/** All routes by type, for `hono/client`. */
export type AdminApi = Hono<
  AdminEnv,
  SchemaOf<ReturnType<typeof apiRoutes>> & SchemaOf<ReturnType<typeof probeRoutes>>,
  "/"
>;

const openApi = createRoute({
  method: "get",
  path: "/admin/openapi.json",
  operationId: "openApi",
  summary: "This document",
  tags: ["Configuration"],
  responses: { 200: json(z.looseObject({ openapi: z.string() }), "OpenAPI 3.1"), ...problems },
});

/**
 * Builds the admin API. Open are `/livez`, `/readyz` and the login; all else wants the bearer token or a session. Requests for a foreign Host or from a foreign Origin are refused first.
 *
 * @returns a Hono app; its `fetch` is the handler of the admin listener
 */
export function createAdminApi(target: AdminTarget, options: AdminApiOptions): OpenAPIHono<AdminEnv> {
  const report = options.report ?? ((error) => console.error("The admin API failed:", error));
  const sessions = options.sessions ?? new Sessions();
  const failed = options.failedAttempts ?? new FailedAttempts({
    onLimit: (address) =>
      target.events.emit({ event: "warning", text: `Many wrong admin tokens come from ${address}` }),
  });
  const token = new TokenCheck(options.token, failed);
  const parts: ApiParts = {
    target,
    views: new AppViews(target, options.now ?? Date.now),
    streams: options.streams ?? new EventStreams({ report }),
  };
  const limitBody = bodyLimit(USUAL_BODY_BYTES);

  const api = new OpenAPIHono<AdminEnv>();
  api.use(securityHeaders(), checkHostHeader(options.hostnames), checkOrigin(), checkFetchSite());
  api.route("/", probeRoutes(target));
  // Open whatever the method: a probe that is set up wrongly hears what is wrong, not that it lacks a token.
  for (const path of ["/livez", "/readyz"]) api.all(path, (context) => context.notFound());
  api.use("/login", limitBody);
  api.route("/", loginRoute({ token, sessions, links: options.links ?? new SignInLinks() }));
  api.use(gate({ token, sessions, isOpen: (path) => path === "/login" || path.startsWith("/assets/"), limitBody }));
  api.use((context, next) => {
    const { method, path, raw } = context.req;
    const kind = bodyKind(method, path);
    // The gate has already bounded and read a form for its CSRF field.
    if (raw.bodyUsed) return next();
    if (kind !== "route") return bodyLimit(kind)(context, next);
    if (raw.body !== null && !raw.headers.has("content-length")) {
      context.req.raw = new Request(raw, { body: inBursts(raw.body) });
    }
    return next();
  });
  const asJson = jsonBody();
  api.use((context, next) =>
    bodyKind(context.req.method, context.req.path) === "route" ? next() : asJson(context, next)
  );
  api.route("/", logoutRoute(sessions));
  api.route("/", apiRoutes(parts, () => openApiDocument(api)));
  if (options.dashboard !== undefined) api.route("/", options.dashboard(sessions));

  api.notFound((context) => {
    const { method, path } = context.req;
    const methods = allowedMethods(api.routes, path);
    if (methods.length === 0) {
      throw new NanoError("NOT_FOUND", `Cannot ${method} "${path}": the admin API has no such path`);
    }
    const message = `Cannot ${method} "${path}": it takes ${methods.join(", ")}`;
    throw new HttpError("METHOD_NOT_ALLOWED", message, { headers: { allow: methods.join(", ") } });
  });
  api.onError((thrown, context) => {
    const error = asNanoError(thrown);
    if (error.code === "INTERNAL") report(thrown);
    return adminProblem(error, context.var.requestId);
  });
  return api;
}

/** The routes behind the gate. */
function apiRoutes(parts: ApiParts, document: () => Record<string, unknown>) {
  return new OpenAPIHono<AdminEnv>({ defaultHook: checkWritten })
    .route("/", healthRoutes(parts.target))
    .route("/", appRoutes(parts))
    .route("/", deployRoutes(parts))
    .route("/", configRoutes(parts))
    .route("/", kvRoutes(parts))
    .route("/", d1Routes(parts))
    .route("/", r2Routes(parts))
    .route("/", queueRoutes(parts))
    .route("/", backupRoutes(parts))
    .route("/", fleetRoutes(parts))
    .route("/", observeRoutes(parts))
    .openapi(openApi, (context) => context.json(document() as { openapi: string }, 200));
}
