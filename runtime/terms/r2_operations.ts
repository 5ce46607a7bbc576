/** What people do with the R2 buckets of apps, from outside of any app. */
import type { ChangeRequest } from "./change_request.ts";
import type { StoreUse } from "./store_use.ts";

/** A bucket. */
export interface R2BucketView {
  /** As nano.json names it; one of a Workers project is named after its app and its bucket. */
  readonly name: string;
  /** Empty for one that no app names any more. */
  readonly uses: readonly StoreUse[];
  /** That it takes on the disk. */
  readonly bytes: number;
  /** That it may hold: `storage_mb` of the apps that use it. */
  readonly maxBytes: number;
  /** Objects, counted up to a bound. */
  readonly objects: number;
  /** Whether there are more than were counted. */
  readonly hasMoreObjects: boolean;
}

/** What is told of the content of an object to browsers. */
export interface R2Metadata {
  /** Its media type. */
  readonly contentType?: string;
  /** Its languages. */
  readonly contentLanguage?: string;
  /** How it is shown. */
  readonly contentDisposition?: string;
  /** Its codings. */
  readonly contentEncoding?: string;
  /** How it is cached. */
  readonly cacheControl?: string;
  /** Ms since the epoch. */
  readonly cacheExpiry?: number;
}

/** An object without its bytes. */
export interface R2ObjectView {
  /** 1 to 1024 bytes. */
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** The MD5 of its bytes; of several parts something else. */
  readonly etag: string;
  /** Ms since the epoch. */
  readonly uploaded: number;
  /** Kept as it was said. */
  readonly storageClass: string;
  /** For browsers. */
  readonly http: R2Metadata;
  /** The app's own. */
  readonly custom: Readonly<Record<string, string>>;
}

/** Which objects are wanted. */
export interface R2ObjectQuery {
  /** What their keys begin with, or "". */
  readonly prefix: string;
  /** Keys with it behind the prefix are told as one, or null. */
  readonly delimiter: string | null;
  /** Of the page before, or null. */
  readonly cursor: string | null;
  /** 1 to 1000. */
  readonly limit: number;
}

/** A page of objects, in the order of their keys' UTF-8 bytes. */
export interface R2ObjectPage {
  /** At most as many as were asked for. */
  readonly objects: readonly R2ObjectView[];
  /** What keys have in common up to the delimiter. */
  readonly prefixes: readonly string[];
  /** Where the next page begins, or null when there is none. */
  readonly cursor: string | null;
}

/** Bytes to keep. */
export interface R2Value {
  /** 1 to 1024 bytes. */
  readonly key: string;
  /** Streamed to the disk. */
  readonly body: ReadableStream<Uint8Array>;
  /** Of the body, or null when it is not known. */
  readonly size: number | null;
  /** For browsers. */
  readonly http: R2Metadata;
}

/** The buckets; names, keys and values are checked as those of apps are. */
export interface R2Operations {
  /** All that apps name, and those that are left on the disk; sorted by name. */
  list(): Promise<readonly R2BucketView[]>;
  /** A page of objects. @throws {NanoError} NOT_FOUND, USAGE */
  objects(bucket: string, query: R2ObjectQuery): Promise<R2ObjectPage>;
  /** One object without its bytes. @returns null when there is none @throws {NanoError} NOT_FOUND, USAGE */
  head(bucket: string, key: string): Promise<R2ObjectView | null>;
  /** One object. @returns null when there is none @throws {NanoError} NOT_FOUND, USAGE */
  get(
    bucket: string,
    key: string,
    signal: AbortSignal,
  ): Promise<{ readonly object: R2ObjectView; readonly body: Uint8Array | ReadableStream<Uint8Array> } | null>;
  /** Keeps an object. @throws {NanoError} NOT_FOUND, USAGE, BODY_TOO_LARGE, CONFLICT when the bucket is full */
  put(bucket: string, value: R2Value, by: ChangeRequest): Promise<R2ObjectView>;
  /** Deletes objects; those that do not exist are no mistake. @throws {NanoError} NOT_FOUND, USAGE */
  delete(bucket: string, keys: readonly string[], by: ChangeRequest): Promise<void>;
}
