/** Routes of the R2 buckets: list, objects. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { NanoError, type R2ObjectView } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import {
  r2BucketsSchema,
  type R2ObjectAnswer,
  r2ObjectChangeSchema,
  r2ObjectSchema,
  r2ObjectsSchema,
} from "../schemas/r2_schemas.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { bytes, givenNumber, givenText, json, problems, wholeNumberQuery } from "./route_parts.ts";

const TAGS = ["R2"];
const MAX_LISTED = 1000;

const inBucket = z.object({ bucket: z.string().meta({ examples: ["files"] }) });
const ofKey = inBucket.extend({ key: z.string().meta({ description: "URI-encoded.", examples: ["logo.png"] }) });
const optional = (description: string) => z.string().optional().meta({ description });

const list = createRoute({
  method: "get",
  path: "/admin/r2",
  operationId: "listBuckets",
  summary: "List the R2 buckets, who uses them and what they hold",
  tags: TAGS,
  responses: { 200: json(r2BucketsSchema, "Sorted by name"), ...problems },
});

const objects = createRoute({
  method: "get",
  path: "/admin/r2/{bucket}/objects",
  operationId: "listObjects",
  summary: "List the objects of a bucket, in the order of their keys' bytes",
  tags: TAGS,
  request: {
    params: inBucket,
    query: z.object({
      prefix: optional("Only keys that begin with it."),
      delimiter: optional("Keys with it behind the prefix are told as one."),
      cursor: optional("Of the page before."),
      limit: wholeNumberQuery(1, MAX_LISTED, `At most so many. Default: ${MAX_LISTED}.`),
    }),
  },
  responses: { 200: json(r2ObjectsSchema, "The objects"), ...problems },
});

const head = createRoute({
  method: "get",
  path: "/admin/r2/{bucket}/objects/{key}/metadata",
  operationId: "getObjectMetadata",
  summary: "Show an object without its bytes",
  tags: TAGS,
  request: { params: ofKey },
  responses: { 200: json(r2ObjectSchema, "The object"), ...problems },
});

const get = createRoute({
  method: "get",
  path: "/admin/r2/{bucket}/objects/{key}",
  operationId: "getObject",
  summary: "Get an object as it is",
  tags: TAGS,
  request: { params: ofKey },
  responses: { 200: bytes("The object"), ...problems },
});

const put = createRoute({
  method: "put",
  path: "/admin/r2/{bucket}/objects/{key}",
  operationId: "putObject",
  summary: "Put an object: the body as it is, streamed to the disk",
  tags: TAGS,
  request: {
    params: ofKey,
    query: z.object({
      content_type: optional("Kept beside it."),
      cache_control: optional("Kept beside it."),
    }),
    body: { required: true, content: bytes("The object").content },
  },
  responses: { 200: json(r2ObjectSchema, "It is on the disk"), ...problems },
});

const remove = createRoute({
  method: "delete",
  path: "/admin/r2/{bucket}/objects/{key}",
  operationId: "deleteObject",
  summary: "Delete an object; one that does not exist is no mistake",
  tags: TAGS,
  request: { params: ofKey },
  responses: { 200: json(r2ObjectChangeSchema, "It is gone"), ...problems },
});

/** The routes of the buckets. */
export function r2Routes({ target }: ApiParts) {
  const r2 = () => target.operations.data.r2;
  return new OpenAPIHono<AdminEnv>()
    .openapi(list, async (context) => {
      const buckets = (await r2().list()).map(({ name, uses, bytes, maxBytes, objects, hasMoreObjects }) => ({
        name,
        uses: [...uses],
        bytes,
        max_bytes: maxBytes,
        objects,
        has_more_objects: hasMoreObjects,
      }));
      return context.json({ buckets }, 200);
    })
    .openapi(objects, async (context) => {
      const { prefix = "", delimiter, cursor, limit } = context.req.valid("query");
      const page = await r2().objects(context.req.valid("param").bucket, {
        prefix,
        delimiter: givenText(delimiter),
        cursor: givenText(cursor),
        limit: givenNumber(limit, MAX_LISTED),
      });
      return context.json(
        { objects: page.objects.map(shownObject), prefixes: [...page.prefixes], cursor: page.cursor },
        200,
      );
    })
    .openapi(head, async (context) => {
      const { bucket, key } = context.req.valid("param");
      const object = await r2().head(bucket, key);
      if (object === null) throw noObject("show", bucket, key);
      return context.json(shownObject(object), 200);
    })
    .openapi(get, async (context) => {
      const { bucket, key } = context.req.valid("param");
      const found = await r2().get(bucket, key, context.req.raw.signal);
      if (found === null) throw noObject("get", bucket, key);
      const headers = {
        "content-type": "application/octet-stream",
        // An object is whatever an app has put there: no page of the admin listener.
        "content-disposition": "attachment",
        "content-length": String(found.object.size),
        etag: `"${found.object.etag}"`,
      };
      return new Response(found.body as BodyInit, { headers });
    })
    .openapi(put, async (context) => {
      const { bucket, key } = context.req.valid("param");
      const { content_type, cache_control } = context.req.valid("query");
      const { body, headers } = context.req.raw;
      const length = headers.get("content-length");
      const [contentType, cacheControl] = [givenText(content_type), givenText(cache_control)];
      try {
        const object = await r2().put(bucket, {
          key,
          body: body ?? new Blob([]).stream(),
          size: body === null ? 0 : length === null ? null : Number(length),
          http: {
            ...contentType === null ? {} : { contentType },
            ...cacheControl === null ? {} : { cacheControl },
          },
        }, changeOf(context));
        return context.json(shownObject(object), 200);
      } finally {
        // Refused before it was read: whoever sends it need not go on.
        if (body !== null && !body.locked) await body.cancel();
      }
    })
    .openapi(remove, async (context) => {
      const { bucket, key } = context.req.valid("param");
      await r2().delete(bucket, [key], changeOf(context));
      return context.json({ bucket, key }, 200);
    });
}

function noObject(verb: string, bucket: string, key: string): NanoError {
  return new NanoError("NOT_FOUND", `Cannot ${verb} "${key}" of R2 bucket "${bucket}": there is no such object`);
}

function shownObject({ key, size, etag, uploaded, storageClass, http, custom }: R2ObjectView): R2ObjectAnswer {
  return {
    key,
    size,
    etag,
    uploaded: new Date(uploaded).toISOString(),
    storage_class: storageClass,
    http_metadata: { ...http },
    custom_metadata: { ...custom },
  };
}
