/** What the admin API tells about apps and their versions, as schemas: types, checks and the OpenAPI document. */
import { APP_LIMIT_KEYS, APP_LIMITS, APP_STATE_NAMES, type AppLimitKey } from "../../runtime/mod.ts";
import { z } from "@hono/zod-openapi";

/** A time as text. */
export const timeSchema = z.iso.datetime().meta({ examples: ["2026-03-01T12:00:00.000Z"] });

/** An app's name in a path. Not checked by form: a name that no app has is answered with 404. */
export const nameParams = z.object({
  name: z.string().meta({ description: "Name of the app.", examples: ["blog"] }),
});

const limitsSchema = z.object(limitNumbers()).meta({ id: "Limits", description: "Limits of an app, as in nano.json." });

function limitNumbers() {
  const entries = APP_LIMIT_KEYS.map((key) => [key, z.number().meta({ description: APP_LIMITS[key].help })]);
  return Object.fromEntries(entries) as Record<AppLimitKey, z.ZodNumber>;
}

const exitSchema = z.object({
  reason: z.string().meta({ examples: ["out_of_memory"] }),
  detail: z.string(),
  at: timeSchema,
}).meta({ id: "Exit", description: "The end of an isolate." });

const keptSchema = z.object({
  bytes: z.number().meta({ description: "What its files take of the disk." }),
  max_bytes: z.number().meta({ description: "That they may take: `storage_mb`." }),
  entries: z.number().nullable().meta({
    description: "Files and folders; null where the machine does not count them.",
  }),
  max_entries: z.number().meta({ description: "That there may be: one for each 4 KiB of `storage_mb`." }),
}).meta({ id: "DataFolder", description: "A folder that an app writes, as of the last look at it." });

const originSchema = z.object({
  source: z.enum(["file", "api", "version"]).meta({
    description: "`file`: nano.json names it; `api`: it was added while NANO ran; `version`: a version of another app.",
  }),
  version_of: z.string().nullable().meta({ description: "The app that this is a version of." }),
  overrides: z.record(z.string(), z.unknown()).nullable().meta({
    description: "Keys that the admin API has put in the place of nano.json's, as they were given.",
  }),
  deployed: z.string().nullable().meta({ description: "Deployed version that serves; null: the app's own path." }),
  previous: z.string().nullable().meta({
    description: "What a rollback without a version leads to: a version, or `path`; null when nothing served before.",
  }),
  rollout: z.object({ version: z.string(), percent: z.number() }).nullable().meta({
    description: "A version that gets a part of the requests.",
  }),
}).meta({ id: "Origin", description: "Where an app's entry and code come from." });

/** One app, as in the list. */
export const appViewSchema = z.object({
  name: z.string().meta({ examples: ["blog"] }),
  state: z.enum(APP_STATE_NAMES).meta({
    description: "`crash_loop`: its isolate died three times in a row or more, whether or not one runs right now.",
  }),
  error: z.string().nullable().meta({
    description:
      "Why it failed, in state `failed`; in others why its last change is not in force, if a reload refused it.",
  }),
  hostnames: z.array(z.string()),
  port: z.number().nullable().meta({ description: "Port of a listener of its own." }),
  path: z.string().nullable().meta({ description: "Absolute path of its code; null while it is being removed." }),
  version: z.string().nullable().meta({ description: "Content hash of the code that serves." }),
  since: timeSchema.meta({ description: "Since when the present state holds." }),
  uptime_seconds: z.number().meta({ description: "Since the app runs; 0 in every other state." }),
  start_seconds: z.number().nullable().meta({ description: "How long the last start took." }),
  restarts: z.record(z.string(), z.number()).meta({ description: "Restarts by the reason of the exit before." }),
  restarts_total: z.number(),
  crashes: z.number().meta({ description: "Deaths in a row; 0 once the app has run for 10 s." }),
  last_exit: exitSchema.nullable(),
  in_flight: z.number().meta({ description: "Requests inside the isolate." }),
  queued: z.number().meta({ description: "Requests that wait for the isolate." }),
  requests: z.number().meta({ description: "Requests since the app was added." }),
  errors: z.number().meta({
    description: "Answers with a status of 500 or more, and those that the app or its isolate cut.",
  }),
  latency: z.object({ p50_seconds: z.number().nullable(), p99_seconds: z.number().nullable() }),
  heap_bytes: z.number(),
  external_bytes: z.number(),
  data_folder: keptSchema.nullable().meta({
    description:
      "What an app that Deno itself runs keeps in `data`; null without such a folder, and until it was looked at.",
  }),
  cpu_seconds: z.number(),
  limits: limitsSchema.nullable().meta({ description: "Null while the app is being removed." }),
  origin: originSchema.nullable().meta({ description: "Null while the app is being removed." }),
  tag: z.string().nullable().meta({ description: "For `If-Match`; another one with every change of the app." }),
}).meta({ id: "App", description: "One app: its state, its figures, its limits." });

const unbounded = (description: string) =>
  z.number().nullable().meta({ description: `${description}; null: no bound.` });

const processSchema = z.object({
  pid: z.number(),
  user: z.number().nullable().meta({ description: "The number of its user (uid); null while it has NANO's." }),
  no_new_privileges: z.boolean().meta({ description: "Nothing that it starts can have more rights than it has." }),
  filters_system_calls: z.boolean().meta({ description: "The kernel refuses it system calls by a filter (seccomp)." }),
  capabilities: z.number().meta({ description: "How many it has, or could get." }),
  namespaces: z.array(z.string()).meta({
    description: "Those that are not NANO's.",
    examples: [["user", "mnt", "net"]],
  }),
  cgroup: z.string().nullable().meta({
    description: "Its cgroup of version 2; null while it is in NANO's.",
    examples: ["/system.slice/nano.service/nano-isolate-1b4e28ba"],
  }),
  descriptors: z.number(),
  max_descriptors: unbounded("Descriptors that it may have open"),
  max_threads: unbounded("Threads that its user may have in its namespace"),
  max_file_bytes: unbounded("The largest file that it may write"),
  max_core_bytes: unbounded("The largest core file"),
  oom_score: z.number().meta({
    description: "The highest of a machine is ended first when memory runs out; up to 1000.",
  }),
}).meta({
  id: "Process",
  description: "What the kernel holds an app's process by, read from the kernel at that moment.",
});

/** One app with all that is known. */
export const appDetailSchema = appViewSchema.extend({
  env: z.record(z.string(), z.string()).meta({ description: "Its variables; secrets are shown as `***`." }),
  secrets: z.array(z.string()).meta({ description: "Names of the variables that are secrets." }),
  crons: z.array(z.object({ name: z.string(), schedule: z.string() })),
  outbound: z.union([z.string(), z.array(z.string())]).nullable(),
  isolation: z.enum(["worker", "process"]).nullable().meta({
    description: "Whether its isolate is a thread of NANO or a process of its own.",
  }),
  compat: z.enum(["web", "full"]).nullable().meta({
    description: "Whether it finds the web platform, or all of Deno and Node.",
  }),
  process: processSchema.nullable().meta({ description: "Null for an app in a thread, and while it has no process." }),
  streams: z.enum(["native", "polyfill"]).nullable(),
  node_compat: z.boolean().nullable(),
  start: z.enum(["eager", "lazy", "auto"]).nullable(),
  assets: z.object({ path: z.string(), single_page: z.boolean() }).nullable(),
  bindings: z.array(z.object({ name: z.string(), kind: z.string(), store: z.string().nullable() })).meta({
    description: "What it finds in `env` beside texts and assets, and the store of what is kept.",
    examples: [[{ name: "CACHE", kind: "kv", store: "cache" }]],
  }),
  requests_by_status: z.record(z.string(), z.number()).meta({ examples: [{ "200": 512, "404": 3 }] }),
  requests_by_end: z.record(z.string(), z.number()).meta({
    description: "By how they ended; an answer that was cut is never `done`.",
    examples: [{ done: 514, client_gone: 1 }],
  }),
}).meta({ id: "AppDetail", description: "One app with its variables, jobs, policies and requests by status." });

/** The list of apps. */
export const appListSchema = z.object({
  apps: z.array(appViewSchema),
  total: z.number().meta({ description: "Apps that match, whatever `limit` and `offset`." }),
  set_aside: z.array(z.object({ app: z.string(), reasons: z.array(z.string()) })).meta({
    description: "Kept changes that are not in force, because nano.json wins or because they no longer fit.",
  }),
}).meta({ id: "AppList" });

/** What came of a drain. */
export const drainSchema = z.object({
  name: z.string(),
  drained_requests: z.number().meta({ description: "Requests that were in flight and finished." }),
  forced_closed: z.number().meta({ description: "Requests that had to be cut." }),
}).meta({ id: "DrainOutcome" });

/** A deployed version. */
export const versionSchema = z.object({
  version: z.string().meta({ examples: ["v7"] }),
  created_at: timeSchema,
  bytes: z.number().meta({ description: "Of the unpacked files." }),
  files: z.number(),
  note: z.string(),
  actor: z.string().meta({ description: "Who deployed it.", examples: ["api 127.0.0.1"] }),
  role: z.enum(["active", "rollout", "preview", "kept"]),
  preview_host: z.string().nullable(),
  fleet: z.object({ revision: z.number() }).optional().meta({
    description: "In a fleet, of the version that was just deployed: nodes that have got so far have heard of it.",
  }),
}).meta({ id: "Version" });

/** All kept versions of an app, newest first. */
export const versionListSchema = z.object({ app: z.string(), versions: z.array(versionSchema) }).meta({
  id: "VersionList",
});

const figures = z.array(z.number());
const sparseFigures = z.array(z.number().nullable());

/** The recent past of one app. */
export const seriesSchema = z.object({
  app: z.string(),
  tick_seconds: z.number().meta({ description: "Seconds between two values." }),
  requests_per_second: figures,
  errors_per_second: figures,
  p50_seconds: sparseFigures,
  p99_seconds: sparseFigures,
  in_flight: figures,
  heap_bytes: figures,
  external_bytes: figures,
  cpu: figures.meta({ description: "Share of one core, 0 to 1 and more." }),
}).meta({ id: "Series", description: "One value a tick, oldest first; all lists have the same length." });

/** The last tick of one app. */
export const tickSchema = z.object({
  app: z.string(),
  state: z.string(),
  crashes: z.number(),
  requests_per_second: z.number(),
  errors_per_second: z.number(),
  p50_seconds: z.number().nullable(),
  p99_seconds: z.number().nullable(),
  in_flight: z.number(),
  queued: z.number(),
  heap_bytes: z.number(),
  external_bytes: z.number(),
  cpu: z.number(),
}).meta({ id: "Tick" });

/** One app, as in the list. */
export type AppView = z.infer<typeof appViewSchema>;
/** One app with all that is known. */
export type AppDetail = z.infer<typeof appDetailSchema>;
/** The list of apps. */
export type AppList = z.infer<typeof appListSchema>;
/** What came of a drain. */
export type DrainReport = z.infer<typeof drainSchema>;
/** A deployed version. */
export type Version = z.infer<typeof versionSchema>;
/** The recent past of one app. */
export type Series = z.infer<typeof seriesSchema>;
/** The last tick of one app. */
export type Tick = z.infer<typeof tickSchema>;
