/** An R2 bucket as the app holds it, by the interface that Workers know. */
import { bare } from "../../protocol/bare.ts";
import type { BindingPort, CallAnswer, CallBody } from "../../protocol/binding_call.ts";
import { knownLength } from "../../protocol/stream_lengths.ts";
import {
  apply,
  bytesLength,
  defineMember,
  encodeText,
  isArray,
  NativeError,
  NativeNumber,
  NativeRangeError,
  NativeResponse,
  NativeTypeError,
  stringify,
  trunc,
  uncurry,
} from "../../protocol/primordials.ts";
import {
  objectsOf,
  parsedEntries,
  parsedEntry,
  R2Object,
  R2ObjectBody,
  rangeFrom,
  textListOf,
} from "./isolate_object.ts";
import { checksumOf, conditionOf, membersOf, metadataOf, objectRangeOf, textOrNull } from "./isolate_options.ts";
import { missingParameter, wellFormedText } from "../../protocol/parameters.ts";
import { bytesOrNull } from "../../protocol/views.ts";

const OWNER = "R2Bucket";
const VALUE_TYPES = "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob";
const responseText = uncurry(Response.prototype.text);
/** Longer texts go as bytes, which are streamed when they are many. */
const WHOLE_CHARS = 64 * 1024;
/** No longer key is known to the host, and what it is told is bounded. */
const MAX_KEY_CHARS = 1024;
/** The host counts all of the metadata; this much is no metadata by any count. */
const MAX_OPTIONS_CHARS = 128 * 1024;
const MAX_PARTS = 10_000;

/** A value on its way to the host. */
interface Value {
  readonly body: CallBody;
  /** Of a stream. */
  readonly length: number | null;
}

/** Named as on Workers; an app gets one and makes none. */
class R2Bucket {
  readonly #port: BindingPort;

  constructor(port: BindingPort) {
    this.#port = port;
  }

  /** What is known of an object, or null. */
  async head(key: unknown): Promise<R2Object | null> {
    if (arguments.length < 1) throw missingParameter(1, bare({ method: "head", owner: OWNER, type: "string" }));
    const { values } = await this.#port.call("head", [keyOf("head", key)]);
    return values[0] === null ? null : new R2Object(parsedEntry(values[0]), null);
  }

  /** An object with its body, without one when `onlyIf` does not hold, or null. */
  async get(key: unknown, options?: unknown): Promise<R2Object | null> {
    if (arguments.length < 1) throw missingParameter(1, bare({ method: "get", owner: OWNER, type: "string" }));
    const { onlyIf, range, ssecKey } = membersOf(options);
    if (ssecKey !== undefined && ssecKey !== null) metadataOf(bare({ ssecKey }));
    const asked = stringify(bare({ condition: conditionOf(onlyIf), range: objectRangeOf(range) }));
    const { values, body } = await this.#port.call("get", [keyOf("get", key), shortEnough("get", asked)]);
    if (values.length === 0) return null;
    const entry = parsedEntry(values[0]);
    return values.length === 1
      ? new R2Object(entry, null)
      : new R2ObjectBody(entry, rangeFrom(values[1], values[2]), body);
  }

  /** Keeps an object; null when `onlyIf` does not hold. */
  async put(key: unknown, value: unknown, options?: unknown): Promise<R2Object | null> {
    if (arguments.length < 1) throw missingParameter(1, bare({ method: "put", owner: OWNER, type: "string" }));
    if (arguments.length < 2) throw missingParameter(2, bare({ method: "put", owner: OWNER, type: VALUE_TYPES }));
    const given = membersOf(options);
    const told = metadataOf(given);
    told["condition"] = conditionOf(given["onlyIf"]);
    told["checksum"] = checksumOf(given);
    const { body, length } = valueOf("put", "R2Bucket", value);
    const args = [keyOf("put", key), shortEnough("put", stringify(told)), length];
    const { values } = await this.#port.call("put", args, bare({ body }));
    return values[0] === null ? null : new R2Object(parsedEntry(values[0]), null);
  }

  /** Forgets an object, or each of a list. */
  async delete(keys: unknown): Promise<void> {
    if (arguments.length < 1) {
      throw missingParameter(1, bare({ method: "delete", owner: OWNER, type: "string or Array" }));
    }
    const list: string[] = [];
    if (!isArray(keys)) defineMember(list, 0, keyOf("delete", keys), true);
    else for (let at = 0; at < keys.length; at++) defineMember(list, at, keyOf("delete", keys[at]), true);
    await this.#port.call("delete", [], bare({ body: textBody(stringify(list)) }));
  }

  /** A page of objects in the order of the UTF-8 bytes of their keys. */
  async list(options?: unknown): Promise<unknown> {
    const { prefix, delimiter, cursor, startAfter, limit, include } = membersOf(options);
    const asked = bare({
      prefix: textOrNull(prefix) ?? "",
      delimiter: textOrNull(delimiter),
      // An empty one is that of no page before.
      cursor: textOrNull(cursor) || null,
      startAfter: textOrNull(startAfter),
      limit: limit === undefined || limit === null ? null : NativeNumber(limit),
      withHttp: includes(include, "httpMetadata"),
      withCustom: includes(include, "customMetadata"),
    });
    const { values, body } = await this.#port.call("list", [shortEnough("list", stringify(asked))]);
    const objects = objectsOf(parsedEntries(await allText(body)));
    const delimitedPrefixes = textListOf(values[1]);
    return values[0] === null
      ? { objects, truncated: false, delimitedPrefixes }
      : { objects, truncated: true, cursor: values[0], delimitedPrefixes };
  }

  /** Begins an upload of several parts. */
  async createMultipartUpload(key: unknown, options?: unknown): Promise<R2MultipartUpload> {
    if (arguments.length < 1) {
      throw missingParameter(1, bare({ method: "createMultipartUpload", owner: OWNER, type: "string" }));
    }
    const name = wellFormedText(key);
    const told = shortEnough("createMultipartUpload", stringify(metadataOf(membersOf(options))));
    const { values } = await this.#port.call("createMultipartUpload", [keyOf("createMultipartUpload", name), told]);
    return new R2MultipartUpload(this.#port, name, values[0] as string);
  }

  /** Goes on with one; whether there is such an upload shows at its next call. */
  resumeMultipartUpload(key: unknown, uploadId: unknown): R2MultipartUpload {
    const given = arguments.length;
    if (given < 2) {
      throw missingParameter(given + 1, bare({ method: "resumeMultipartUpload", owner: OWNER, type: "string" }));
    }
    return new R2MultipartUpload(this.#port, wellFormedText(key), wellFormedText(uploadId));
  }
}

/** An upload of several parts. */
class R2MultipartUpload {
  readonly #port: BindingPort;
  readonly #key: string;
  readonly #id: string;

  constructor(port: BindingPort, key: string, uploadId: string) {
    this.#port = port;
    this.#key = key;
    this.#id = uploadId;
    defineMember(this, "key", key, true);
    defineMember(this, "uploadId", uploadId, true);
  }

  /** Sends a part; one of the same number is replaced. */
  async uploadPart(partNumber: unknown, value: unknown, options?: unknown): Promise<unknown> {
    const number = partNumberOf(partNumber);
    // Of a part, nothing is no value.
    if (value === undefined || value === null) {
      throw missingParameter(2, bare({ method: "uploadPart", owner: "R2MultipartUpload", type: VALUE_TYPES }));
    }
    metadataOf(bare({ ssecKey: membersOf(options)["ssecKey"] }));
    const { body, length } = valueOf("uploadPart", "R2MultipartUpload", value);
    const args = [keyOf("uploadPart", this.#key), this.#id, number, length];
    const { values } = await this.#port.call("uploadPart", args, bare({ body }));
    return { partNumber: number, etag: values[0] };
  }

  /** Makes the object of the parts that are named. */
  async complete(uploadedParts: unknown): Promise<R2Object> {
    const parts: object[] = [];
    const given = uploadedParts as { readonly partNumber: unknown; readonly etag: unknown }[];
    if (!isArray(given)) {
      throw new NativeTypeError(
        "Failed to execute 'complete' on 'R2MultipartUpload': parameter 1 is not of type 'Array'.",
      );
    }
    if (given.length > MAX_PARTS) {
      throw new NativeTypeError(`An upload has at most ${MAX_PARTS} parts. Actual value was: ${given.length}`);
    }
    for (let at = 0; at < given.length; at++) {
      const { partNumber, etag } = given[at]!;
      defineMember(parts, at, bare({ partNumber: partNumberOf(partNumber), etag: wellFormedText(etag) }), true);
    }
    const body = textBody(stringify(parts));
    const args = [keyOf("completeMultipartUpload", this.#key), this.#id];
    const { values } = await this.#port.call("completeMultipartUpload", args, bare({ body }));
    return new R2Object(parsedEntry(values[0]), null);
  }

  /** Forgets the upload and its parts. */
  async abort(): Promise<void> {
    await this.#port.call("abortMultipartUpload", [keyOf("abortMultipartUpload", this.#key), this.#id]);
  }
}

/** Makes the binding. */
export function createR2(port: BindingPort): unknown {
  return new R2Bucket(port);
}

function keyOf(action: string, key: unknown): string {
  const text = wellFormedText(key);
  if (text.length > MAX_KEY_CHARS) throw new NativeError(`${action}: The specified object name is not valid. (10020)`);
  return text;
}

function shortEnough(action: string, told: string): string {
  if (told.length <= MAX_OPTIONS_CHARS) return told;
  throw new NativeError(`${action}: Your metadata headers exceed the maximum allowed metadata size. (10012)`);
}

function partNumberOf(value: unknown): number {
  const number = trunc(NativeNumber(value));
  if (!(number >= 1 && number <= MAX_PARTS)) {
    throw new NativeTypeError(
      `Part number must be between 1 and ${MAX_PARTS} (inclusive). Actual value was: ${number}`,
    );
  }
  return number;
}

function includes(include: unknown, wanted: string): boolean {
  if (include === undefined || include === null) return false;
  const list = include as unknown[];
  let found = false;
  for (let at = 0; at < list.length; at++) {
    if (list[at] === wanted) found = true;
    else if (list[at] !== "httpMetadata" && list[at] !== "customMetadata") {
      throw new NativeRangeError(`Unsupported include value ${wellFormedText(list[at])}`);
    }
  }
  return found;
}

function textBody(text: string): CallBody {
  return text.length <= WHOLE_CHARS ? text : encodeText(text);
}

function valueOf(method: string, owner: string, value: unknown): Value {
  if (value === null || value === undefined) return { body: null, length: null };
  if (typeof value === "string" && value.length <= WHOLE_CHARS) return { body: value, length: null };
  const bytes = typeof value === "string" ? encodeText(value) : bytesOrNull(value);
  if (bytes !== null) return { body: bytes, length: bytesLength(bytes) };
  const { getReader, stream, size } = value as { getReader?: unknown; stream?: () => ReadableStream; size?: unknown };
  if (typeof getReader === "function") {
    return { body: value as ReadableStream, length: lengthOf(value as ReadableStream) };
  }
  // A Blob, by what makes one.
  if (typeof stream === "function" && typeof size === "number") {
    return { body: apply(stream, value, []), length: size };
  }
  throw missingParameter(2, bare({ method, owner, type: VALUE_TYPES }));
}

function lengthOf(stream: ReadableStream): number {
  const length = knownLength(stream);
  if (length !== null) return length;
  throw new NativeTypeError(
    "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)",
  );
}

async function allText(body: CallAnswer["body"]): Promise<string> {
  return typeof body === "string" ? body : await responseText(new NativeResponse(body as BodyInit));
}
