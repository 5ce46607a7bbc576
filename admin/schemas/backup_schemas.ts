/** What the admin API tells of backups, as schemas. */
import { z } from "@hono/zod-openapi";

/** What a backup has. */
export const backupSchema = z.object({
  created_at: z.string().meta({ description: "ISO 8601." }),
  app: z.string().nullable().meta({ description: "The app whose data it has, or null for those of all." }),
  stores: z.array(
    z.object({
      kind: z.enum(["kv", "d1", "r2", "queue", "storage", "deno_kv", "files"]),
      name: z.string().meta({ examples: ["cache"] }),
      apps: z.array(z.string()).meta({ description: "That used it when the backup was made." }),
      bytes: z.number().meta({
        description: "Of its database, or of the tar of its files; 0 when nothing was kept in it yet.",
      }),
    }).meta({ id: "BackupStore" }),
  ),
  objects: z.object({ files: z.number(), bytes: z.number() }).meta({ description: "Files of R2 objects." }),
}).meta({ id: "Backup" });

/** What a backup has. */
export type BackupAnswer = z.infer<typeof backupSchema>;

/** What came of a restore. */
export const restoredSchema = backupSchema.extend({
  restored: z.boolean().meta({ description: "False for a dry run." }),
}).meta({ id: "Restored" });

/** What came of a restore. */
export type RestoredAnswer = z.infer<typeof restoredSchema>;
