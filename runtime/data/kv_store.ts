/** A key-value namespace as bindings use it; the data thread keeps one, another engine may. */
import type { Plain } from "../protocol/binding_call.ts";
import type { DataThread } from "./data_thread.ts";

/** Longer values cross as the bytes that they are. */
const MAX_TEXT_BYTES = 64 * 1024;
/** Refuses what is no UTF-8, and would take the mark away that a text may begin with. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BYTE_ORDER_MARK = 0xef;

/** What is kept under a key. */
export interface KvEntry {
  /** Of the value, in bytes. */
  readonly size: number;
  /** Null when it is longer than was asked for; as text where that was to be had. */
  readonly value: Uint8Array | string | null;
  readonly metadata: string | null;
}

/** A page of keys. */
export interface StoredKeyPage {
  /** JSON of a list of `{ name, expires, metadata }`; times are seconds since the epoch, metadata is JSON. */
  readonly keys: string;
  /** Where the next page begins, or null when there is none. */
  readonly cursor: string | null;
}

/** How much a namespace holds. */
export interface KvSize {
  readonly bytes: number;
  readonly keys: number;
  /** Whether there may be more keys than were counted. */
  readonly hasMoreKeys: boolean;
}

/** A namespace. What was put or deleted is on the disk when its promise settles. */
export interface KvStore {
  /**
   * @param maxBytes a longer value is not read
   * @returns at once what is in memory
   */
  get(key: string, maxBytes: number): KvEntry | null | Promise<KvEntry | null>;
  /**
   * @param maxBytes of all values together
   * @returns value and metadata of each key, one after the other, null where there is none; null when there are more bytes
   */
  getMany(keys: readonly string[], maxBytes: number): Promise<readonly Plain[] | null>;
  /**
   * @param options.maxBytes that the namespace may hold
   * @returns bytes that it holds
   */
  put(key: string, value: Uint8Array, options: {
    readonly expires: number | null;
    readonly metadata: string | null;
    readonly maxBytes: number;
  }): Promise<number>;
  /** @returns bytes that it holds */
  delete(key: string): Promise<number>;
  /** @param options.cursor of the page before, or null */
  list(
    options: { readonly prefix: string; readonly cursor: string | null; readonly limit: number },
  ): Promise<StoredKeyPage>;
  /** @param maxKeys counts no further, as others wait meanwhile */
  count(maxKeys: number): Promise<KvSize>;
}

/** The namespace of a name in the data thread. */
export function kvStore(thread: DataThread, name: string): KvStore {
  const cache = thread.kvCache;
  const run = (...[operation, args]: [Parameters<DataThread["run"]>[1], readonly Plain[]]) =>
    thread.run(`kv/${name}`, operation, args);
  return {
    get(key, maxBytes) {
      const known = cache.find(name, key);
      if (known === null) return null;
      if (known !== undefined && known.size <= maxBytes) return known;
      return cache.read(name, key, async () => {
        const [size, value, metadata, expires] = await run("get", [key, maxBytes]);
        if (size === undefined) return null;
        return {
          size: size as number,
          value: shownAs(value as Uint8Array<ArrayBuffer> | null),
          metadata: metadata as string | null,
          expires: expires as number | null,
        };
      });
    },
    async getMany(keys, maxBytes) {
      const found = await run("getMany", [maxBytes, ...keys]);
      return found.length < 2 * keys.length ? null : found;
    },
    async put(key, value, { expires, metadata, maxBytes }) {
      const [bytes] = await cache.write(name, key, () => run("put", [key, value, expires, metadata, maxBytes]));
      return bytes as number;
    },
    async delete(key) {
      const [bytes] = await cache.write(name, key, () => run("delete", [key]));
      return bytes as number;
    },
    async list({ prefix, cursor, limit }) {
      const [keys, next] = await run("list", [prefix, cursor, limit]);
      return { keys: keys as string, cursor: next as string | null };
    },
    async count(maxKeys) {
      const [bytes, keys, hasMoreKeys] = await run("count", [maxKeys]);
      return { bytes: bytes as number, keys: keys as number, hasMoreKeys: hasMoreKeys as boolean };
    },
  };
}

/** Most values are text, which crosses the wall in half the time. */
export function shownAs(value: Uint8Array<ArrayBuffer> | null): Uint8Array<ArrayBuffer> | string | null {
  if (value === null || value.byteLength > MAX_TEXT_BYTES || value[0] === BYTE_ORDER_MARK) return value;
  try {
    return strict.decode(value);
  } catch {
    return value;
  }
}
