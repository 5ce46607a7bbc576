/** What is told of an object, as JSON: the isolate makes an R2Object of it. */
import type { ObjectRow } from "./r2_tables.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The members that {@linkcode entryOf} writes. */
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

/** JSON of an {@linkcode R2Entry}; what its row has as JSON is not parsed on the way. */
export function entryOf(
  row: ObjectRow,
  { withHttp, withCustom }: { readonly withHttp: boolean; readonly withCustom: boolean },
): string {
  const { version, size, etag, uploaded, storage_class: storageClass } = row;
  const head = JSON.stringify({ key: decoder.decode(row.key), version, size, etag, uploaded, storageClass });
  const http = withHttp ? `,"http":${row.http}` : "";
  const custom = withCustom ? `,"custom":${row.custom}` : "";
  return `${head.slice(0, -1)},"checksums":${row.checksums}${http}${custom}}`;
}
