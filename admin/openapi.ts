/** The OpenAPI document of the admin API. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { NANO_VERSION } from "../runtime/mod.ts";
import type { AdminEnv } from "./gate/admin_env.ts";
import { SESSION_COOKIE } from "./gate/session.ts";

/** The document, made of the routes that `api` serves. */
export function openApiDocument(api: OpenAPIHono<AdminEnv>): Record<string, unknown> {
  const document = api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "NANO admin API",
      version: NANO_VERSION,
      description: "Operates a running NANO: its apps, their versions, its configuration, and what can be watched. " +
        "Keys are in snake_case, times ISO 8601, errors problem documents (RFC 9457) with a `code` to match by.",
      license: { name: "MIT", url: "https://spdx.org/licenses/MIT.html" },
    },
    servers: [{ url: "/", description: "The admin listener" }],
    security: [{ bearer: [] }, { session: [] }],
    tags: [
      { name: "Health", description: "For probes and Prometheus." },
      { name: "Apps", description: "Which apps there are, and how they live." },
      { name: "Versions", description: "Deploys, rollbacks, rollouts." },
      { name: "Configuration", description: "What is in force, and who changed it." },
      { name: "KV", description: "What apps keep in KV namespaces." },
      { name: "D1", description: "What they keep in D1 databases." },
      { name: "R2", description: "What they keep in R2 buckets." },
      { name: "Queues", description: "What waits in their queues." },
      { name: "Backups", description: "All of their data in one file, and back." },
      { name: "Fleet", description: "The nodes that know the same apps." },
      { name: "Observe", description: "Log lines, events, figures." },
    ],
  }) as unknown as { components?: Record<string, unknown> } & Record<string, unknown>;
  return {
    ...document,
    components: {
      ...document.components,
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The admin token; `nano token` shows it." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: SESSION_COOKIE,
          description: "The dashboard's session. Changes carry its CSRF token in the header `x-nano-csrf`.",
        },
      },
    },
  };
}
