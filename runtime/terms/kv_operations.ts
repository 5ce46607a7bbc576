/** What people do with the KV namespaces of apps, from outside of any app. */
import type { ChangeRequest } from "./change_request.ts";
import type { StoreUse } from "./store_use.ts";

/** A namespace. */
export interface KvNamespaceView {
  /** As nano.json names it; one of a Workers project is named after its app and its id. */
  readonly name: string;
  /** Empty for one that no app names any more. */
  readonly uses: readonly StoreUse[];
  /** That it takes on the disk. */
  readonly bytes: number;
  /** That it may hold: `storage_mb` of the apps that use it. */
  readonly maxBytes: number;
  /** Keys, counted up to a bound. */
  readonly keys: number;
  /** Whether there are more than were counted. */
  readonly hasMoreKeys: boolean;
}

/** A key with all but its value. */
export interface KvKeyView {
  /** The key itself. */
  readonly name: string;
  /** Seconds since the epoch, or null. */
  readonly expiration: number | null;
  /** JSON, or null. */
  readonly metadata: string | null;
}

/** Which keys are wanted. */
export interface KvKeyQuery {
  /** What they begin with, or "". */
  readonly prefix: string;
  /** Of the page before, or null. */
  readonly cursor: string | null;
  /** 1 to 1000. */
  readonly limit: number;
}

/** A page of keys, in the order of their UTF-8 bytes. */
export interface KvKeyPage {
  /** At most as many as were asked for. */
  readonly keys: readonly KvKeyView[];
  /** Where the next page begins, or null when there is none. */
  readonly cursor: string | null;
}

/** A value with what is kept beside it. */
export interface KvValueView {
  /** The value; a long one comes in pieces. */
  readonly body: Uint8Array | ReadableStream<Uint8Array>;
  /** JSON, or null. */
  readonly metadata: string | null;
  /** Seconds since the epoch, or null. */
  readonly expiration: number | null;
}

/** How a value is kept. */
export interface KvPutOptions {
  /** Seconds since the epoch, or null. */
  readonly expiration: number | null;
  /** Seconds from now, or null; wins over the other. */
  readonly expirationTtl: number | null;
  /** JSON, or null. */
  readonly metadata: string | null;
}

/** An entry of a bulk put. */
export interface KvPut extends KvPutOptions {
  /** 1 to 512 bytes. */
  readonly key: string;
  /** Up to 25 MiB. */
  readonly value: Uint8Array;
}

/** What came of a bulk. */
export interface KvBulkOutcome {
  /** Keys that went well. */
  readonly done: number;
  /** The others have changed nothing. */
  readonly failed: readonly { readonly key: string; readonly error: string }[];
}

/** The namespaces; names, keys and values are checked as those of apps are. */
export interface KvOperations {
  /** All that apps name, and those that are left on the disk; sorted by name. */
  list(): Promise<readonly KvNamespaceView[]>;
  /** A page of keys. @throws {NanoError} NOT_FOUND, USAGE */
  keys(namespace: string, query: KvKeyQuery): Promise<KvKeyPage>;
  /** One value. @returns null when there is no such key @throws {NanoError} NOT_FOUND, USAGE */
  get(namespace: string, key: string): Promise<KvValueView | null>;
  /** Up to 100 values. @returns values by key, null where there is none @throws {NanoError} NOT_FOUND, USAGE, BODY_TOO_LARGE */
  getMany(namespace: string, keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array | null>>;
  /** Keeps a value. @throws {NanoError} NOT_FOUND, USAGE, BODY_TOO_LARGE, CONFLICT when the namespace is full */
  put(
    namespace: string,
    entry: KvPutOptions & { readonly key: string; readonly value: Uint8Array | ReadableStream<Uint8Array> },
    by: ChangeRequest,
  ): Promise<void>;
  /** Keeps values; what is refused stops no other. @throws {NanoError} NOT_FOUND, USAGE */
  putMany(namespace: string, entries: readonly KvPut[], by: ChangeRequest): Promise<KvBulkOutcome>;
  /** Deletes keys; those that do not exist are no mistake. @throws {NanoError} NOT_FOUND, USAGE */
  delete(namespace: string, keys: readonly string[], by: ChangeRequest): Promise<void>;
}
