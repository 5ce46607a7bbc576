/** A KV namespace as the app holds it, by the interface that Workers know. */
import { bare } from "../../protocol/bare.ts";
import {
  bufferLength,
  bytesBuffer,
  bytesLength,
  decoderDecode,
  defineMember,
  encodeText,
  global,
  isArray,
  isUint8Array,
  NativeArrayBuffer,
  NativeError,
  NativeNumber,
  NativeResponse,
  NativeString,
  NativeTextDecoder,
  NativeTypeError,
  NativeUint8Array,
  stringify,
  stringToWellFormed,
  uncurry,
} from "../../protocol/primordials.ts";
import { bytesOfView, isView } from "../../protocol/views.ts";
import type { BindingPort, CallAnswer, CallBody, Plain } from "../../protocol/binding_call.ts";

/** What a value is read as. */
type ValueType = "text" | "json" | "arrayBuffer" | "stream";

const NativeMap = Map;
const decoder = new NativeTextDecoder();
const parse = JSON.parse as (text: string) => unknown;
const isArrayBuffer = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;
const responseBuffer = uncurry(Response.prototype.arrayBuffer);
const responseText = uncurry(Response.prototype.text);
const setOfMap = uncurry(Map.prototype.set);

/** Longer texts go as bytes, which are streamed when they are many. */
const WHOLE_CHARS = 64 * 1024;
// https://developers.cloudflare.com/kv/api/read-key-value-pairs/#cachettl-parameter
const MIN_CACHE_TTL_SECONDS = 30;

/** Named as on Workers; an app gets one and makes none. */
class KvNamespace {
  readonly #port: BindingPort;

  constructor(port: BindingPort) {
    this.#port = port;
  }

  /** The value of a key as text unless another type is named, or null; of a list of keys a Map. */
  async get(key: unknown, options?: unknown): Promise<unknown> {
    const type = typeOf(options);
    if (isArray(key)) return await getMany(this.#port, key, type, false);
    checkCacheTtl(options);
    const { values, body } = await this.#port.call("get", [nameOf(key)]);
    return values.length === 0 ? null : await valueOf(body, type);
  }

  /** The same with the metadata of the key. */
  async getWithMetadata(key: unknown, options?: unknown): Promise<unknown> {
    const type = typeOf(options);
    if (isArray(key)) return await getMany(this.#port, key, type, true);
    checkCacheTtl(options);
    const { values, body } = await this.#port.call("get", [nameOf(key)]);
    if (values.length === 0) return { value: null, metadata: null, cacheStatus: null };
    return { value: await valueOf(body, type), metadata: metadataOf(values[0]), cacheStatus: null };
  }

  /** Keeps a value; what is neither bytes nor a stream nor another object is kept as its text. */
  async put(key: unknown, ...given: readonly unknown[]): Promise<void> {
    if (given.length === 0) {
      const text = "Failed to execute 'put' on 'KvNamespace': parameter 2 is not of type 'string or JsObject'.";
      throw new NativeTypeError(text);
    }
    const { expiration, expirationTtl, metadata } = membersOf(given[1]);
    const body = bodyOf(given[0]);
    // What has no length beforehand may be as long as a value may be.
    const length = isUint8Array(body) ? bytesLength(body) : null;
    const args = [nameOf(key), numberOf(expiration), numberOf(expirationTtl), jsonOf(metadata), length];
    await this.#port.call("put", args, bare({ body }));
  }

  /** Forgets a key, or each of a list. */
  async delete(key: unknown): Promise<void> {
    await this.#port.call("delete", isArray(key) ? namesOf(key) : [nameOf(key)]);
  }

  /** A page of keys in the order of their UTF-8 bytes. */
  async list(options?: unknown): Promise<unknown> {
    const { prefix, cursor, limit } = membersOf(options);
    const args = [textOrNull(prefix), textOrNull(cursor), numberOf(limit)];
    const { values, body } = await this.#port.call("list", args);
    const found = await valueOf(body, "json") as { name: string; expires: number | null; metadata: string | null }[];
    const keys: object[] = [];
    for (let at = 0; at < found.length; at++) {
      const { name, expires, metadata } = found[at]!;
      const key: Record<string, unknown> = { name };
      if (expires !== null) defineMember(key, "expiration", expires, true);
      if (metadata !== null) defineMember(key, "metadata", parse(metadata), true);
      defineMember(keys, at, key, true);
    }
    const next = values[0];
    return next === null
      ? { list_complete: true, keys, cacheStatus: null }
      : { list_complete: false, keys, cursor: next, cacheStatus: null };
  }
}

/** Makes the binding. */
export function createKv(port: BindingPort): unknown {
  return new KvNamespace(port);
}

async function getMany(port: BindingPort, keys: unknown[], type: ValueType, withMetadata: boolean): Promise<unknown> {
  if (type !== "text" && type !== "json") {
    throw new NativeError(`KV GET_BULK failed: 400 "${type}" is not a valid type. Use "json" or "text"`);
  }
  const names = namesOf(keys);
  if (names.length === 0) throw new NativeError("KV GET_BULK failed: 400 You must request a minimum of 1 key");
  const { values, body } = await port.call("getMany", names);
  const all = await valueOf(body, "arrayBuffer") as ArrayBuffer;
  const found = new NativeMap<string, unknown>();
  let from = 0;
  for (let at = 0; at < names.length; at++) {
    const length = values[2 * at] as number | null;
    const content = length === null ? null : decoderDecode(decoder, new NativeUint8Array(all, from, length));
    from += length ?? 0;
    const value = content === null || type === "text" ? content : jsonOfMany(content);
    const entry = withMetadata ? { value, metadata: metadataOf(values[2 * at + 1]) } : value;
    setOfMap(found, names[at], entry);
  }
  return found;
}

function jsonOfMany(content: string): unknown {
  try {
    return parse(content);
  } catch {
    const text = "At least one of the requested keys corresponds to a non-json value";
    throw new NativeError(`KV GET_BULK failed: 400 ${text}`);
  }
}

/** Changes nothing, as nothing is older than the last write; but a number that Workers refuse is refused. */
function checkCacheTtl(options: unknown): void {
  const ttl = typeof options === "string" ? undefined : numberOf(membersOf(options)["cacheTtl"]);
  if (ttl === undefined || ttl === null || ttl >= MIN_CACHE_TTL_SECONDS) return;
  const rule = `Cache TTL must be at least ${MIN_CACHE_TTL_SECONDS}.`;
  throw new NativeError(`KV GET failed: 400 Invalid cache_ttl of ${ttl}. ${rule}`);
}

/** As text that UTF-8 has. */
function nameOf(key: unknown): string {
  return stringToWellFormed(NativeString(key));
}

function namesOf(keys: unknown[]): string[] {
  const names: string[] = [];
  for (let at = 0; at < keys.length; at++) defineMember(names, at, nameOf(keys[at]), true);
  return names;
}

/** What is set, of options or of nothing. */
function membersOf(options: unknown): Record<string, unknown> {
  return options === undefined || options === null ? bare({}) : options as Record<string, unknown>;
}

function typeOf(options: unknown): ValueType {
  const type = typeof options === "string" ? options : membersOf(options)["type"] ?? "text";
  if (type === "text" || type === "json" || type === "arrayBuffer" || type === "stream") return type;
  throw new NativeTypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
}

/** NaN for what is no number, which the host refuses in its own words. */
function numberOf(value: unknown): number | null {
  return value === undefined || value === null ? null : NativeNumber(value);
}

function textOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : nameOf(value);
}

function jsonOf(metadata: unknown): string | null {
  if (metadata === undefined || metadata === null) return null;
  return stringify(metadata) ?? null;
}

function metadataOf(value: Plain | undefined): unknown {
  return typeof value === "string" ? parse(value) : null;
}

function bodyOf(value: unknown): CallBody {
  if (value === null || typeof value !== "object" && typeof value !== "function") {
    const text = NativeString(value);
    return text.length <= WHOLE_CHARS ? text : encodeText(text);
  }
  if (isView(value)) return bytesOfView(value);
  if (isArrayBuffer(NativeArrayBuffer, value)) return new NativeUint8Array(value as ArrayBuffer);
  if (typeof (value as ReadableStream).getReader === "function") {
    return value as ReadableStream<Uint8Array>;
  }
  throw new NativeTypeError(
    "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
  );
}

async function valueOf(body: CallAnswer["body"], type: ValueType): Promise<unknown> {
  // Of the class that the app knows: its streams may be a polyfill's.
  if (type === "stream") return new global.Response(body as BodyInit).body;
  if (type === "arrayBuffer") {
    if (isUint8Array(body) && bytesLength(body) === bufferLength(bytesBuffer(body) as ArrayBuffer)) {
      return bytesBuffer(body);
    }
    return await responseBuffer(new NativeResponse(body as BodyInit));
  }
  const content = typeof body === "string"
    ? body
    : isUint8Array(body)
    ? decoderDecode(decoder, body)
    : await responseText(new NativeResponse(body as BodyInit));
  return type === "json" ? parse(content) : content;
}
