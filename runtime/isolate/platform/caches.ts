/** `caches`: the Cache API as Workers have it, in the memory of the app's own isolate and never shared. */
import { bare } from "../../protocol/bare.ts";
import { keepingOf, varyOf } from "./cache_policy.ts";
import { answerFrom, type CachedAnswer, wholeAnswer } from "./cached_answer.ts";
import { type CacheEntry, CacheStore } from "./cache_store.ts";
import { withoutBase } from "../traffic/relative_urls.ts";

/** How a request is compared with kept ones. */
export interface MatchOptions {
  readonly ignoreMethod?: boolean;
  readonly ignoreSearch?: boolean;
  readonly ignoreVary?: boolean;
}

/** Named caches of an app; each weighs little, but their names are the app's choice. */
const MAX_CACHES = 1000;

const opened = Symbol("opened");
const NativeResponse = Response;
const NativeRequest = Request;
const NativePromise = Promise;
const NativeUint8Array = Uint8Array;

/** Makes the classes over one store, and the app's one CacheStorage. */
export function createCaches(
  store: CacheStore,
  { now, fetch }: { readonly now: () => number; readonly fetch: (request: Request) => Promise<Response> },
) {
  class Cache {
    readonly #name: string | null;

    constructor(key?: unknown, name: string | null = null) {
      if (key !== opened) throw new TypeError("Illegal constructor");
      this.#name = name;
    }

    /** The kept response to a request, a range of it or "not modified" where it asks for that; or undefined. */
    async match(request: RequestInfo | URL, options?: MatchOptions): Promise<Response | undefined> {
      const asked = await requestOf(request, "match");
      const entry = this.#find(asked, options ?? {})[0];
      if (entry === undefined) return undefined;
      store.touch(entry);
      return responseOf(answerFrom(entry, asked.headers));
    }

    /** Every kept response to a request, or all there are. */
    async matchAll(request?: RequestInfo | URL, options?: MatchOptions): Promise<readonly Response[]> {
      const entries = await this.#listed(request, options, "matchAll");
      return Object.freeze(entries.map((entry) => responseOf(wholeAnswer(entry))));
    }

    /** The requests of the kept responses, in the order in which they were put. */
    async keys(request?: RequestInfo | URL, options?: MatchOptions): Promise<readonly Request[]> {
      const entries = await this.#listed(request, options, "keys");
      return Object.freeze(entries.map(({ url, requestHeaders }) => {
        return new NativeRequest(url, bare({ headers: requestHeaders as [string, string][] }));
      }));
    }

    /** Fetches a request and keeps the response. */
    async add(request: RequestInfo | URL): Promise<void> {
      await this.addAll([request]);
    }

    /** Fetches requests and keeps the responses: all or, when one of them fails, none. */
    async addAll(requests: readonly (RequestInfo | URL)[]): Promise<void> {
      const asked = await NativePromise.all([...requests].map((request) => requestOf(request, "add")));
      const fetched = await NativePromise.all(asked.map(async (request) => {
        if (request.method !== "GET") throw new TypeError(`Cannot add ${request.method}: only GET is cached`);
        const response = await fetch(request);
        if (response.ok && response.status !== 206) return response;
        throw new TypeError(`Cannot add "${request.url}": its status is ${response.status}`);
      }));
      for (const [at, request] of asked.entries()) await this.put(request, fetched[at]!);
    }

    /** Keeps a response, unless its headers forbid it. */
    async put(request: RequestInfo | URL, response: Response): Promise<void> {
      const asked = await requestOf(request, "put");
      if (asked.method !== "GET") throw new TypeError(`Cannot put a response to ${asked.method}: only GET is cached`);
      if (!(response instanceof NativeResponse)) throw new TypeError("Cannot put what is no Response");
      const { status, headers } = response;
      if (status === 206) throw new TypeError("Cannot put a partial response (206)");
      if (status < 200) throw new TypeError(`Cannot put a response of status ${status}`);
      const vary = varyOf(headers);
      if (vary.includes("*")) throw new TypeError('Cannot put a response with "Vary: *"');
      if (response.bodyUsed || response.body?.locked) throw new TypeError("Cannot put a response whose body is used");
      const keeping = keepingOf(headers, now());
      if (keeping === null) {
        await response.body?.cancel();
        for (const old of this.#find(asked, {})) store.remove(old);
        return;
      }
      const body = await readBody(response, store.maxBytes);
      const entry: CacheEntry = {
        cache: this.#name,
        url: keyOf(asked),
        requestHeaders: [...asked.headers],
        vary: vary.map((name) => [name, asked.headers.get(name)]),
        status,
        statusText: response.statusText,
        headers: [...headers].filter(([name]) => !keeping.without.has(name)),
        body,
        expiresAt: now() + keeping.lifetimeMs,
      };
      for (const old of this.#find(asked, {})) store.remove(old);
      if (!store.add(entry)) throw tooLarge(store.maxBytes);
    }

    /** Lets responses go. @returns whether there were any */
    async delete(request: RequestInfo | URL, options?: MatchOptions): Promise<boolean> {
      const found = this.#find(await requestOf(request, "delete"), options ?? {});
      for (const entry of found) store.remove(entry);
      return found.length > 0;
    }

    async #listed(
      request: RequestInfo | URL | undefined,
      options: MatchOptions | undefined,
      action: string,
    ): Promise<CacheEntry[]> {
      if (request === undefined) return store.all(this.#name);
      return this.#find(await requestOf(request, action), options ?? {});
    }

    #find(request: Request, { ignoreMethod, ignoreSearch, ignoreVary }: MatchOptions): CacheEntry[] {
      if (request.method !== "GET" && ignoreMethod !== true) return [];
      return store.find({
        cache: this.#name,
        url: keyOf(request),
        headers: request.headers,
        ignoreSearch: ignoreSearch === true,
        ignoreVary: ignoreVary === true,
      });
    }
  }

  class CacheStorage {
    readonly #default: Cache;
    readonly #named = new Map<string, Cache>();

    constructor(key?: unknown) {
      if (key !== opened) throw new TypeError("Illegal constructor");
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
          throw new DOMException(`Cannot open "${key}": ${MAX_CACHES} caches exist already`, "QuotaExceededError");
        }
        this.#named.set(key, cache = new Cache(opened, key));
      }
      return cache;
    }

    /** What the first cache with a name that has a response says; `cacheName` names the one to look at. */
    async match(
      request: RequestInfo | URL,
      options: MatchOptions & { readonly cacheName?: string } = {},
    ): Promise<Response | undefined> {
      const { cacheName } = options;
      for (const [name, cache] of this.#named) {
        if (cacheName !== undefined && `${cacheName}` !== name) continue;
        const found = await cache.match(request, options);
        if (found !== undefined) return found;
      }
      return undefined;
    }

    has(name: string): Promise<boolean> {
      return Promise.resolve(this.#named.has(`${name}`));
    }

    /** Lets a cache go with all it keeps. @returns whether there was one */
    delete(name: string): Promise<boolean> {
      store.clear(`${name}`);
      return Promise.resolve(this.#named.delete(`${name}`));
    }

    keys(): Promise<string[]> {
      return Promise.resolve([...this.#named.keys()]);
    }
  }

  for (const { name, prototype } of [Cache, CacheStorage]) {
    Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
    for (const member of Object.getOwnPropertyNames(prototype)) {
      if (member !== "constructor") Object.defineProperty(prototype, member, { enumerable: true });
    }
  }
  Object.defineProperty(Cache, "length", { value: 0 });
  return { Cache, CacheStorage, caches: new CacheStorage(opened) };
}

/** Gives the app `caches`: an eighth of what it may hold outside its heap. */
export function installCaches(externalBytes: number, fetch: (request: Request) => Promise<Response>): void {
  const now = Date.now;
  const made = createCaches(new CacheStore(Math.floor(externalBytes / 8), now), { now, fetch });
  for (const [name, value] of Object.entries(made)) {
    Object.defineProperty(globalThis, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: name === "caches",
    });
  }
}

/** @throws {TypeError} for what is no HTTP request */
// deno-lint-ignore require-await -- a failure must be a rejection
async function requestOf(input: RequestInfo | URL, action: string): Promise<Request> {
  const request = input instanceof NativeRequest ? input : withoutBase(() => new NativeRequest(input));
  if (!/^https?:/.test(request.url)) {
    throw new TypeError(`Cannot ${action} "${request.url}": its scheme is not http(s)`);
  }
  return request;
}

function responseOf({ body, ...init }: CachedAnswer): Response {
  return new NativeResponse(body, bare(init));
}

function keyOf({ url }: Request): string {
  const fragment = url.indexOf("#");
  return fragment < 0 ? url : url.slice(0, fragment);
}

/** Reads a body that may be no longer than a whole cache. */
async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (response.body === null) return null;
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!(value instanceof NativeUint8Array)) throw new TypeError("Cannot put a stream chunk that is no Uint8Array");
    size += value.byteLength;
    if (size > maxBytes) {
      const error = tooLarge(maxBytes);
      await reader.cancel(error);
      throw error;
    }
    chunks.push(value);
  }
  const whole = new NativeUint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

function tooLarge(maxBytes: number): DOMException {
  return new DOMException(`Cannot put the response: the app's caches hold ${maxBytes} bytes`, "QuotaExceededError");
}
