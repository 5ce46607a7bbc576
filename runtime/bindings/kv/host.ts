/** What a KV namespace does: checks keys, values and options as Workers do, keeps them in a store. */
import { ByteBudget } from "../../data/byte_budget.ts";
import type { KvStore } from "../../data/kv_store.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type Plain,
} from "../../protocol/binding_call.ts";

// https://developers.cloudflare.com/kv/platform/limits/
const MAX_KEY_BYTES = 512;
const MAX_VALUE_BYTES = 25 * 1024 * 1024;
const MAX_METADATA_BYTES = 1024;
const MIN_TTL_SECONDS = 60;
const MAX_LISTED = 1000;
const MAX_BULK_KEYS = 100;
/** Values up to this cross whole; longer ones are streamed, and wait for their part of the budget. */
const WHOLE_BYTES = 256 * 1024;
/** What the longer values of one binding take of the host at once. */
const BUDGET_BYTES = 4 * MAX_VALUE_BYTES;
const CHUNK_BYTES = 64 * 1024;

const encoder = new TextEncoder();
const NOTHING: CallAnswer = { values: [], body: null };

/** What a namespace works with. */
export interface KvTools {
  readonly store: KvStore;
  /** What the namespace may hold. */
  readonly maxBytes: number;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** One app's hold of a namespace. */
export class KvHost implements BindingHost {
  readonly methods = ["get", "getMany", "put", "delete", "list"];
  storedBytes: number | null = null;
  readonly #tools: KvTools;
  readonly #budget = new ByteBudget(BUDGET_BYTES);

  constructor(tools: KvTools) {
    this.#tools = tools;
  }

  /** Answers the methods of kv/isolate.ts. */
  async call(call: BindingCall): Promise<CallAnswer> {
    switch (call.method) {
      case "get":
        return await this.#get(keyOf(call.args[0], "GET"), call.signal);
      case "getMany":
        return await this.#getMany(call.args);
      case "put":
        return await this.#put(call);
      case "delete":
        return await this.#delete(call.args);
      case "list":
        return await this.#list(call.args);
      default:
        throw new BindingError(`Cannot call "${call.method}" of a KV namespace: it has no such method`, {
          name: "TypeError",
        });
    }
  }

  [Symbol.dispose](): void {}

  async #get(key: string, signal: AbortSignal): Promise<CallAnswer> {
    const { store } = this.#tools;
    const first = await store.get(key, WHOLE_BYTES);
    if (first === null) return NOTHING;
    if (first.value !== null) return { values: [first.metadata], body: first.value };
    const giveBack = await this.#budget.take(first.size, signal);
    try {
      const entry = await store.get(key, MAX_VALUE_BYTES);
      if (entry === null) {
        giveBack();
        return NOTHING;
      }
      return { values: [entry.metadata], body: chunked(entry.value!, giveBack) };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  async #getMany(args: readonly Plain[]): Promise<CallAnswer> {
    if (args.length > MAX_BULK_KEYS) {
      throw new BindingError(`KV GET_BULK failed: 400 You can request a maximum of ${MAX_BULK_KEYS} keys`);
    }
    const keys = args.map((key) => keyOf(key, "GET_BULK"));
    return { values: await this.#tools.store.getMany(keys), body: null };
  }

  async #put({ args: [name, expiration, ttl, metadata, length], body, signal }: BindingCall): Promise<CallAnswer> {
    const key = keyOf(name, "PUT");
    const expires = expiryOf(expiration, ttl, Math.floor(this.#tools.now() / 1000));
    if (typeof metadata === "string") {
      const { byteLength } = encoder.encode(metadata);
      if (byteLength > MAX_METADATA_BYTES) {
        throw refused("PUT", 413, `Metadata length of ${byteLength} exceeds limit of ${MAX_METADATA_BYTES}.`);
      }
    }
    const { store, maxBytes } = this.#tools;
    const options = { expires, metadata: typeof metadata === "string" ? metadata : null, maxBytes };
    if (!(body instanceof ReadableStream)) {
      const value = typeof body === "string" ? encoder.encode(body) : body ?? new Uint8Array();
      if (value.byteLength > MAX_VALUE_BYTES) throw tooLong(value.byteLength);
      this.storedBytes = await store.put(key, value, options);
      return NOTHING;
    }
    const most = typeof length === "number" ? length : MAX_VALUE_BYTES;
    if (most > MAX_VALUE_BYTES) throw tooLong(most);
    const giveBack = await this.#budget.take(most, signal);
    try {
      this.storedBytes = await store.put(key, await collect(body, most), options);
    } finally {
      giveBack();
    }
    return NOTHING;
  }

  async #delete(args: readonly Plain[]): Promise<CallAnswer> {
    const keys = args.map((key) => keyOf(key, "DELETE"));
    for (const bytes of await Promise.all(keys.map((key) => this.#tools.store.delete(key)))) this.storedBytes = bytes;
    return NOTHING;
  }

  async #list([prefix, cursor, limit]: readonly Plain[]): Promise<CallAnswer> {
    const wanted = limit ?? MAX_LISTED;
    if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 1) {
      throw refused("LIST", 400, `Invalid key_count_limit of ${wanted}. Please specify an integer greater than 0.`);
    }
    if (wanted > MAX_LISTED) {
      const rule = `Please specify an integer less than ${MAX_LISTED}.`;
      throw refused("LIST", 400, `Invalid key_count_limit of ${wanted}. ${rule}`);
    }
    const text = typeof prefix === "string" ? prefix : "";
    const { byteLength } = encoder.encode(text);
    if (byteLength > MAX_KEY_BYTES) {
      const rule = `UTF-8 encoded length of ${byteLength} exceeds key length limit of ${MAX_KEY_BYTES}.`;
      throw refused("LIST", 414, rule);
    }
    // A cursor is the last key of the page before, as hexadecimal digits.
    const isCursor = typeof cursor === "string" && cursor.length <= 2 * MAX_KEY_BYTES &&
      /^(?:[0-9a-f]{2})+$/.test(cursor);
    if (typeof cursor === "string" && cursor !== "" && !isCursor) throw refused("LIST", 400, "Invalid cursor.");
    const page = await this.#tools.store.list({ prefix: text, cursor: isCursor ? cursor : null, limit: wanted });
    return { values: [page.cursor], body: page.keys };
  }
}

function refused(operation: string, status: number, text: string): BindingError {
  return new BindingError(`KV ${operation} failed: ${status} ${text}`);
}

function tooLong(bytes: number): BindingError {
  return refused("PUT", 413, `Value length of ${bytes} exceeds limit of ${MAX_VALUE_BYTES}.`);
}

function keyOf(value: Plain | undefined, operation: string): string {
  if (typeof value !== "string" || value === "") {
    throw new BindingError("Key name cannot be empty.", { name: "TypeError" });
  }
  if (value === "." || value === "..") {
    throw new BindingError(`"${value}" is not allowed as a key name.`, { name: "TypeError" });
  }
  const { byteLength } = encoder.encode(value);
  if (byteLength > MAX_KEY_BYTES) {
    const rule = `UTF-8 encoded length of ${byteLength} exceeds key length limit of ${MAX_KEY_BYTES}.`;
    throw refused(operation, 414, rule);
  }
  return value;
}

/** When an entry ends, in seconds since the epoch. The relative one wins, as on Workers. */
function expiryOf(expiration: Plain | undefined, ttl: Plain | undefined, now: number): number | null {
  if (ttl !== null && ttl !== undefined) {
    if (typeof ttl !== "number" || !Number.isSafeInteger(ttl) || ttl <= 0) {
      throw refused("PUT", 400, `Invalid expiration_ttl of ${ttl}. Please specify integer greater than 0.`);
    }
    if (ttl < MIN_TTL_SECONDS) {
      const rule = `Expiration TTL must be at least ${MIN_TTL_SECONDS}.`;
      throw refused("PUT", 400, `Invalid expiration_ttl of ${ttl}. ${rule}`);
    }
    return now + ttl;
  }
  if (expiration === null || expiration === undefined) return null;
  if (typeof expiration !== "number" || !Number.isSafeInteger(expiration) || expiration <= now) {
    const rule = "Please specify integer greater than the current number of seconds since the UNIX epoch.";
    throw refused("PUT", 400, `Invalid expiration of ${expiration}. ${rule}`);
  }
  if (expiration < now + MIN_TTL_SECONDS) {
    const rule = `Expiration times must be at least ${MIN_TTL_SECONDS} seconds in the future.`;
    throw refused("PUT", 400, `Invalid expiration of ${expiration}. ${rule}`);
  }
  return expiration;
}

async function collect(body: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw new BindingError(`KV PUT failed: the stream of the value failed: ${error.message}`);
    });
    if (done) break;
    length += value.byteLength;
    if (length > most) {
      await reader.cancel();
      throw tooLong(length);
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** A value in copied pieces, as what is sent is detached. */
function chunked(value: Uint8Array, onEnd: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(value.slice(at, at += CHUNK_BYTES));
      if (at < value.byteLength) return;
      controller.close();
      onEnd();
    },
    cancel: onEnd,
  }, { highWaterMark: 0 });
}
