/** What the admin API tells of a fleet, as schemas. */
import { z } from "@hono/zod-openapi";
import { timeSchema } from "./app_schemas.ts";

/** A node. */
export const fleetNodeSchema = z.object({
  name: z.string(),
  self: z.boolean().meta({ description: "Whether it is the one that was asked." }),
  role: z.enum(["full", "serve"]).meta({ description: "`serve`: it takes no changes." }),
  address: z.string().nullable().meta({ description: "Where its admin API can be asked." }),
  version: z.string().meta({ description: "Of NANO." }),
  started_at: timeSchema,
  revision: z.number().meta({ description: "Up to which it knows all changes." }),
  lag: z.number().meta({ description: "How many changes it has not got yet." }),
  lag_seconds: z.number().meta({ description: "For how long it has not had all of them." }),
  state: z.string().meta({ examples: ["following"] }),
  why: z.string().nullable().meta({ description: "Why it is in that state." }),
  clock_skew_seconds: z.number().nullable().meta({
    description: "By how much its clock is ahead of the engine's; null when that is not known.",
  }),
  apps_up: z.number(),
  files_coming: z.number().meta({ description: "Versions that it knows and whose files are on their way to it." }),
  failed: z.array(
    z.object({
      app: z.string(),
      revision: z.number().meta({
        description: "Of the change that is not in force there; 0: it is, and does not work.",
      }),
      error: z.string(),
    }).meta({ id: "FleetFailure" }),
  ),
  config: z.string().nullable().meta({ description: "Fingerprint of the apps of its nano.json." }),
  memory_bytes: z.number(),
  drift: z.array(z.enum(["nano.json", "version", "clock"])).meta({
    description: "In what it differs from most nodes; `clock`: from the engine, by 30 s or more.",
  }),
}).meta({ id: "FleetNode" });

/** A fleet as one node sees it. */
export const fleetViewSchema = z.object({
  node: z.string().meta({ description: "The node that was asked." }),
  state: z.string().meta({ examples: ["following"] }),
  why: z.string().nullable().meta({ description: "Why it is in that state, or what is wrong while it follows." }),
  epoch: z.string().nullable().meta({ description: "Which fleet this is." }),
  revision: z.number(),
  engine: z.string().meta({ examples: ["nats"] }),
  complete: z.boolean().meta({
    description: "Whether the others could be asked for; else this node stands there alone.",
  }),
  nodes: z.array(fleetNodeSchema),
}).meta({ id: "Fleet" });

/** A node. */
export type FleetNodeAnswer = z.infer<typeof fleetNodeSchema>;
/** A fleet as one node sees it. */
export type FleetAnswer = z.infer<typeof fleetViewSchema>;
