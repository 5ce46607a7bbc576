/** Routes of backups: take one, restore one. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type BackupView, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { type BackupAnswer, restoredSchema } from "../schemas/backup_schemas.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { bytes, flag, givenText, isOn, json, problems } from "./route_parts.ts";

const TAGS = ["Backups"];
const ofApp = (description: string) => z.string().optional().meta({ description, examples: ["blog"] });

const backup = createRoute({
  method: "post",
  path: "/admin/backup",
  operationId: "backup",
  summary: "Copy all data of an app, or of all apps, while they go on",
  description: "The answer begins when every store has been copied; `content-length` is that of the whole archive.",
  tags: TAGS,
  request: { query: z.object({ app: ofApp("Only the data of this app.") }) },
  responses: {
    200: {
      description: "A tar, sealed by a last line",
      content: { "application/x-tar": { schema: { type: "string", format: "binary" } } },
    },
    ...problems,
  },
});

const restore = createRoute({
  method: "post",
  path: "/admin/restore",
  operationId: "restore",
  summary: "Put the stores of a backup in the place of those that there are, all or none",
  description: "The whole backup is taken in and checked first. Stores that it does not have stay as they are.",
  tags: TAGS,
  request: {
    query: z.object({
      app: ofApp("Only the stores of this app."),
      dry_run: flag("Check it, and change nothing."),
    }),
    body: { required: true, content: bytes("A backup").content },
  },
  responses: { 200: json(restoredSchema, "What was restored"), ...problems },
});

/** The routes of backups. */
export function backupRoutes({ target }: ApiParts) {
  const backups = () => target.operations.data.backups;
  return new OpenAPIHono<AdminEnv>()
    .openapi(backup, async (context) => {
      const { view, bytes, stream } = await backups().backup(
        givenText(context.req.valid("query").app),
        changeOf(context),
      );
      const at = new Date(view.createdAt).toISOString().slice(0, 19).replaceAll(":", "-");
      return new Response(stream, {
        headers: {
          "content-type": "application/x-tar",
          "content-length": String(bytes),
          "content-disposition": `attachment; filename="${view.app ?? "nano"}-${at}.backup"`,
          "cache-control": "no-store",
        },
      });
    })
    .openapi(restore, async (context) => {
      const { app, dry_run } = context.req.valid("query");
      const { body } = context.req.raw;
      if (body === null) throw new NanoError("USAGE", "Cannot use the backup: it is empty");
      const dryRun = isOn(dry_run);
      try {
        const view = await backups().restore(body, { app: givenText(app), dryRun }, changeOf(context));
        return context.json({ ...answerOf(view), restored: !dryRun }, 200);
      } finally {
        // Refused before it was read: whoever sends it need not go on.
        if (!body.locked) await body.cancel();
      }
    });
}

function answerOf({ createdAt, app, stores, objects }: BackupView): BackupAnswer {
  return {
    created_at: new Date(createdAt).toISOString(),
    app,
    stores: stores.map(({ kind, name, apps, bytes }) => ({ kind, name, apps: [...apps], bytes })),
    objects: { ...objects },
  };
}
