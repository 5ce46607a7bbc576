/** What a KV namespace does: checks keys, values and options as Workers do, keeps them in a store. */
import type { ByteBudget } from "../../data/byte_budget.ts";
import { chunked } from "../../data/chunked.ts";
import type { KvEntry, KvStore } from "../../data/kv_store.ts";
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
/** What long answers and values of one isolate take of the host at once, of all its namespaces. */
export const KV_BUDGET_BYTES = 4 * MAX_VALUE_BYTES;
/** What a key takes in a list at most, with its metadata: of both, JSON may write a byte as six. */
const LISTED_BYTES = 6 * (MAX_KEY_BYTES + MAX_METADATA_BYTES);

const encoder = new TextEncoder();
const NOTHING: CallAnswer = { values: [], body: null };

/** What a namespace works with. */
export interface KvTools {
  readonly store: KvStore;
  /** What a long value has to wait for. */
  readonly budget: ByteBudget;
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

  constructor(tools: KvTools) {
    this.#tools = tools;
  }

  /** Answers the methods of kv/isolate.ts. */
  call(call: BindingCall): CallAnswer | Promise<CallAnswer> {
    switch (call.method) {
      case "get":
        return this.#get(keyOf(call.args[0], "GET"), call.signal);
      case "getMany":
        return this.#getMany(call.args, call.signal);
      case "put":
        return this.#put(call);
      case "delete":
        return this.#delete(call.args);
      case "list":
        return this.#list(call.args, call.signal);
      default:
        throw new BindingError(`Cannot call "${call.method}" of a KV namespace: it has no such method`, {
          name: "TypeError",
        });
    }
  }

  [Symbol.dispose](): void {}

  #get(key: string, signal: AbortSignal): CallAnswer | Promise<CallAnswer> {
    const found = this.#tools.store.get(key, WHOLE_BYTES);
    return found instanceof Promise
      ? found.then((entry) => this.#shown(key, entry, signal))
      : this.#shown(key, found, signal);
  }

  /** @param first null for no value; of a longer one all but the value itself, which is read when there is room */
  #shown(key: string, first: KvEntry | null, signal: AbortSignal): CallAnswer | Promise<CallAnswer> {
    if (first === null) return NOTHING;
    if (first.value !== null) return { values: [first.metadata], body: ownOf(first.value) };
    return this.#within(first.size, signal, async (giveBack) => {
      const entry = await this.#tools.store.get(key, MAX_VALUE_BYTES);
      return entry === null ? NOTHING : { values: [entry.metadata], body: chunked(bytesOf(entry.value!), giveBack) };
    });
  }

  /** Holds bytes of the budget until the call has failed or its answer is sent. */
  async #within(
    bytes: number,
    signal: AbortSignal,
    run: (giveBack: () => void) => Promise<CallAnswer>,
  ): Promise<CallAnswer> {
    const giveBack = await this.#tools.budget.take(bytes, signal);
    try {
      const answer = await run(giveBack);
      if (!(answer.body instanceof ReadableStream)) giveBack();
      return answer;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  /** Answers with length and metadata of each value, and all values in one body. */
  async #getMany(args: readonly Plain[], signal: AbortSignal): Promise<CallAnswer> {
    if (args.length > MAX_BULK_KEYS) {
      throw new BindingError(`KV GET_BULK failed: 400 You can request a maximum of ${MAX_BULK_KEYS} keys`);
    }
    const keys = args.map((key) => keyOf(key, "GET_BULK"));
    const { store } = this.#tools;
    const few = await store.getMany(keys, WHOLE_BYTES);
    if (few !== null) return inOneBody(few, (bytes) => bytes);
    return await this.#within(
      MAX_VALUE_BYTES,
      signal,
      async (giveBack) =>
        inOneBody((await store.getMany(keys, MAX_VALUE_BYTES)) ?? [], (bytes) => chunked(bytes, giveBack)),
    );
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
    const giveBack = await this.#tools.budget.take(most, signal);
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

  async #list([prefix, cursor, limit]: readonly Plain[], signal: AbortSignal): Promise<CallAnswer> {
    const wanted = limit ?? MAX_LISTED;
    if (typeof wanted !== "number" || !Number.isInteger(wanted) || wanted < 1) {
      throw refused("GET", 400, `Invalid key_count_limit of ${wanted}. Please specify an integer greater than 0.`);
    }
    if (wanted > MAX_LISTED) {
      const rule = `Please specify an integer less than ${MAX_LISTED}.`;
      throw refused("GET", 400, `Invalid key_count_limit of ${wanted}. ${rule}`);
    }
    const text = typeof prefix === "string" ? prefix : "";
    const { byteLength } = encoder.encode(text);
    if (byteLength > MAX_KEY_BYTES) {
      const rule = `UTF-8 encoded length of ${byteLength} exceeds key length limit of ${MAX_KEY_BYTES}.`;
      throw refused("GET", 414, rule);
    }
    // A cursor is the last key of the page before, as hexadecimal digits.
    const isCursor = typeof cursor === "string" && cursor.length <= 2 * MAX_KEY_BYTES &&
      /^(?:[0-9a-f]{2})+$/.test(cursor);
    if (typeof cursor === "string" && cursor !== "" && !isCursor) throw refused("GET", 400, "Invalid cursor.");
    const { store } = this.#tools;
    return await this.#within(wanted * LISTED_BYTES, signal, async (giveBack) => {
      const page = await store.list({ prefix: text, cursor: isCursor ? cursor : null, limit: wanted });
      const isShort = page.keys.length <= WHOLE_BYTES;
      return { values: [page.cursor], body: isShort ? page.keys : chunked(encoder.encode(page.keys), giveBack) };
    });
  }
}

/** What is sent may be detached, and the store keeps its own. */
function ownOf(value: Uint8Array | string): Uint8Array | string {
  return typeof value === "string" ? value : value.slice();
}

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === "string" ? encoder.encode(value) : value;
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
  // No character takes more than three bytes for each of its UTF-16 units.
  if (value.length <= MAX_KEY_BYTES / 3) return value;
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

/** @param entries value and metadata of each key, one after the other */
function inOneBody(
  entries: readonly Plain[],
  bodyOf: (bytes: Uint8Array) => Uint8Array | ReadableStream<Uint8Array>,
): CallAnswer {
  const found = entries.filter((_, at) => at % 2 === 0) as (Uint8Array | null)[];
  const body = new Uint8Array(found.reduce((sum, value) => sum + (value?.byteLength ?? 0), 0));
  let at = 0;
  for (const value of found) {
    if (value === null) continue;
    body.set(value, at);
    at += value.byteLength;
  }
  const values = entries.map((one) => one instanceof Uint8Array ? one.byteLength : one);
  return { values, body: body.byteLength === 0 ? null : bodyOf(body) };
}
