/** A bucket as bindings use it; NANO's own engine keeps one on this machine's disk, another may elsewhere. */
import type { Extent, R2Condition, R2Range } from "./r2_condition.ts";
import type { DigestName } from "./file_messages.ts";
import type { KeptMetadata, UploadFacts } from "./r2_facts.ts";
import type { ListedPage, R2ListOptions } from "./r2_listing.ts";
import type { SentPart } from "./r2_parts.ts";

/** Bytes on their way in; their buffers may be detached. */
export type R2Body = Uint8Array | ReadableStream<Uint8Array>;

/** What a get came to. */
export interface R2Found {
  /** JSON of an entry (data/r2_entry.ts). */
  readonly entry: string;
  /** Null when the condition does not hold. */
  readonly content: Extent & { readonly body: R2Body } | null;
}

/** What a write came to. */
export interface R2Written {
  /** JSON of an entry, or null when the condition does not hold. */
  readonly entry: string | null;
  /** What the bucket holds. */
  readonly storedBytes: number;
}

/** How bytes are taken in. */
export interface TakeOptions {
  /** How many there are, fewer or more are refused; null when nobody knows. */
  readonly size: number | null;
  /** That the bucket may hold. */
  readonly maxBytes: number;
  /** Gives the call up. */
  readonly signal: AbortSignal;
}

/** How an object is put. */
export interface PutOptions extends TakeOptions, KeptMetadata {
  readonly condition: R2Condition | null;
  /** Digests that its bytes have to have, hexadecimal. */
  readonly checksums: ReadonlyMap<DigestName, string>;
}

/**
 * A bucket. What was written is on the disk when its promise settles.
 * Methods throw BindingErrors for what the app is told.
 */
export interface R2Store {
  /** @returns JSON of the entry, or null */
  head(key: string): Promise<string | null>;
  /** What it holds; objects are counted up to a bound. */
  count(most: number): Promise<{ readonly bytes: number; readonly objects: number }>;
  /** @param options.signal closes the files of a body that is still being read */
  get(key: string, options: {
    readonly condition: R2Condition | null;
    readonly range: R2Range | null;
    readonly signal: AbortSignal;
  }): Promise<R2Found | null>;
  put(key: string, body: R2Body, options: PutOptions): Promise<R2Written>;
  /** @returns bytes that the bucket holds */
  delete(keys: readonly string[]): Promise<number>;
  list(options: R2ListOptions): Promise<ListedPage>;
  /** @returns id of the upload */
  createUpload(key: string, facts: UploadFacts): Promise<string>;
  uploadPart(
    key: string,
    part: { readonly upload: string; readonly number: number },
    body: R2Body,
    options: TakeOptions,
  ): Promise<{ readonly etag: string; readonly storedBytes: number }>;
  completeUpload(key: string, upload: string, parts: readonly SentPart[]): Promise<R2Written>;
  /** @returns bytes that the bucket holds */
  abortUpload(key: string, upload: string): Promise<number>;
}
