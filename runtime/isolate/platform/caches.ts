/** `caches`: the Cache API as Workers have it, in the memory of the app's own isolate and never shared. */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  defineProperty,
  entries,
  floor,
  freeze,
  getOwnPropertyNames,
  headersGet,
  NativeDOMException,
  NativeRequest,
  NativeResponse,
  NativeTypeError,
  promiseThen,
  requestHeaders,
  requestMethod,
  requestUrl,
  resolved,
  responseBody,
  responseBodyUsed,
  responseHeaders,
  responseStatus,
  responseStatusText,
  streamCancel,
  streamLocked,
  TO_STRING_TAG,
  wallClock,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { append, filterList, listHas, listOf, mapList } from "../../protocol/safe_lists.ts";
import { keepingOf, varyOf } from "./cache_policy.ts";
import { answerFrom, wholeAnswer } from "./cached_answer.ts";
import { type CacheEntry, CacheStore } from "./cache_store.ts";
import {
  cacheableRequest,
  cachedResponse,
  cacheFull,
  cacheKeyOf,
  iterable,
  listOfHeaders,
  readCacheBody,
} from "./cached_parts.ts";

/** How a request is compared with kept ones. */
export interface MatchOptions {
  readonly ignoreMethod?: boolean;
  readonly ignoreSearch?: boolean;
  readonly ignoreVary?: boolean;
}

/** Named caches of an app; each weighs little, but their names are the app's choice. */
const MAX_CACHES = 1000;

const opened = Symbol("opened");

/** Without a prototype: an app's Object.prototype is not asked how to compare. */
const NO_OPTIONS: MatchOptions = bare({});

/** Makes the classes over one store, and the app's one CacheStorage. @boot */
export function createCaches(
  store: CacheStore,
  { now, fetch }: { readonly now: () => number; readonly fetch: (request: Request) => Promise<Response> },
) {
  class Cache {
    readonly #name: string | null;

    constructor(key?: unknown, name: string | null = null) {
      if (key !== opened) throw new NativeTypeError("Illegal constructor");
      this.#name = name;
    }

    /** The kept response to a request, a range of it or "not modified" where it asks for that; or undefined. */
    async match(request: RequestInfo | URL, options?: MatchOptions): Promise<Response | undefined> {
      const asked = await cacheableRequest(request, "match");
      const entry = this.#find(asked, options ?? NO_OPTIONS)[0];
      if (entry === undefined) return undefined;
      store.touch(entry);
      return cachedResponse(answerFrom(entry, requestHeaders(asked)));
    }

    /** Every kept response to a request, or all there are. */
    async matchAll(request?: RequestInfo | URL, options?: MatchOptions): Promise<readonly Response[]> {
      const entries = await this.#listed(request, options, "matchAll");
      return freeze(mapList(entries, (entry) => cachedResponse(wholeAnswer(entry))));
    }

    /** The requests of the kept responses, in the order in which they were put. */
    async keys(request?: RequestInfo | URL, options?: MatchOptions): Promise<readonly Request[]> {
      const entries = await this.#listed(request, options, "keys");
      return freeze(mapList(entries, ({ url, requestHeaders: headers }) => {
        return new NativeRequest(url, bare({ headers: iterable(headers) }));
      }));
    }

    /** Fetches a request and keeps the response. */
    async add(request: RequestInfo | URL): Promise<void> {
      await addAll(this, [request]);
    }

    /** Fetches requests and keeps the responses: all or, when one of them fails, none. */
    async addAll(requests: Iterable<RequestInfo | URL>): Promise<void> {
      await addAll(this, listOf(requests));
    }

    /** Keeps a response, unless its headers forbid it. */
    async put(request: RequestInfo | URL, response: Response): Promise<void> {
      const asked = await cacheableRequest(request, "put");
      if (requestMethod(asked) !== "GET") {
        throw new NativeTypeError(`Cannot put a response to ${requestMethod(asked)}: only GET is cached`);
      }
      if (!(response instanceof NativeResponse)) throw new NativeTypeError("Cannot put what is no Response");
      const status = responseStatus(response);
      const headers = responseHeaders(response);
      const stream = responseBody(response);
      if (status === 206) throw new NativeTypeError("Cannot put a partial response (206)");
      if (status < 200) throw new NativeTypeError(`Cannot put a response of status ${status}`);
      const vary = varyOf(headers);
      if (listHas(vary, "*")) throw new NativeTypeError('Cannot put a response with "Vary: *"');
      if (responseBodyUsed(response) || (stream !== null && streamLocked(stream))) {
        throw new NativeTypeError("Cannot put a response whose body is used");
      }
      const keeping = keepingOf(headers, now());
      if (keeping === null) {
        if (stream !== null) await streamCancel(stream);
        removeAll(store, this.#find(asked, NO_OPTIONS));
        return;
      }
      const body = await readCacheBody(stream, store.maxBytes);
      const entry: CacheEntry = {
        cache: this.#name,
        url: cacheKeyOf(asked),
        requestHeaders: listOfHeaders(requestHeaders(asked)),
        vary: mapList(vary, (name) => [name, headersGet(requestHeaders(asked), name)]),
        status,
        statusText: responseStatusText(response),
        headers: filterList(listOfHeaders(headers), (header) => !listHas(keeping.without, header[0])),
        body,
        expiresAt: now() + keeping.lifetimeMs,
      };
      removeAll(store, this.#find(asked, NO_OPTIONS));
      if (!store.add(entry)) throw cacheFull(store.maxBytes);
    }

    /** Lets responses go. @returns whether there were any */
    async delete(request: RequestInfo | URL, options?: MatchOptions): Promise<boolean> {
      const found = this.#find(await cacheableRequest(request, "delete"), options ?? NO_OPTIONS);
      removeAll(store, found);
      return found.length > 0;
    }

    async #listed(
      request: RequestInfo | URL | undefined,
      options: MatchOptions | undefined,
      action: string,
    ): Promise<CacheEntry[]> {
      if (request === undefined) return store.all(this.#name);
      return this.#find(await cacheableRequest(request, action), options ?? NO_OPTIONS);
    }

    #find(request: Request, { ignoreMethod, ignoreSearch, ignoreVary }: MatchOptions): CacheEntry[] {
      if (requestMethod(request) !== "GET" && ignoreMethod !== true) return [];
      return store.find({
        cache: this.#name,
        url: cacheKeyOf(request),
        headers: requestHeaders(request),
        ignoreSearch: ignoreSearch === true,
        ignoreVary: ignoreVary === true,
      });
    }
  }

  class CacheStorage {
    readonly #default: Cache;
    readonly #named = new SafeMap<string, Cache>();

    constructor(key?: unknown) {
      if (key !== opened) throw new NativeTypeError("Illegal constructor");
      this.#default = new Cache(opened);
    }

    /** The cache without a name. */
    get default(): Cache {
      return this.#default;
    }

    /** The cache of a name; made if there is none. */
    // deno-lint-ignore require-await -- a failure must be a rejection
    async open(name: string): Promise<Cache> {
      const key = `${name}`;
      let cache = this.#named.get(key);
      if (cache === undefined) {
        if (this.#named.size >= MAX_CACHES) {
          throw new NativeDOMException(
            `Cannot open "${key}": ${MAX_CACHES} caches exist already`,
            "QuotaExceededError",
          );
        }
        this.#named.set(key, cache = new Cache(opened, key));
      }
      return cache;
    }

    /** What the first cache with a name that has a response says; `cacheName` names the one to look at. */
    async match(
      request: RequestInfo | URL,
      options: MatchOptions & { readonly cacheName?: string } = NO_OPTIONS,
    ): Promise<Response | undefined> {
      const { cacheName } = options;
      const wanted: Cache[] = [];
      this.#named.forEach((cache, name) => {
        if (cacheName === undefined || `${cacheName}` === name) append(wanted, cache);
      });
      for (let at = 0; at < wanted.length; at++) {
        const found = await apply(matchIn, wanted[at], [request, options]) as Response | undefined;
        if (found !== undefined) return found;
      }
      return undefined;
    }

    has(name: string): Promise<boolean> {
      return resolved(this.#named.has(`${name}`));
    }

    /** Lets a cache go with all it keeps. @returns whether there was one */
    delete(name: string): Promise<boolean> {
      store.clear(`${name}`);
      return resolved(this.#named.delete(`${name}`));
    }

    keys(): Promise<string[]> {
      const names: string[] = [];
      this.#named.forEach((_cache, name) => append(names, name));
      return resolved(names);
    }
  }

  const { match: matchIn, put } = Cache.prototype;
  /** Fetches all before it keeps any. */
  async function addAll(cache: Cache, requests: readonly (RequestInfo | URL)[]): Promise<void> {
    const fetched: { readonly asked: Request; readonly response: Promise<Response> }[] = [];
    for (let at = 0; at < requests.length; at++) {
      const asked = await cacheableRequest(requests[at]!, "add");
      if (requestMethod(asked) !== "GET") {
        throw new NativeTypeError(`Cannot add ${requestMethod(asked)}: only GET is cached`);
      }
      const response = fetch(asked);
      // One that fails while another is waited for is no stray rejection: its turn comes.
      promiseThen(response, undefined, () => {});
      append(fetched, { asked, response });
    }
    for (let at = 0; at < fetched.length; at++) {
      const { asked, response } = fetched[at]!;
      const status = responseStatus(await response);
      if (status < 200 || status > 299 || status === 206) {
        throw new NativeTypeError(`Cannot add "${requestUrl(asked)}": its status is ${status}`);
      }
    }
    for (let at = 0; at < fetched.length; at++) {
      await apply(put, cache, [fetched[at]!.asked, await fetched[at]!.response]);
    }
  }

  for (const { name, prototype } of [Cache, CacheStorage]) {
    defineProperty(prototype, TO_STRING_TAG, { value: name, configurable: true });
    for (const member of getOwnPropertyNames(prototype)) {
      if (member !== "constructor") defineProperty(prototype, member, { enumerable: true });
    }
  }
  defineProperty(Cache, "length", { value: 0 });
  return { Cache, CacheStorage, caches: new CacheStorage(opened) };
}

/** Gives the app `caches`: an eighth of what it may hold outside its heap. @boot */
export function installCaches(externalBytes: number, fetch: (request: Request) => Promise<Response>): void {
  const now = wallClock;
  const made = createCaches(new CacheStore(floor(externalBytes / 8), now), { now, fetch });
  for (const [name, value] of entries(made)) {
    defineProperty(globalThis, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: name === "caches",
    });
  }
}

function removeAll(store: CacheStore, found: readonly CacheEntry[]): void {
  for (let at = 0; at < found.length; at++) store.remove(found[at]!);
}
