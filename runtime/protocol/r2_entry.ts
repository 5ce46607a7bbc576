/** What is told of an object of R2, as JSON: the host writes it, an isolate makes an R2Object of it. */

/** Its members. */
export interface R2Entry {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly etag: string;
  /** Ms since the epoch. */
  readonly uploaded: number;
  readonly storageClass: string;
  /** Hexadecimal, by algorithm. */
  readonly checksums: Readonly<Record<string, string>>;
  /** Missing when it was not asked for; `cacheExpiry` is ms since the epoch. */
  readonly http?: Readonly<Record<string, string | number>>;
  /** Missing when it was not asked for. */
  readonly custom?: Readonly<Record<string, string>>;
}
