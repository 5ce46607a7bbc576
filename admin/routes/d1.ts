/** Routes of the D1 databases: list, query, import, export, migrations. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type D1Migrations, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import {
  d1DatabasesSchema,
  d1ImportSchema,
  d1MigratedSchema,
  d1MigrateSchema,
  d1MigrationsSchema,
  d1QuerySchema,
  d1ResultsSchema,
} from "../schemas/d1_schemas.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { bytes, flag, isOn, json, jsonContent, problems } from "./route_parts.ts";

const TAGS = ["D1"];
const ofDatabase = z.object({ database: z.string().meta({ examples: ["shop"] }) });

const list = createRoute({
  method: "get",
  path: "/admin/d1",
  operationId: "listDatabases",
  summary: "List the D1 databases, who uses them and what they hold",
  tags: TAGS,
  responses: { 200: json(d1DatabasesSchema, "Sorted by name"), ...problems },
});

const query = createRoute({
  method: "post",
  path: "/admin/d1/{database}/query",
  operationId: "queryDatabase",
  summary: "Run SQL, as one transaction",
  description: "The rules are those of the binding: what apps may not run is refused here, too.",
  tags: TAGS,
  request: { params: ofDatabase, body: jsonContent(d1QuerySchema) },
  responses: { 200: json(d1ResultsSchema, "What each statement came to"), ...problems },
});

const importSql = createRoute({
  method: "post",
  path: "/admin/d1/{database}/import",
  operationId: "importIntoDatabase",
  summary: "Run a file of SQL of any length, as one transaction",
  description: "A BEGIN and a COMMIT of its own are left out; foreign keys are checked at the end.",
  tags: TAGS,
  request: { params: ofDatabase, body: { required: true, content: bytes("SQL in UTF-8").content } },
  responses: { 200: json(d1ImportSchema, "It is on the disk"), ...problems },
});

const exportSql = createRoute({
  method: "get",
  path: "/admin/d1/{database}/export",
  operationId: "exportDatabase",
  summary: "Export a database as SQL that makes it anew",
  tags: TAGS,
  request: {
    params: ofDatabase,
    query: z.object({
      no_schema: flag("Rows only."),
      no_data: flag("Tables, indexes, triggers and views only."),
      table: z.union([z.string(), z.array(z.string())]).optional().meta({
        description: "Only this table; may be given several times.",
      }),
    }),
  },
  responses: { 200: bytes("SQL in UTF-8, of one moment"), ...problems },
});

const migrations = createRoute({
  method: "get",
  path: "/admin/d1/{database}/migrations",
  operationId: "listMigrations",
  summary: "List the migrations that were applied, and those that were not",
  tags: TAGS,
  request: { params: ofDatabase },
  responses: { 200: json(d1MigrationsSchema, "In the order in which they are applied"), ...problems },
});

const pending = createRoute({
  method: "post",
  path: "/admin/d1/{database}/migrations/pending",
  operationId: "compareMigrations",
  summary: "The same for migrations from elsewhere",
  tags: TAGS,
  request: { params: ofDatabase, body: jsonContent(d1MigrateSchema) },
  responses: { 200: json(d1MigrationsSchema, "In the order in which they are applied"), ...problems },
});

const migrate = createRoute({
  method: "post",
  path: "/admin/d1/{database}/migrations",
  operationId: "applyMigrations",
  summary: "Apply the migrations that were not applied",
  description: "Each is a transaction of its own. Of the first that fails nothing has happened; those before it stay.",
  tags: TAGS,
  request: { params: ofDatabase, body: jsonContent(d1MigrateSchema) },
  responses: { 200: json(d1MigratedSchema, "They are on the disk"), ...problems },
});

/** The routes of the databases. */
export function d1Routes({ target }: ApiParts) {
  const d1 = () => target.operations.data.d1;
  return new OpenAPIHono<AdminEnv>()
    .openapi(list, async (context) => {
      const databases = (await d1().list()).map(({ name, titles, uses, bytes, maxBytes, hasMigrations }) => ({
        name,
        titles: [...titles],
        uses: [...uses],
        bytes,
        max_bytes: maxBytes,
        has_migrations: hasMigrations,
      }));
      return context.json({ databases }, 200);
    })
    .openapi(query, async (context) => {
      const { sql, params = [] } = context.req.valid("json");
      const results = await d1().execute(context.req.valid("param").database, sql, params, changeOf(context));
      return context.json({ results } as unknown as z.infer<typeof d1ResultsSchema>, 200);
    })
    .openapi(importSql, async (context) => {
      const { database } = context.req.valid("param");
      const { body } = context.req.raw;
      if (body === null) {
        throw new NanoError("USAGE", `Cannot import SQL into D1 database "${database}": there is none`);
      }
      try {
        const { statements, changes, sizeAfter } = await d1().import(database, body, changeOf(context));
        return context.json({ statements, changes, size_after: sizeAfter }, 200);
      } finally {
        // Refused before it was read: whoever sends it need not go on.
        if (!body.locked) await body.cancel();
      }
    })
    .openapi(exportSql, async (context) => {
      const { database } = context.req.valid("param");
      const { no_schema, no_data, table } = context.req.valid("query");
      const sql = await d1().export(database, {
        hasSchema: !isOn(no_schema),
        hasData: !isOn(no_data),
        tables: table === undefined ? null : [table].flat(),
      });
      const name = `${database}.sql`;
      return new Response(sql, {
        headers: { "content-type": "application/sql", "content-disposition": `attachment; filename="${name}"` },
      });
    })
    .openapi(migrations, async (context) => {
      return context.json(migrationsView(await d1().migrations(context.req.valid("param").database, null)), 200);
    })
    .openapi(pending, async (context) => {
      const { files = null } = context.req.valid("json");
      return context.json(migrationsView(await d1().migrations(context.req.valid("param").database, files)), 200);
    })
    .openapi(migrate, async (context) => {
      const { files = null } = context.req.valid("json");
      const applied = await d1().migrate(context.req.valid("param").database, files, changeOf(context));
      return context.json({ applied: [...applied] }, 200);
    });
}

function migrationsView({ folder, table, applied, pending }: D1Migrations): z.infer<typeof d1MigrationsSchema> {
  const shown = applied.map(({ name, appliedAt }) => ({ name, applied_at: appliedAt }));
  return { folder, table, applied: shown, pending: [...pending] };
}
