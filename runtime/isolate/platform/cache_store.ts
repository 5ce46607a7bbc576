/** Kept responses of all caches of one app: bounded by bytes, the least recently used goes first. */

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
  readonly #entries = new Map<CacheEntry, number>();
  readonly #byUrl = new Map<string, CacheEntry[]>();
  /** When each was put, as a count. */
  readonly #turns = new WeakMap<CacheEntry, number>();
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
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes + bytes <= this.#maxBytes) break;
      this.remove(oldest);
    }
    this.#entries.set(entry, bytes);
    this.#turns.set(entry, this.#turn++);
    this.#bytes += bytes;
    const same = this.#byUrl.get(entry.url);
    if (same === undefined) this.#byUrl.set(entry.url, [entry]);
    else same.push(entry);
    return true;
  }

  /** Lets an entry go. */
  remove(entry: CacheEntry): void {
    const bytes = this.#entries.get(entry);
    if (bytes === undefined) return;
    this.#entries.delete(entry);
    this.#bytes -= bytes;
    const others = this.#byUrl.get(entry.url)!.filter((one) => one !== entry);
    if (others.length === 0) this.#byUrl.delete(entry.url);
    else this.#byUrl.set(entry.url, others);
  }

  /** All entries of a cache in the order in which they were put. */
  all(cache: string | null): CacheEntry[] {
    const now = this.#now();
    const found = [...this.#entries.keys()].filter((entry) => entry.cache === cache && entry.expiresAt > now);
    return this.#inOrder(found);
  }

  /** Entries that answer a query, in the order in which they were put; stale ones are let go. */
  find(query: CacheQuery): CacheEntry[] {
    return this.#inOrder(this.#matching(query));
  }

  #inOrder(entries: CacheEntry[]): CacheEntry[] {
    return entries.sort((one, other) => this.#turns.get(one)! - this.#turns.get(other)!);
  }

  #matching(query: CacheQuery): CacheEntry[] {
    const candidates = query.ignoreSearch
      ? [...this.#entries.keys()].filter(({ url }) => withoutSearch(url) === withoutSearch(query.url))
      : this.#byUrl.get(query.url) ?? [];
    const now = this.#now();
    return candidates.filter((entry) => {
      if (entry.cache !== query.cache) return false;
      if (!query.ignoreVary && entry.vary.some(([name, value]) => query.headers.get(name) !== value)) return false;
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
    for (const entry of [...this.#entries.keys()]) if (entry.cache === cache) this.remove(entry);
  }
}

function weightOf({ url, headers, requestHeaders, statusText, vary, body }: CacheEntry): number {
  const texts = [url, statusText, ...headers.flat(), ...requestHeaders.flat(), ...vary.flat()];
  const chars = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return ENTRY_BYTES + 2 * chars + (body?.byteLength ?? 0);
}

function withoutSearch(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
