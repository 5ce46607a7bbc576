/** What the admin API tells and takes of KV namespaces, as schemas. */
import { z } from "@hono/zod-openapi";

/** A binding that leads to a store. */
export const storeUseSchema = z.object({
  app: z.string(),
  binding: z.string().meta({ description: "What the app finds it by in `env`.", examples: ["CACHE"] }),
}).meta({ id: "StoreUse" });

/** All namespaces. */
export const kvNamespacesSchema = z.object({
  namespaces: z.array(
    z.object({
      name: z.string().meta({
        description: "As nano.json names it; one of a Workers project is `<app>.<id>`.",
        examples: ["cache"],
      }),
      uses: z.array(storeUseSchema).meta({ description: "Empty when no app names it any more." }),
      bytes: z.number().meta({ description: "On the disk." }),
      max_bytes: z.number().meta({ description: "That it may hold: `storage_mb` of the apps that use it." }),
      keys: z.number().meta({ description: "Counted up to 100,000." }),
      has_more_keys: z.boolean(),
    }).meta({ id: "KvNamespace" }),
  ),
}).meta({ id: "KvNamespaceList" });

/** A namespace. */
export type KvNamespace = z.infer<typeof kvNamespacesSchema>["namespaces"][number];

const expiration = z.number().nullable().meta({ description: "Seconds since the epoch, or null." });
const metadata = z.unknown().meta({ description: "Any JSON; null without any." });

/** A page of keys. */
export const kvKeysSchema = z.object({
  keys: z.array(z.object({ name: z.string(), expiration, metadata }).meta({ id: "KvKey" })),
  cursor: z.string().nullable().meta({ description: "For the next page; null when there is none." }),
}).meta({ id: "KvKeyPage" });

/** A page of keys. */
export type KvKeys = z.infer<typeof kvKeysSchema>;

/** A change of one key. */
export const kvKeyChangeSchema = z.object({ namespace: z.string(), key: z.string() }).meta({ id: "KvKeyChange" });

const seconds = z.int("expected a whole number of seconds").optional();

/** Entries to put, as wrangler's files have them. */
export const kvBulkPutSchema = z.array(
  z.strictObject({
    key: z.string("expected text"),
    value: z.string("expected text"),
    base64: z.boolean("expected true or false").optional().meta({
      description: "Whether `value` is base64, for values that are no text.",
    }),
    expiration: seconds.meta({ description: "Seconds since the epoch." }),
    expiration_ttl: seconds.meta({ description: "Seconds from now." }),
    metadata: z.unknown().optional(),
  }, "expected an object with key and value"),
  "expected a list of entries",
).meta({ id: "KvBulkPut", examples: [[{ key: "greeting", value: "hello", expiration_ttl: 3600 }]] });

/** Entries to put. */
export type KvBulkPut = z.input<typeof kvBulkPutSchema>;

/** Keys of a bulk. */
export const kvKeyListSchema = z.array(z.string("expected the name of a key"), "expected a list of keys")
  .meta({ id: "KvKeyNames", examples: [["greeting"]] });

/** What came of a bulk. */
export const kvBulkSchema = z.object({
  done: z.number().meta({ description: "Keys that went well." }),
  failed: z.array(z.object({ key: z.string(), error: z.string() })).meta({
    description: "The others, which have changed nothing.",
  }),
}).meta({ id: "KvBulkOutcome" });

/** What came of a bulk. */
export type KvBulk = z.infer<typeof kvBulkSchema>;

/** Values by key. */
export const kvValuesSchema = z.object({
  values: z.array(
    z.object({
      key: z.string(),
      value: z.string().nullable().meta({ description: "Null when there is no such key." }),
      base64: z.boolean().meta({ description: "Whether `value` is base64, as its bytes are no text." }),
    }),
  ),
}).meta({ id: "KvValues" });

/** Values by key. */
export type KvValues = z.infer<typeof kvValuesSchema>;
