/** Routes of the KV namespaces: list, keys, values, bulks. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { type KvPut, NanoError } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { asciiJson } from "../schemas/ascii_json.ts";
import {
  kvBulkPutSchema,
  kvBulkSchema,
  kvKeyChangeSchema,
  kvKeyListSchema,
  kvKeysSchema,
  kvNamespacesSchema,
  kvValuesSchema,
} from "../schemas/kv_schemas.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { bytes, givenNumber, json, jsonContent, problems, wholeNumberQuery } from "./route_parts.ts";

const TAGS = ["KV"];
const MAX_LISTED = 1000;
/** JSON of what stands beside a value; the body is the value. */
export const METADATA_HEADER = "nano-kv-metadata";
/** Seconds since the epoch. */
export const EXPIRATION_HEADER = "nano-kv-expiration";

const inNamespace = z.object({ namespace: z.string().meta({ examples: ["cache"] }) });
const ofKey = inNamespace.extend({ key: z.string().meta({ description: "URI-encoded.", examples: ["greeting"] }) });
const optional = (description: string) => z.string().optional().meta({ description });

const list = createRoute({
  method: "get",
  path: "/admin/kv",
  operationId: "listKvNamespaces",
  summary: "List the KV namespaces, who uses them and what they hold",
  tags: TAGS,
  responses: { 200: json(kvNamespacesSchema, "Sorted by name"), ...problems },
});

const keys = createRoute({
  method: "get",
  path: "/admin/kv/{namespace}/keys",
  operationId: "listKvKeys",
  summary: "List the keys of a namespace, in the order of their bytes",
  tags: TAGS,
  request: {
    params: inNamespace,
    query: z.object({
      prefix: optional("Only keys that begin with it."),
      cursor: optional("Of the page before."),
      limit: wholeNumberQuery(1, MAX_LISTED, `At most so many. Default: ${MAX_LISTED}.`),
    }),
  },
  responses: { 200: json(kvKeysSchema, "The keys"), ...problems },
});

const get = createRoute({
  method: "get",
  path: "/admin/kv/{namespace}/values/{key}",
  operationId: "getKvValue",
  summary: "Get a value as it is",
  tags: TAGS,
  request: { params: ofKey },
  responses: {
    200: {
      ...bytes("The value"),
      headers: z.object({
        [METADATA_HEADER]: z.string().optional().meta({ description: "JSON, in ASCII." }),
        [EXPIRATION_HEADER]: z.string().optional().meta({ description: "Seconds since the epoch." }),
      }),
    },
    ...problems,
  },
});

const put = createRoute({
  method: "put",
  path: "/admin/kv/{namespace}/values/{key}",
  operationId: "putKvValue",
  summary: "Put a value: the body as it is, of any type",
  tags: TAGS,
  request: {
    params: ofKey,
    query: z.object({
      expiration: wholeNumberQuery(0, Number.MAX_SAFE_INTEGER, "When it ends, in seconds since the epoch."),
      expiration_ttl: wholeNumberQuery(0, Number.MAX_SAFE_INTEGER, "The same in seconds from now; at least 60."),
      metadata: optional("JSON to keep beside it."),
    }),
    body: { required: true, content: bytes("The value").content },
  },
  responses: { 200: json(kvKeyChangeSchema, "It is on the disk"), ...problems },
});

const remove = createRoute({
  method: "delete",
  path: "/admin/kv/{namespace}/values/{key}",
  operationId: "deleteKvValue",
  summary: "Delete a key; one that does not exist is no mistake",
  tags: TAGS,
  request: { params: ofKey },
  responses: { 200: json(kvKeyChangeSchema, "It is gone"), ...problems },
});

const putBulk = createRoute({
  method: "put",
  path: "/admin/kv/{namespace}/bulk",
  operationId: "putKvBulk",
  summary: "Put many values, up to 10,000 in 40 MiB of JSON",
  tags: TAGS,
  request: { params: inNamespace, body: jsonContent(kvBulkPutSchema) },
  responses: { 200: json(kvBulkSchema, "How many are on the disk, and what was refused"), ...problems },
});

const getBulk = createRoute({
  method: "post",
  path: "/admin/kv/{namespace}/bulk/get",
  operationId: "getKvBulk",
  summary: "Get up to 100 values",
  tags: TAGS,
  request: { params: inNamespace, body: jsonContent(kvKeyListSchema) },
  responses: { 200: json(kvValuesSchema, "In the order of the keys"), ...problems },
});

const deleteBulk = createRoute({
  method: "post",
  path: "/admin/kv/{namespace}/bulk/delete",
  operationId: "deleteKvBulk",
  summary: "Delete up to 10,000 keys",
  tags: TAGS,
  request: { params: inNamespace, body: jsonContent(kvKeyListSchema) },
  responses: { 200: json(kvBulkSchema, "They are gone"), ...problems },
});

/** The routes of the namespaces. */
export function kvRoutes({ target }: ApiParts) {
  const kv = () => target.operations.data.kv;
  return new OpenAPIHono<AdminEnv>()
    .openapi(list, async (context) => {
      const namespaces = (await kv().list()).map(({ name, uses, bytes, maxBytes, keys, hasMoreKeys }) => ({
        name,
        uses: [...uses],
        bytes,
        max_bytes: maxBytes,
        keys,
        has_more_keys: hasMoreKeys,
      }));
      return context.json({ namespaces }, 200);
    })
    .openapi(keys, async (context) => {
      const { prefix = "", cursor, limit } = context.req.valid("query");
      const page = await kv().keys(context.req.valid("param").namespace, {
        prefix,
        cursor: cursor === undefined || cursor === "" ? null : cursor,
        limit: givenNumber(limit, MAX_LISTED),
      });
      const shown = page.keys.map(({ name, expiration, metadata }) => ({
        name,
        expiration,
        metadata: metadata === null ? null : JSON.parse(metadata) as unknown,
      }));
      return context.json({ keys: shown, cursor: page.cursor }, 200);
    })
    .openapi(get, async (context) => {
      const { namespace, key } = context.req.valid("param");
      const found = await kv().get(namespace, key);
      if (found === null) {
        throw new NanoError("NOT_FOUND", `Cannot get "${key}" of KV namespace "${namespace}": there is no such key`);
      }
      const headers = new Headers({
        "content-type": "application/octet-stream",
        // A value is whatever an app has put there: no page of the admin listener.
        "content-disposition": "attachment",
      });
      if (found.metadata !== null) headers.set(METADATA_HEADER, asciiJson(found.metadata));
      if (found.expiration !== null) headers.set(EXPIRATION_HEADER, String(found.expiration));
      return new Response(found.body as BodyInit, { headers });
    })
    .openapi(put, async (context) => {
      const { namespace, key } = context.req.valid("param");
      const { expiration, expiration_ttl, metadata } = context.req.valid("query");
      const { body } = context.req.raw;
      const value = body ?? new Uint8Array();
      try {
        await kv().put(namespace, {
          key,
          value,
          expiration: givenNumber(expiration, null),
          expirationTtl: givenNumber(expiration_ttl, null),
          metadata: metadata === undefined || metadata === "" ? null : metadata,
        }, changeOf(context));
      } finally {
        // Refused before it was read: whoever sends it need not go on.
        if (body !== null && !body.locked) await body.cancel();
      }
      return context.json({ namespace, key }, 200);
    })
    .openapi(remove, async (context) => {
      const { namespace, key } = context.req.valid("param");
      await kv().delete(namespace, [key], changeOf(context));
      return context.json({ namespace, key }, 200);
    })
    .openapi(putBulk, async (context) => {
      const entries = context.req.valid("json").map(putOf);
      const { done, failed } = await kv().putMany(context.req.valid("param").namespace, entries, changeOf(context));
      return context.json({ done, failed: [...failed] }, 200);
    })
    .openapi(getBulk, async (context) => {
      const found = await kv().getMany(context.req.valid("param").namespace, context.req.valid("json"));
      const values = [...found].map(([key, value]) => ({ key, ...shownValue(value) }));
      return context.json({ values }, 200);
    })
    .openapi(deleteBulk, async (context) => {
      const names = context.req.valid("json");
      await kv().delete(context.req.valid("param").namespace, names, changeOf(context));
      return context.json({ done: names.length, failed: [] }, 200);
    });
}

function putOf(
  { key, value, base64, expiration, expiration_ttl, metadata }: z.infer<typeof kvBulkPutSchema>[number],
): KvPut {
  return {
    key,
    value: base64 === true ? decoded(key, value) : new TextEncoder().encode(value),
    expiration: expiration ?? null,
    expirationTtl: expiration_ttl ?? null,
    metadata: metadata === undefined || metadata === null ? null : JSON.stringify(metadata),
  };
}

function decoded(key: string, text: string): Uint8Array {
  try {
    return (Uint8Array as unknown as { fromBase64(text: string): Uint8Array }).fromBase64(text);
  } catch (cause) {
    throw new NanoError("USAGE", `Cannot put "${key}": its value is no base64`, { cause });
  }
}

function shownValue(value: Uint8Array | null): { value: string | null; base64: boolean } {
  if (value === null) return { value: null, base64: false };
  try {
    return { value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value), base64: false };
  } catch {
    return { value: (value as Uint8Array & { toBase64(): string }).toBase64(), base64: true };
  }
}
