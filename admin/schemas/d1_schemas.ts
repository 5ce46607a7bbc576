/** What the admin API tells and takes of D1 databases, as schemas. */
import { z } from "@hono/zod-openapi";
import { storeUseSchema } from "./kv_schemas.ts";

/** All databases. */
export const d1DatabasesSchema = z.object({
  databases: z.array(
    z.object({
      name: z.string().meta({
        description: "As nano.json names it; one of a Workers project is `<app>.<id>`.",
        examples: ["shop"],
      }),
      titles: z.array(z.string()).meta({ description: "What Workers projects call it (`database_name`)." }),
      uses: z.array(storeUseSchema).meta({ description: "Empty when no app names it any more." }),
      bytes: z.number().meta({ description: "On the disk." }),
      max_bytes: z.number().meta({ description: "That it may hold: `storage_mb` of the apps that use it." }),
      has_migrations: z.boolean().meta({ description: "Whether an app that uses it has a folder of migrations." }),
    }).meta({ id: "D1Database" }),
  ),
}).meta({ id: "D1DatabaseList" });

/** A database. */
export type D1Database = z.infer<typeof d1DatabasesSchema>["databases"][number];

const paramRule = 'expected null, a number, a text, true, false or { "base64": text }';
const param = z.union(
  [z.null(), z.boolean(), z.number(), z.string(), z.strictObject({ base64: z.string() })],
  paramRule,
);

/** SQL to run. */
export const d1QuerySchema = z.strictObject({
  sql: z.string("expected SQL").meta({ description: "One statement or several, which are one transaction." }),
  params: z.array(param, "expected a list of parameters").optional().meta({
    description: "Of the last statement; bytes as an object with `base64`.",
  }),
}).meta({ id: "D1Query", examples: [{ sql: "SELECT * FROM posts WHERE id = ?", params: [7] }] });

/** SQL to run. */
export type D1Query = z.input<typeof d1QuerySchema>;

/** What statements came to. */
export const d1ResultsSchema = z.object({
  results: z.array(
    z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.unknown())).meta({
        description: "Values in the order of the columns; a BLOB as a list.",
      }),
      meta: z.looseObject({ changes: z.number(), duration: z.number() }).meta({
        description: "As `meta` of the binding; `duration` in milliseconds.",
      }),
    }).meta({ id: "D1Result" }),
  ).meta({ description: "One for each statement." }),
}).meta({ id: "D1Results" });

/** What statements came to. */
export type D1Results = z.infer<typeof d1ResultsSchema>;

/** What an import came to. */
export const d1ImportSchema = z.object({
  statements: z.number(),
  changes: z.number().meta({ description: "Rows." }),
  size_after: z.number().meta({ description: "Bytes." }),
}).meta({ id: "D1Import" });

/** What an import came to. */
export type D1Import = z.infer<typeof d1ImportSchema>;

/** What was applied, and what was not. */
export const d1MigrationsSchema = z.object({
  folder: z.string().nullable().meta({ description: "Absolute path, or null without one." }),
  table: z.string().meta({ description: "The table that remembers them.", examples: ["d1_migrations"] }),
  applied: z.array(z.object({ name: z.string(), applied_at: z.string() })),
  pending: z.array(z.string()),
}).meta({ id: "D1Migrations" });

/** What was applied, and what was not. */
export type D1MigrationList = z.infer<typeof d1MigrationsSchema>;

/** Migrations from elsewhere than the apps' folders. */
export const d1MigrateSchema = z.strictObject({
  files: z.array(
    z.strictObject({ name: z.string("expected a name").min(1, "expected a name"), sql: z.string("expected SQL") }),
    "expected a list of { name, sql }",
  ).optional().meta({ description: "In the place of those in the folder of the app." }),
}).meta({ id: "D1Migrate", examples: [{}] });

/** What was applied. */
export const d1MigratedSchema = z.object({
  applied: z.array(z.string()).meta({ description: "Names of those that were applied now." }),
}).meta({ id: "D1Migrated" });
