/** Entries of a `Deno.Kv` as one body, and versions as their text. */
import { ENTRY_HEAD_BYTES } from "../protocol/deno_kv.ts";

/** An entry as it is kept. */
export interface EntryRow {
  readonly key: Uint8Array<ArrayBuffer>;
  /** Of protocol/deno_kv.ts. */
  readonly kind: number;
  readonly version: number;
  readonly value: Uint8Array<ArrayBuffer>;
}

/** As protocol/deno_kv.ts tells. */
export function packEntries(rows: readonly EntryRow[]): Uint8Array<ArrayBuffer> {
  const length = rows.reduce((sum, { key, value }) => sum + ENTRY_HEAD_BYTES + key.byteLength + value.byteLength, 0);
  const body = new Uint8Array(length);
  const view = new DataView(body.buffer);
  let at = 0;
  for (const { key, kind, version, value } of rows) {
    view.setUint32(at, key.byteLength);
    view.setUint32(at + 4, value.byteLength);
    view.setUint8(at + 8, kind);
    view.setBigUint64(at + 9, BigInt(version));
    at += ENTRY_HEAD_BYTES;
    body.set(key, at);
    body.set(value, at + key.byteLength);
    at += key.byteLength + value.byteLength;
  }
  return body;
}

/** The text of a version: texts are in the order of their versions. */
export function versionstamp(version: number): string {
  return `${version.toString(16).padStart(16, "0")}0000`;
}
