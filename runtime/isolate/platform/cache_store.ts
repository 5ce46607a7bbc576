/** Kept responses of all caches of one app: bounded by bytes, the least recently used goes first. */

import { bytesLength, headersGet, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";
import { firstKey, SafeMap, SafeWeakMap } from "../../protocol/safe_collections.ts";
import { append, filterList, sortList } from "../../protocol/safe_lists.ts";

/** A response to a GET request. */
export interface CacheEntry {
  /** Name of its cache; null for the default one. */
  readonly cache: string | null;
  /** Of the request, without its fragment. */
  readonly url: string;
  /** Of the request, as they were. */
  readonly requestHeaders: readonly (readonly [string, string])[];
  /** What the response depends on: value of each request header that it names. */
  readonly vary: readonly (readonly [name: string, value: string | null])[];
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | null;
  /** When it is stale, in ms since the epoch. */
  readonly expiresAt: number;
}

/** What a look-up asks for. */
export interface CacheQuery {
  readonly cache: string | null;
  readonly url: string;
  readonly headers: Headers;
  readonly ignoreSearch: boolean;
  readonly ignoreVary: boolean;
}

/** What an entry weighs beside its texts and its body. */
const ENTRY_BYTES = 512;

/** The entries of one app. */
export class CacheStore {
  readonly #maxBytes: number;
  readonly #now: () => number;
  /** By URL, in the order of the last use. */
  readonly #entries = new SafeMap<CacheEntry, number>();
  /** By URL, each in the order in which they were put. */
  readonly #byUrl = new SafeMap<string, CacheEntry[]>();
  /** When each was put, as a count. */
  readonly #turns = new SafeWeakMap<CacheEntry, number>();
  #turn = 0;
  #bytes = 0;

  /** @param now wall clock, ms since the epoch */
  constructor(maxBytes: number, now: () => number) {
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Longest body that may be kept. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** Keeps an entry, and lets go of others until there is room. @returns whether it fits at all */
  add(entry: CacheEntry): boolean {
    const bytes = weightOf(entry);
    if (bytes > this.#maxBytes) return false;
    while (this.#bytes + bytes > this.#maxBytes) this.remove(firstKey(this.#entries)!);
    this.#entries.set(entry, bytes);
    this.#turns.set(entry, this.#turn++);
    this.#bytes += bytes;
    const same = this.#byUrl.get(entry.url);
    if (same === undefined) this.#byUrl.set(entry.url, [entry]);
    else append(same, entry);
    return true;
  }

  /** Lets an entry go. */
  remove(entry: CacheEntry): void {
    const bytes = this.#entries.get(entry);
    if (bytes === undefined) return;
    this.#entries.delete(entry);
    this.#bytes -= bytes;
    const others = filterList(this.#byUrl.get(entry.url)!, (one) => one !== entry);
    if (others.length === 0) this.#byUrl.delete(entry.url);
    else this.#byUrl.set(entry.url, others);
  }

  /** All entries of a cache in the order in which they were put. */
  all(cache: string | null): CacheEntry[] {
    const now = this.#now();
    return filterList(this.#all(), (entry) => entry.cache === cache && entry.expiresAt > now);
  }

  /** Entries that answer a query, in the order in which they were put; stale ones are let go. */
  find(query: CacheQuery): CacheEntry[] {
    const candidates = query.ignoreSearch
      ? filterList(this.#all(), ({ url }) => withoutSearch(url) === withoutSearch(query.url))
      : this.#byUrl.get(query.url) ?? [];
    const now = this.#now();
    return filterList(candidates, (entry) => {
      if (entry.cache !== query.cache) return false;
      if (!query.ignoreVary && !fits(entry.vary, query.headers)) return false;
      if (entry.expiresAt > now) return true;
      this.remove(entry);
      return false;
    });
  }

  /** Marks an entry as used. */
  touch(entry: CacheEntry): void {
    const bytes = this.#entries.get(entry);
    if (bytes === undefined) return;
    this.#entries.delete(entry);
    this.#entries.set(entry, bytes);
  }

  /** Lets everything of one cache go. */
  clear(cache: string | null): void {
    const all = this.#all();
    for (let at = 0; at < all.length; at++) if (all[at]!.cache === cache) this.remove(all[at]!);
  }

  #all(): CacheEntry[] {
    const all: CacheEntry[] = [];
    this.#entries.forEach((_bytes, entry) => append(all, entry));
    // The map is in the order of use.
    return sortList(all, (one, other) => this.#turns.get(one)! - this.#turns.get(other)!);
  }
}

function weightOf({ url, headers, requestHeaders, statusText, vary, body }: CacheEntry): number {
  const chars = url.length + statusText.length + charsOf(headers) + charsOf(requestHeaders) + charsOf(vary);
  return ENTRY_BYTES + 2 * chars + (body === null ? 0 : bytesLength(body));
}

function charsOf(pairs: readonly (readonly [string, string | null])[]): number {
  let chars = 0;
  for (let at = 0; at < pairs.length; at++) chars += pairs[at]![0].length + (pairs[at]![1]?.length ?? 0);
  return chars;
}

/** Whether a request has the headers that a response depends on. */
function fits(vary: CacheEntry["vary"], headers: Headers): boolean {
  for (let at = 0; at < vary.length; at++) if (headersGet(headers, vary[at]![0]) !== vary[at]![1]) return false;
  return true;
}

function withoutSearch(url: string): string {
  const query = stringIndexOf(url, "?");
  return query < 0 ? url : stringSlice(url, 0, query);
}
