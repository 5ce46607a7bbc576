/** A page of a bucket's keys: objects, and what keys have in common up to a delimiter. */
import { successor } from "./kv_file.ts";
import { entryJson, type EntryOptions, type ObjectFacts } from "./r2_entry.ts";

/** What a page is asked for by. */
export interface R2ListOptions extends EntryOptions {
  readonly prefix: string;
  /** Null for none. */
  readonly delimiter: string | null;
  /** Key after which it begins. */
  readonly startAfter: string | null;
  /** Of the page before, or null. */
  readonly cursor: string | null;
  readonly limit: number;
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
/** Objects that are looked at in one go: few where most belong to what stands for all of them, many elsewhere. */
const MOST_AT_ONCE = 200;
const LEAST_AT_ONCE = 8;

const encoder = new TextEncoder();

/** Objects that a list has to look at next, in the order of their keys' bytes. */
export interface ObjectsWanted {
  readonly from: Uint8Array<ArrayBuffer>;
  /** The least key that is none of them, or null. */
  readonly upper: Uint8Array<ArrayBuffer> | null;
  readonly limit: number;
}

/** What there is of them. */
export interface ObjectsFound {
  readonly objects: readonly ObjectFacts[];
  /** Whether none follow below `upper`; there may be fewer than `limit` all the same. */
  readonly isEnd: boolean;
}

/**
 * Lists: yields what it has to look at, and takes what there is, whether that comes at once or later. A cursor is the least
 * key of the page that follows, in bytes.
 */
export function* listObjects(options: R2ListOptions): Generator<ObjectsWanted, ListedPage, ObjectsFound> {
  const { limit } = options;
  const prefix = encoder.encode(options.prefix);
  const upper = successor(prefix);
  const objects: string[] = [];
  const prefixes: string[] = [];
  let chars = 0;
  let group: string | null = null;
  let atOnce = MOST_AT_ONCE;
  let from: Uint8Array<ArrayBuffer> | null = firstKey(prefix, options);
  while (from !== null) {
    const wanted = Math.min(atOnce, limit + 1 - objects.length - prefixes.length);
    const found: ObjectsFound = yield { from, upper, limit: wanted };
    let last: string | null = null;
    let passed = 0;
    for (const facts of found.objects) {
      const { key } = facts;
      last = key;
      if (group !== null && key.startsWith(group)) {
        passed++;
        continue;
      }
      if (objects.length + prefixes.length >= limit || chars > MAX_PAGE_CHARS) {
        return pageOf(objects, prefixes, encoder.encode(key));
      }
      group = groupOf(key, options);
      const entry = group ?? entryJson(facts, options);
      (group === null ? objects : prefixes).push(entry);
      chars += entry.length;
    }
    atOnce = passed > found.objects.length / 2
      ? Math.max(LEAST_AT_ONCE, Math.trunc(atOnce / 2))
      : Math.min(MOST_AT_ONCE, atOnce * 2);
    if (found.isEnd || last === null) from = null;
    // All that begins with it is one; the next key stands behind all of them.
    else from = group === null ? after(encoder.encode(last)) : successor(encoder.encode(group));
  }
  return pageOf(objects, prefixes, null);
}

/** What a key has in common with others, up to the delimiter behind the prefix; null when it stands for itself. */
export function groupOf(
  key: string,
  { prefix, delimiter }: Pick<R2ListOptions, "prefix" | "delimiter">,
): string | null {
  const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? null : key.slice(0, end + delimiter!.length);
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
