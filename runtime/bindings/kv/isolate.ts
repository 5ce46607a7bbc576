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
  NativeResponse,
  NativeTextDecoder,
  NativeTypeError,
  NativeUint8Array,
  stringify,
  stringSlice,
  uncurry,
} from "../../protocol/primordials.ts";
import { intOf, missingParameter, wellFormedText } from "../../protocol/parameters.ts";
import { bytesOfView, isView } from "../../protocol/views.ts";
import type { BindingPort, CallAnswer, CallBody, Plain } from "../../protocol/binding_call.ts";

/** What a value is read as. */
type ValueType = "text" | "json" | "arrayBuffer" | "stream";

const NativeMap = Map;
const decoder = new NativeTextDecoder("utf-8", bare({ ignoreBOM: true }));
const parse = JSON.parse as (text: string) => unknown;
const isArrayBuffer = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;
const responseBuffer = uncurry(Response.prototype.arrayBuffer);
const setOfMap = uncurry(Map.prototype.set);

const OWNER = "KvNamespace";
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
    if (arguments.length < 1) throw missingParameter(1, bare({ method: "get", owner: OWNER, type: "string or Array" }));
    if (isArray(key)) return await getMany(this.#port, key, options, false);
    const type = typeOf(options);
    checkCacheTtl("GET", options);
    const { values, body } = await this.#port.call("get", [wellFormedText(key)]);
    return values.length === 0 ? null : await valueOf(body, type);
  }

  /** The same with the metadata of the key. */
  async getWithMetadata(key: unknown, options?: unknown): Promise<unknown> {
    if (arguments.length < 1) {
      throw missingParameter(1, bare({ method: "getWithMetadata", owner: OWNER, type: "Array or string" }));
    }
    if (isArray(key)) return await getMany(this.#port, key, options, true);
    const type = typeOf(options);
    checkCacheTtl("GET", options);
    const { values, body } = await this.#port.call("get", [wellFormedText(key)]);
    if (values.length === 0) return { value: null, metadata: null, cacheStatus: null };
    return { value: await valueOf(body, type), metadata: metadataOf(values[0]), cacheStatus: null };
  }

  /** Keeps a value; what is neither bytes nor a stream nor another object is kept as its text. */
  async put(key: unknown, value: unknown, options?: unknown): Promise<void> {
    if (arguments.length < 1) throw missingParameter(1, bare({ method: "put", owner: OWNER, type: "string" }));
    if (arguments.length < 2) {
      throw missingParameter(2, bare({ method: "put", owner: OWNER, type: "string or JsObject" }));
    }
    const { expiration, expirationTtl, metadata } = membersOf(options);
    const body = bodyOf(value);
    // What has no length beforehand may be as long as a value may be.
    const length = isUint8Array(body) ? bytesLength(body) : null;
    const args = [wellFormedText(key), numberOf(expiration), numberOf(expirationTtl), jsonOf(metadata), length];
    await this.#port.call("put", args, bare({ body }));
  }

  /** Forgets a key, or each of a list. */
  async delete(key: unknown): Promise<void> {
    if (arguments.length < 1) throw missingParameter(1, bare({ method: "delete", owner: OWNER, type: "string" }));
    await this.#port.call("delete", isArray(key) ? namesOf(key) : [wellFormedText(key)]);
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

async function getMany(
  port: BindingPort,
  keys: unknown[],
  options: unknown,
  withMetadata: boolean,
): Promise<unknown> {
  const type = typeNameOf(options);
  if (type !== "text" && type !== "json") {
    throw new NativeError(`KV GET_BULK failed: 400 "${type}" is not a valid type. Use "json" or "text"`);
  }
  checkCacheTtl("GET_BULK", options);
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
    return parse(withoutMark(content));
  } catch {
    const text = "At least one of the requested keys corresponds to a non-json value";
    throw new NativeError(`KV GET_BULK failed: 400 ${text}`);
  }
}

/** Changes nothing, as nothing is older than the last write; but a number that Workers refuse is refused. */
function checkCacheTtl(operation: string, options: unknown): void {
  const ttl = typeof options === "object" ? numberOf(membersOf(options)["cacheTtl"]) : null;
  if (ttl === null || ttl >= MIN_CACHE_TTL_SECONDS) return;
  const rule = `Cache TTL must be at least ${MIN_CACHE_TTL_SECONDS}.`;
  throw new NativeError(`KV ${operation} failed: 400 Invalid cache_ttl of ${ttl}. ${rule}`);
}

function namesOf(keys: unknown[]): string[] {
  const names: string[] = [];
  for (let at = 0; at < keys.length; at++) defineMember(names, at, wellFormedText(keys[at]), true);
  return names;
}

/** What is set, of options or of nothing. */
function membersOf(options: unknown): Record<string, unknown> {
  return options === undefined || options === null ? bare({}) : options as Record<string, unknown>;
}

/** Options may be the name of a type alone. */
function typeNameOf(options: unknown): string {
  if (typeof options !== "object" && options !== undefined) return wellFormedText(options);
  const { type } = membersOf(options);
  return type === undefined ? "text" : wellFormedText(type);
}

function typeOf(options: unknown): ValueType {
  const type = typeNameOf(options);
  if (type === "text" || type === "json" || type === "arrayBuffer" || type === "stream") return type;
  throw new NativeTypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
}

function numberOf(value: unknown): number | null {
  return value === undefined || value === null ? null : intOf(value);
}

function textOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : wellFormedText(value);
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
    const text = `${value as string}`;
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
  const content = typeof body === "string" ? body : decoderDecode(decoder, await bytesOfBody(body));
  return type === "json" ? parse(withoutMark(content)) : content;
}

async function bytesOfBody(body: Exclude<CallAnswer["body"], string>): Promise<Uint8Array> {
  return isUint8Array(body) ? body : new NativeUint8Array(await responseBuffer(new NativeResponse(body as BodyInit)));
}

/** Of a file that was put as it is; texts keep the mark. */
function withoutMark(json: string): string {
  return json[0] === "\ufeff" ? stringSlice(json, 1) : json;
}
