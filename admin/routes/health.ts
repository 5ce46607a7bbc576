/** Routes that probes and Prometheus ask. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { Readiness } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import { livenessSchema, readinessSchema, type ReadinessView } from "../schemas/host_schemas.ts";
import { json, problems } from "./route_parts.ts";

const TAGS = ["Health"];
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";
const READINESS = {
  200: json(readinessSchema, "It takes requests"),
  503: json(readinessSchema, "It starts or drains"),
};

const live = createRoute({
  method: "get",
  path: "/livez",
  operationId: "live",
  summary: "Whether the process answers",
  tags: TAGS,
  security: [],
  responses: { 200: json(livenessSchema, "It does") },
});

const ready = createRoute({
  method: "get",
  path: "/readyz",
  operationId: "ready",
  summary: "Whether NANO takes requests",
  tags: TAGS,
  security: [],
  responses: READINESS,
});

const health = createRoute({
  method: "get",
  path: "/admin/health",
  operationId: "health",
  summary: "Whether NANO takes requests, as /readyz",
  tags: TAGS,
  responses: { ...READINESS, ...problems },
});

const metrics = createRoute({
  method: "get",
  path: "/metrics",
  operationId: "metrics",
  summary: "All figures as Prometheus text",
  tags: TAGS,
  responses: {
    200: { description: "Prometheus text", content: { "text/plain": { schema: z.string() } } },
    ...problems,
  },
});

/** The open routes. */
export function probeRoutes(target: AdminTarget) {
  return new OpenAPIHono<AdminEnv>()
    .openapi(live, (context) => context.json({ status: "alive" as const }, 200))
    .openapi(ready, (context) => {
      const view = readinessView(target.readiness());
      return context.json(view, view.status === "ready" ? 200 : 503);
    });
}

/** Behind the gate: the figures of apps are nobody else's business. */
export function healthRoutes(target: AdminTarget) {
  return new OpenAPIHono<AdminEnv>()
    .openapi(health, (context) => {
      const view = readinessView(target.readiness());
      return context.json(view, view.status === "ready" ? 200 : 503);
    })
    .openapi(metrics, async (context) => {
      return context.text(await target.metrics(), 200, { "content-type": METRICS_TYPE });
    });
}

/**
 * The body of `/readyz`. A failed app does not make NANO unready, the others serve; it is named in `failed`. Why it
 * failed stands in `/admin/apps` only: this path is open, and an error text may quote the app's source.
 */
function readinessView({ ready, draining, fleet, apps }: Readiness): ReadinessView {
  return {
    status: draining ? "draining" : ready ? "ready" : "starting",
    apps: apps.map(({ name, state }) => ({ name, state })),
    ...fleet === null ? {} : { fleet },
    failed: apps.filter(({ state }) => state === "failed" || state === "quarantined").map(({ name }) => name),
  };
}
