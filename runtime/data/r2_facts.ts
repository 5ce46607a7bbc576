/** What operations of a bucket are told, as JSON where it is much. */
import type { R2Condition, R2Range } from "./r2_condition.ts";

/** What is kept with an object. */
export interface KeptMetadata {
  readonly storageClass: string;
  /** JSON. */
  readonly http: string;
  /** JSON. */
  readonly custom: string;
}

/** A file that the thread of files has written. */
export interface WrittenBytes {
  /** Its name among what is unfinished. */
  readonly name: string;
  readonly hash: string;
  readonly size: number;
}

/** What a put says. */
export interface PutFacts extends KeptMetadata {
  readonly written: WrittenBytes;
  readonly etag: string;
  /** JSON. */
  readonly checksums: string;
  readonly condition: R2Condition | null;
  readonly maxBytes: number;
}

/** What the beginning of an upload of parts says. */
export interface UploadFacts extends KeptMetadata {
  readonly maxBytes: number;
}

/** What an upload of a part says. */
export interface PartFacts {
  readonly upload: string;
  readonly number: number;
  readonly written: WrittenBytes;
  readonly etag: string;
  readonly maxBytes: number;
}

/** What a get says. */
export interface GetFacts {
  readonly condition: R2Condition | null;
  readonly range: R2Range | null;
  /** Up to this many bytes are answered at once. */
  readonly wholeBytes: number;
}

/** A part of a file that holds a part of an object. */
export interface Piece {
  readonly hash: string;
  readonly offset: number;
  readonly length: number;
}
