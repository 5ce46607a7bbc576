/** Turns what the schema of a route refused into an error that names every mistake. */
import type { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { NanoError, writtenAppError } from "../../runtime/mod.ts";
import type { AdminEnv } from "./admin_env.ts";

/** What the validators of `@hono/zod-openapi` tell of one part of a request. */
type Checked =
  & { readonly target: string }
  & ({ readonly success: true } | { readonly success: false; readonly error: z.ZodError });

/** Where a mistake stands, for a reader. */
const PLACES: Readonly<Record<string, string>> = { query: "the query", header: "the headers", param: "the path" };

const MAX_SHOWN_LENGTH = 60;

/**
 * The hook of all routes.
 * @throws {NanoError} CONFIG_INVALID for an app, USAGE for all else, with every mistake in `details`
 */
export async function checkWritten(result: Checked, context: Context<AdminEnv>): Promise<void> {
  if (result.success) return;
  const { issues } = result.error;
  const { method, path } = context.req;
  if (result.target === "json") {
    const document: unknown = await context.req.json();
    if (path === "/admin/apps") throw writtenAppError("add an app", issues, document);
    if (method === "PATCH") throw writtenAppError(`change app "${context.req.param("name")}"`, issues, document);
    throw usage("the body", issues, document);
  }
  const values = result.target === "query" ? context.req.query() : {};
  throw usage(PLACES[result.target] ?? result.target, issues, values);
}

function usage(place: string, issues: readonly z.core.$ZodIssue[], document: unknown): NanoError {
  const details = issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${key} is no known key`);
    const [key] = issue.path;
    if (key === undefined) return `The document is wrong: ${issue.message}`;
    const value = (document as Record<PropertyKey, unknown>)[key];
    return value === undefined
      ? `${String(key)} is missing: ${issue.message}`
      : `${String(key)} is ${JSON.stringify(value).slice(0, MAX_SHOWN_LENGTH)}: ${issue.message}`;
  });
  const more = details.length > 1 ? ` (and ${details.length - 1} more)` : "";
  return new NanoError("USAGE", `Cannot use ${place}: ${details[0]}${more}`, { details });
}
