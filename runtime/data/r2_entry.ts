/** What is told of an object, as JSON: the isolate makes an R2Object of it. */
import type { KeptMetadata } from "./r2_facts.ts";

/** What is known of an object, whoever keeps it. */
export interface ObjectFacts extends KeptMetadata {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly etag: string;
  /** Ms since the epoch. */
  readonly uploaded: number;
  /** JSON of hexadecimal digests by algorithm. */
  readonly checksums: string;
}

/** What of it is told beside the rest. */
export interface EntryOptions {
  readonly withHttp: boolean;
  readonly withCustom: boolean;
}

/** All of it. */
export const WHOLE_ENTRY: EntryOptions = { withHttp: true, withCustom: true };

/** JSON of an R2Entry (protocol/r2_entry.ts); what is kept as JSON is not parsed on the way. */
export function entryJson(facts: ObjectFacts, { withHttp, withCustom }: EntryOptions): string {
  const { key, version, size, etag, uploaded, storageClass } = facts;
  const head = JSON.stringify({ key, version, size, etag, uploaded, storageClass });
  const http = withHttp ? `,"http":${facts.http}` : "";
  const custom = withCustom ? `,"custom":${facts.custom}` : "";
  return `${head.slice(0, -1)},"checksums":${facts.checksums}${http}${custom}}`;
}
