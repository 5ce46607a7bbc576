/**
 * Entries of KV namespaces that were read lately, in the memory of the host: it is the only one that writes, so they are
 * what the disk holds.
 */

import { ByteCache } from "./byte_cache.ts";

/** Of all namespaces together. */
const MAX_BYTES = 32 * 1024 * 1024;
/** A longer value is read again each time. */
const MAX_VALUE_BYTES = 64 * 1024;

/** What is known of a key. */
export interface KvCached {
  /** Of the value, in bytes. */
  readonly size: number;
  /** Not to be detached; null when it is longer than was asked for, and is not kept. */
  readonly value: Uint8Array<ArrayBuffer> | string | null;
  readonly metadata: string | null;
  /** In seconds since the epoch, or null. */
  readonly expires: number | null;
}

/** A read on its way to the disk. */
interface Reading {
  /** Whether a write of the key has begun or ended meanwhile. */
  isStale: boolean;
}

/** Keeps entries, the least used of which go; null is a key without a value. */
export class KvCache {
  readonly #now: () => number;
  readonly #entries: ByteCache<KvCached | null>;
  readonly #reading = new Map<string, Set<Reading>>();

  /** @param now wall clock, ms since the epoch */
  constructor(now: () => number, maxBytes: number = MAX_BYTES) {
    this.#now = now;
    this.#entries = new ByteCache(maxBytes);
  }

  /** Bytes of all that is kept, roughly. */
  get bytes(): number {
    return this.#entries.bytes;
  }

  /** What is known of a key, or undefined. */
  find(store: string, key: string): KvCached | null | undefined {
    const id = idOf(store, key);
    const entry = this.#entries.find(id);
    if (entry === undefined) return undefined;
    if (entry !== null && entry.expires !== null && entry.expires <= Math.floor(this.#now() / 1000)) {
      this.#forget(id);
      return undefined;
    }
    return entry;
  }

  /** Reads a key from the disk, and keeps what was found unless it was written meanwhile. */
  async read(store: string, key: string, fromDisk: () => Promise<KvCached | null>): Promise<KvCached | null> {
    const id = idOf(store, key);
    const reading: Reading = { isStale: false };
    const all = this.#reading.get(id) ?? new Set();
    this.#reading.set(id, all.add(reading));
    try {
      const entry = await fromDisk();
      const isKept = entry === null || entry.value !== null && entry.size <= MAX_VALUE_BYTES;
      if (isKept && !reading.isStale) this.#entries.keep(id, entry, bytesOf(entry));
      return entry;
    } finally {
      all.delete(reading);
      if (all.size === 0) this.#reading.delete(id);
    }
  }

  /** Writes a key to the disk. Whoever reads it after the end sees it; a write that failed may have happened. */
  async write<Result>(store: string, key: string, toDisk: () => Promise<Result>): Promise<Result> {
    const id = idOf(store, key);
    this.#forget(id);
    try {
      return await toDisk();
    } finally {
      this.#forget(id);
    }
  }

  /** Forgets all of a store, whose file is another one now; so does whoever reads from the old one still. */
  forget(store: string): void {
    const ids = new Set([...this.#entries.keys, ...this.#reading.keys()]);
    for (const id of ids) if (id.startsWith(`${store} `)) this.#forget(id);
  }

  #forget(id: string): void {
    for (const reading of this.#reading.get(id) ?? []) reading.isStale = true;
    this.#entries.forget(id);
  }
}

/** Names of stores have no space. */
function idOf(store: string, key: string): string {
  return `${store} ${key}`;
}

function bytesOf(entry: KvCached | null): number {
  return 2 * (entry?.size ?? 0) + (entry?.metadata?.length ?? 0);
}
