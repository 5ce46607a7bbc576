/** What is told of an object, as JSON: the isolate makes an R2Object of it. */
import type { ObjectRow } from "./r2_tables.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** JSON of an R2Entry (protocol/r2_entry.ts); what its row has as JSON is not parsed on the way. */
export function entryJson(
  row: ObjectRow,
  { withHttp, withCustom }: { readonly withHttp: boolean; readonly withCustom: boolean },
): string {
  const { version, size, etag, uploaded, storage_class: storageClass } = row;
  const head = JSON.stringify({ key: decoder.decode(row.key), version, size, etag, uploaded, storageClass });
  const http = withHttp ? `,"http":${row.http}` : "";
  const custom = withCustom ? `,"custom":${row.custom}` : "";
  return `${head.slice(0, -1)},"checksums":${row.checksums}${http}${custom}}`;
}
