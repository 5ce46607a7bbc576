/** What the admin API tells about NANO as a whole, its log and its history, as schemas. */
import { z } from "@hono/zod-openapi";
import { REQUEST_ENDS } from "../../runtime/mod.ts";
import { timeSchema } from "./app_schemas.ts";

/** An error (RFC 9457). */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().meta({ description: "What went wrong, with the value." }),
  code: z.string().meta({ description: "What to match by.", examples: ["NOT_FOUND"] }),
  request_id: z.string(),
  errors: z.array(z.string()).optional().meta({ description: "Every single mistake, when there are several." }),
}).meta({
  id: "Problem",
  description: "An error (RFC 9457).",
  examples: [{
    type: "urn:nano:error:NOT_FOUND",
    title: "Not Found",
    status: 404,
    detail: 'Cannot find app "blog": there is none of that name',
    code: "NOT_FOUND",
    request_id: "0b5e6a8e-58c5-4c0c-9f0c-3f6a6f1f2f11",
  }],
});

/** Liveness. */
export const livenessSchema = z.object({ status: z.literal("alive") }).meta({ id: "Liveness" });

/** Readiness. */
export const readinessSchema = z.object({
  status: z.enum(["ready", "starting", "draining"]),
  apps: z.array(z.object({ name: z.string(), state: z.string() })),
  fleet: z.string().optional().meta({
    description: "How this node stands to its fleet: following, offline, diverged, repairing. Missing without a fleet.",
    examples: ["following"],
  }),
  failed: z.array(z.string()).meta({
    description: "Apps that cannot start, or are quarantined; they hold nobody else down.",
  }),
}).meta({ id: "Readiness" });

/** What a reload changed, or would change. */
export const reloadSchema = z.object({
  added: z.array(z.string()),
  removed: z.array(z.string()),
  changed: z.array(z.string()),
  unchanged: z.array(z.string()),
}).meta({ id: "ReloadSummary", description: "App names by what happened to them." });

/** The configuration in force. */
export const configViewSchema = z.looseObject({
  apps: z.array(z.looseObject({ name: z.string() })),
  set_aside: z.array(z.object({ app: z.string(), reasons: z.array(z.string()) })),
}).meta({ id: "Config", description: "The configuration in force, every default applied, secrets shown as `***`." });

/** One line of an app's log. */
export const logLineSchema = z.object({
  id: z.number().meta({ description: "Grows by one a line, over all apps." }),
  at: timeSchema,
  app: z.string(),
  kind: z.enum(["console", "exception", "request", "life"]),
  level: z.enum(["debug", "info", "warn", "error"]),
  text: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    status: z.number(),
    duration_ms: z.number(),
    request_id: z.string(),
    code: z.string().nullable(),
    end: z.enum(REQUEST_ENDS).meta({ description: "How it ended; an answer that was cut is never `done`." }),
  }).nullable(),
}).meta({ id: "LogLine" });

/** The last lines of a log, oldest first. */
export const logListSchema = z.object({ lines: z.array(logLineSchema) }).meta({ id: "LogLines" });

/** One change that was asked for. */
export const historyEntrySchema = z.object({
  id: z.number(),
  at: timeSchema,
  actor: z.string(),
  action: z.string().meta({ examples: ["version.deploy"] }),
  app: z.string().nullable(),
  detail: z.string(),
  error: z.string().nullable().meta({ description: "Null when it was done, else why not." }),
}).meta({ id: "HistoryEntry" });

/** What was changed, newest first. */
export const historySchema = z.object({
  entries: z.array(historyEntrySchema),
  next_before: z.number().nullable().meta({ description: "For `before` of the next page; null on the last." }),
}).meta({ id: "History" });

/** Readiness. */
export type ReadinessView = z.infer<typeof readinessSchema>;
/** What a reload changed, or would change. */
export type ReloadView = z.infer<typeof reloadSchema>;
/** One line of an app's log. */
export type LogLineView = z.infer<typeof logLineSchema>;
/** One change that was asked for. */
export type HistoryEntryView = z.infer<typeof historyEntrySchema>;
/** What was changed, newest first. */
export type HistoryView = z.infer<typeof historySchema>;
/** An error (RFC 9457). */
export type Problem = z.infer<typeof problemSchema>;
