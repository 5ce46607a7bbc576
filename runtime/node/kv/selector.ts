/** Which entries a list has: selectors as ranges of keys, cursors as the end of the last key that was read. */
import { encodeKey } from "./keys.ts";

/** As Deno.Kv takes it. */
export interface Selector {
  readonly prefix?: unknown;
  readonly start?: unknown;
  readonly end?: unknown;
}

/** Keys from the first one on, up to the end, without it. */
export interface KeyRange {
  readonly first: Uint8Array;
  readonly end: Uint8Array;
  /** What all of them begin with; a cursor does not repeat it. */
  readonly common: Uint8Array;
}

/** The parts of a selector that there are. @throws {TypeError} when they are no selector */
export function checkedSelector(given: Selector): Selector {
  if (given === undefined || given === null) throw new TypeError("Cannot convert undefined or null to object");
  const { prefix, start, end } = given;
  if (prefix !== undefined) {
    if (start !== undefined && end !== undefined) {
      throw new TypeError("Selector can not specify both 'start' and 'end' key when specifying 'prefix'");
    }
    return { prefix, start, end };
  }
  if (start !== undefined && end !== undefined) return { start, end };
  throw new TypeError("Selector must specify either 'prefix' or both 'start' and 'end' key");
}

/** @throws {TypeError} for a range that is none */
export function keyRangeOf({ prefix, start, end }: Selector): KeyRange {
  const from = start === undefined ? null : encodeKey(start);
  const to = end === undefined ? null : encodeKey(end);
  if (prefix === undefined) {
    if (compare(from!, to!) > 0) throw new TypeError("Start key is greater than end key");
    return { first: from!, end: to!, common: commonOf(from!, to!) };
  }
  const common = encodeKey(prefix);
  const isBelow = (key: Uint8Array) => key.length > common.length && commonOf(key, common).length === common.length;
  if (from !== null && !isBelow(from)) throw new TypeError("Start key is not in the keyspace defined by prefix");
  if (to !== null && !isBelow(to)) throw new TypeError("End key is not in the keyspace defined by prefix");
  return { first: from ?? joined(common, [0]), end: to ?? joined(common, [0xff]), common };
}

/** What is left of a range behind a cursor. @throws {TypeError} for what is none */
export function behindCursor(range: KeyRange, cursor: string, reverse: boolean): KeyRange {
  let own: Uint8Array;
  try {
    own = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
  } catch {
    throw new TypeError("invalid cursor");
  }
  return behindKey(range, joined(range.common, own), reverse);
}

/** What is left of a range behind a key. */
export function behindKey(range: KeyRange, key: Uint8Array, reverse: boolean): KeyRange {
  if (reverse) {
    if (compare(key, range.end) > 0) throw new TypeError("cursor out of bounds");
    return { ...range, end: key };
  }
  const first = joined(key, [0]);
  if (compare(first, range.first) < 0) throw new TypeError("cursor out of bounds");
  return { ...range, first };
}

/** Where to go on after a key. */
export function cursorOf({ common }: KeyRange, key: Uint8Array): string {
  return key.slice(common.length).toBase64({ alphabet: "base64url" });
}

function joined(bytes: Uint8Array, more: Iterable<number>): Uint8Array {
  return new Uint8Array([...bytes, ...more]);
}

function commonOf(one: Uint8Array, other: Uint8Array): Uint8Array {
  let length = 0;
  while (length < Math.min(one.length, other.length) && one[length] === other[length]) length++;
  return one.slice(0, length);
}

function compare(one: Uint8Array, other: Uint8Array): number {
  const { length } = commonOf(one, other);
  if (length === one.length || length === other.length) return one.length - other.length;
  return one[length]! - other[length]!;
}
