/** A page of a bucket's keys: objects, and what keys have in common up to a delimiter. */
import { successor } from "./kv_file.ts";
import type { ObjectRow, R2Statements } from "./r2_tables.ts";
import { entryJson } from "./r2_entry.ts";

/** What a page is asked for by. */
export interface R2ListOptions {
  readonly prefix: string;
  /** Null for none. */
  readonly delimiter: string | null;
  /** Key after which it begins. */
  readonly startAfter: string | null;
  /** Of the page before, or null. */
  readonly cursor: string | null;
  readonly limit: number;
  readonly withHttp: boolean;
  readonly withCustom: boolean;
}

/** A page. */
export interface ListedPage {
  /** JSON of a list of entries. */
  readonly objects: string;
  /** JSON of a list of texts. */
  readonly prefixes: string;
  /** Where the next one begins, or null. */
  readonly cursor: string | null;
}

/** R2 itself gives fewer objects than asked for when their metadata would take more than this. */
const MAX_PAGE_CHARS = 1024 * 1024;
const ROWS_A_QUERY = 200;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Lists; a cursor is the least key of the page that follows, in bytes. */
export function listObjects(statements: R2Statements, options: R2ListOptions): ListedPage {
  const { delimiter, limit } = options;
  const prefix = encoder.encode(options.prefix);
  const upper = successor(prefix);
  const objects: string[] = [];
  const prefixes: string[] = [];
  let chars = 0;
  let from: Uint8Array<ArrayBuffer> | null = firstKey(prefix, options);
  pages: while (from !== null) {
    const wanted = Math.min(ROWS_A_QUERY, limit + 1 - objects.length - prefixes.length);
    const rows: readonly ObjectRow[] = rowsOf(statements, { from, upper, limit: wanted });
    let next: Uint8Array<ArrayBuffer> | null = null;
    for (const row of rows) {
      if (objects.length + prefixes.length >= limit || chars > MAX_PAGE_CHARS) {
        return pageOf(objects, prefixes, row.key);
      }
      const key = decoder.decode(row.key);
      const end = delimiter === null ? -1 : key.indexOf(delimiter, options.prefix.length);
      if (end >= 0) {
        const group = key.slice(0, end + delimiter!.length);
        prefixes.push(group);
        chars += group.length;
        // All that begins with it is one; the next key stands behind all of them.
        from = successor(encoder.encode(group));
        continue pages;
      }
      const entry = entryJson(row, options);
      objects.push(entry);
      chars += entry.length;
      next = after(row.key);
    }
    from = rows.length < wanted ? null : next;
  }
  return pageOf(objects, prefixes, null);
}

function rowsOf(
  statements: R2Statements,
  { from, upper, limit }: {
    readonly from: Uint8Array<ArrayBuffer>;
    readonly upper: Uint8Array<ArrayBuffer> | null;
    readonly limit: number;
  },
): readonly ObjectRow[] {
  const rows = upper === null ? statements.list.all(from, limit) : statements.listTo.all(from, upper, limit);
  return rows as unknown as readonly ObjectRow[];
}

function firstKey(
  prefix: Uint8Array<ArrayBuffer>,
  { startAfter, cursor }: R2ListOptions,
): Uint8Array<ArrayBuffer> {
  const bounds = [prefix];
  if (startAfter !== null) bounds.push(after(encoder.encode(startAfter)));
  if (cursor !== null) bounds.push(bytesOfHex(cursor));
  return bounds.reduce((one, other) => compare(one, other) >= 0 ? one : other);
}

/** The least bytes above these. */
function after(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(bytes.byteLength + 1);
  next.set(bytes);
  return next;
}

function compare(one: Uint8Array, other: Uint8Array): number {
  const length = Math.min(one.byteLength, other.byteLength);
  for (let at = 0; at < length; at++) if (one[at] !== other[at]) return one[at]! - other[at]!;
  return one.byteLength - other.byteLength;
}

function pageOf(objects: readonly string[], prefixes: readonly string[], next: Uint8Array | null): ListedPage {
  const cursor = next === null ? null : (next as Uint8Array & { toHex(): string }).toHex();
  return { objects: `[${objects.join(",")}]`, prefixes: JSON.stringify(prefixes), cursor };
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return (Uint8Array as unknown as { fromHex(hex: string): Uint8Array<ArrayBuffer> }).fromHex(hex);
}
