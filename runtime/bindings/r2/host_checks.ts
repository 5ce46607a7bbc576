/** What an isolate says to a bucket, checked: R2's own rules, and that it is what it ought to be. */
import { z } from "zod";
import type { DigestName } from "../../data/file_messages.ts";
import type { R2Condition, R2Range } from "../../data/r2_condition.ts";
import { r2Error } from "../../data/r2_error.ts";
import type { KeptMetadata } from "../../data/r2_facts.ts";
import type { R2ListOptions } from "../../data/r2_listing.ts";
import type { SentPart } from "../../data/r2_parts.ts";
import type { PutOptions } from "../../data/r2_store.ts";
import { BindingError } from "../../protocol/binding_call.ts";

// https://developers.cloudflare.com/r2/platform/limits/
/** Of what is put at once, and of a part: 5 GiB without 5 MiB. */
export const MAX_OBJECT_BYTES = 5 * 1024 ** 3 - 5 * 1024 ** 2;
const MAX_KEY_BYTES = 1024;
const MAX_METADATA_BYTES = 8192;
const MAX_LISTED = 1000;
const MAX_DELETED = 1000;
const MAX_PARTS = 10_000;

const encoder = new TextEncoder();

const wholeNumber = z.number().int().nonnegative();
const etags = z.array(z.union([z.literal("*"), z.strictObject({ value: z.string(), weak: z.boolean() })]));
const condition = z.strictObject({
  matches: etags.optional(),
  differs: etags.optional(),
  before: z.number().optional(),
  after: z.number().optional(),
  inSeconds: z.boolean().optional(),
});
const range = z.union([
  z.strictObject({ offset: wholeNumber.optional(), length: wholeNumber.optional() }),
  z.strictObject({ suffix: wholeNumber }),
  z.strictObject({ header: z.string() }),
]);
const getSchema = z.strictObject({ condition: condition.nullable(), range: range.nullable() });
const http = z.strictObject({
  contentType: z.string().optional(),
  contentLanguage: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentEncoding: z.string().optional(),
  cacheControl: z.string().optional(),
  cacheExpiry: z.number().optional(),
});
const metadata = { http, custom: z.record(z.string(), z.string()), storageClass: z.string() };
const putSchema = z.strictObject({
  ...metadata,
  condition: condition.nullable(),
  checksum: z.tuple([z.enum(["md5", "sha1", "sha256", "sha384", "sha512"]), z.string()]).nullable(),
});
const listSchema = z.strictObject({
  prefix: z.string(),
  delimiter: z.string().nullable(),
  startAfter: z.string().nullable(),
  cursor: z.string().nullable(),
  limit: z.number().nullable(),
  withHttp: z.boolean(),
  withCustom: z.boolean(),
});
const partsSchema = z.array(z.strictObject({ partNumber: wholeNumber, etag: z.string() })).max(MAX_PARTS);

/** What is kept with an object, as an isolate tells it. */
export type GivenMetadata = z.infer<z.ZodObject<typeof metadata>>;

/** A text of JSON, or null; no isolate of NANO's sends another. */
export function parsed(value: unknown): unknown {
  try {
    return JSON.parse(value as string);
  } catch {
    throw new BindingError("Cannot call an R2 bucket: what it is told is no JSON", { name: "TypeError" });
  }
}

function fits<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const { success, data } = schema.safeParse(value);
  if (!success) throw new BindingError("Cannot call an R2 bucket: it is told nonsense", { name: "TypeError" });
  return data;
}

/** A key that objects may have. */
export function checkedKey(action: string, key: unknown): string {
  if (typeof key !== "string" || key === "" || encoder.encode(key).byteLength > MAX_KEY_BYTES) {
    throw r2Error(action, "invalidObjectName");
  }
  return key;
}

/** What a get asks for. */
export function getOptions(value: unknown): { condition: R2Condition | null; range: R2Range | null } {
  return fits(getSchema, value) as { condition: R2Condition | null; range: R2Range | null };
}

/** What a put says beside its bytes. */
export function putOptions(value: unknown): Omit<PutOptions, "size" | "maxBytes" | "signal"> {
  const { condition, checksum, ...given } = fits(putSchema, value);
  return {
    ...keptMetadata("put", given),
    condition: condition as R2Condition | null,
    checksums: new Map<DigestName, string>(checksum === null ? [] : [checksum]),
  };
}

/** What is kept with an object; nobody but this function writes JSON that is passed on unread. */
export function keptMetadata(action: string, value: GivenMetadata): KeptMetadata {
  const { http, custom, storageClass } = fits(z.object(metadata), value);
  const sizes = [custom, http].map((texts) =>
    Object.entries(texts).reduce((sum, [name, text]) => sum + sizeOf(name) + sizeOf(String(text)), 0)
  );
  if (sizes.some((size) => size > MAX_METADATA_BYTES)) throw r2Error(action, "metadataTooLarge");
  if (storageClass !== "Standard" && storageClass !== "InfrequentAccess") {
    throw r2Error(action, "invalidArgument", `The storage class "${storageClass.slice(0, 100)}" is not valid.`);
  }
  return { http: JSON.stringify(http), custom: JSON.stringify(custom), storageClass };
}

/** As R2 counts: a byte a character, or two where one is beyond Latin-1. */
function sizeOf(text: string): number {
  // deno-lint-ignore no-control-regex -- all that Latin-1 has
  return /^[\x00-\xff]*$/.test(text) ? text.length : 2 * text.length;
}

/** What a list asks for. */
export function listOptions(value: unknown): R2ListOptions {
  const { limit, cursor, ...given } = fits(listSchema, value);
  const wanted = limit ?? MAX_LISTED;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > MAX_LISTED) throw r2Error("list", "invalidMaxKeys");
  for (const text of [given.prefix, given.delimiter, given.startAfter]) {
    if (text !== null && encoder.encode(text).byteLength > MAX_KEY_BYTES) throw r2Error("list", "invalidObjectName");
  }
  if (cursor !== null && !(cursor.length <= 2 * MAX_KEY_BYTES + 2 && /^(?:[0-9a-f]{2})+$/.test(cursor))) {
    throw r2Error("list", "invalidArgument", "The cursor is not valid.");
  }
  // A delimiter of no character delimits nothing.
  return { ...given, delimiter: given.delimiter === "" ? null : given.delimiter, cursor, limit: wanted };
}

/** Keys to delete. */
export function sentKeys(value: unknown): readonly string[] {
  const keys = fits(z.array(z.string()), value);
  if (keys.length > MAX_DELETED) {
    throw r2Error("delete", "invalidArgument", `You can delete at most ${MAX_DELETED} keys at once.`);
  }
  return keys;
}

/** Parts to make an object of. */
export function sentParts(value: unknown): readonly SentPart[] {
  return fits(partsSchema, value);
}
