/** What the admin API tells and takes of R2 buckets, as schemas. */
import { z } from "@hono/zod-openapi";
import { storeUseSchema } from "./kv_schemas.ts";

/** All buckets. */
export const r2BucketsSchema = z.object({
  buckets: z.array(
    z.object({
      name: z.string().meta({
        description: "As nano.json names it; one of a Workers project is `<app>.<bucket>`.",
        examples: ["files"],
      }),
      uses: z.array(storeUseSchema).meta({ description: "Empty when no app names it any more." }),
      bytes: z.number().meta({ description: "On the disk." }),
      max_bytes: z.number().meta({ description: "That it may hold: `storage_mb` of the apps that use it." }),
      objects: z.number().meta({ description: "Counted up to 100,000." }),
      has_more_objects: z.boolean(),
    }).meta({ id: "R2Bucket" }),
  ),
}).meta({ id: "R2BucketList" });

/** A bucket. */
export type R2Bucket = z.infer<typeof r2BucketsSchema>["buckets"][number];

/** An object without its bytes. */
export const r2ObjectSchema = z.object({
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  uploaded: z.string().meta({ description: "ISO 8601." }),
  storage_class: z.string(),
  http_metadata: z.record(z.string(), z.union([z.string(), z.number()])),
  custom_metadata: z.record(z.string(), z.string()),
}).meta({ id: "R2Object" });

/** An object without its bytes. */
export type R2ObjectAnswer = z.infer<typeof r2ObjectSchema>;

/** A page of objects. */
export const r2ObjectsSchema = z.object({
  objects: z.array(r2ObjectSchema),
  prefixes: z.array(z.string()).meta({ description: "What keys have in common up to the delimiter." }),
  cursor: z.string().nullable().meta({ description: "For the next page; null when there is none." }),
}).meta({ id: "R2ObjectPage" });

/** A page of objects. */
export type R2ObjectsAnswer = z.infer<typeof r2ObjectsSchema>;

/** A change of one object. */
export const r2ObjectChangeSchema = z.object({ bucket: z.string(), key: z.string() }).meta({ id: "R2ObjectChange" });
