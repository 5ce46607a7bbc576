/** What a kept response answers to one request: whole, a range of it, or that nothing has changed, as Workers have it. */
import {
  bytesLength,
  headersGet,
  parseDate,
  stringSlice,
  stringStartsWith,
  stringTrim,
} from "../../protocol/primordials.ts";
import { append, filterList, findInList, listHas, mapList, splitText } from "../../protocol/safe_lists.ts";
import { partOf } from "../bodies/byte_parts.ts";
import { byteRangeOf } from "../bodies/byte_range.ts";
import type { CacheEntry } from "./cache_store.ts";

/** The parts of a Response. */
export interface CachedAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: CacheEntry["headers"];
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const PARTIAL = 206;
const NOT_MODIFIED = 304;
const UNSATISFIABLE = 416;

/** The whole of a kept response. */
export function wholeAnswer({ status, statusText, headers, body }: CacheEntry): CachedAnswer {
  return { status, statusText, headers, body };
}

/** RFC 9110, 13 and 14, for `If-None-Match`, `If-Modified-Since`, `Range` and `If-Range`. */
export function answerFrom(entry: CacheEntry, asked: Headers): CachedAnswer {
  const whole = wholeAnswer(entry);
  if (entry.status !== 200) return whole;
  if (isUnchanged(entry, asked)) {
    return {
      status: NOT_MODIFIED,
      statusText: "Not Modified",
      headers: without(entry, ["content-length"]),
      body: null,
    };
  }
  const header = headersGet(asked, "range");
  if (header === null || entry.body === null || !isSameAs(entry, headersGet(asked, "if-range"))) return whole;
  const size = bytesLength(entry.body);
  const range = byteRangeOf(header, size);
  if (range === "ignored") return whole;
  const headers = without(entry, ["content-length", "content-range"]);
  if (range === "unsatisfiable") {
    append(headers, ["content-range", `bytes */${size}`]);
    append(headers, ["content-length", "0"]);
    return { status: UNSATISFIABLE, statusText: "Range Not Satisfiable", headers, body: null };
  }
  const { first, last } = range;
  append(headers, ["content-range", `bytes ${first}-${last}/${size}`]);
  append(headers, ["content-length", `${last - first + 1}`]);
  return { status: PARTIAL, statusText: "Partial Content", headers, body: partOf(entry.body, first, last + 1) };
}

function isUnchanged(entry: CacheEntry, asked: Headers): boolean {
  const tags = headersGet(asked, "if-none-match");
  if (tags !== null) {
    const own = headerOf(entry, "etag");
    if (stringTrim(tags) === "*") return true;
    return own !== null && listHas(mapList(splitText(tags, ","), (tag) => strong(stringTrim(tag))), strong(own));
  }
  const since = headersGet(asked, "if-modified-since");
  const modified = headerOf(entry, "last-modified");
  return since !== null && modified !== null && parseDate(modified) <= parseDate(since);
}

/** Whether a range is of the same representation; without a condition it is. */
function isSameAs(entry: CacheEntry, condition: string | null): boolean {
  if (condition === null) return true;
  if (stringStartsWith(condition, "W/")) return false;
  return condition === headerOf(entry, stringStartsWith(condition, '"') ? "etag" : "last-modified");
}

/** A tag for the weak comparison. */
function strong(tag: string): string {
  return stringStartsWith(tag, "W/") ? stringSlice(tag, 2) : tag;
}

function headerOf({ headers }: CacheEntry, wanted: string): string | null {
  return findInList(headers, (header) => header[0] === wanted)?.[1] ?? null;
}

function without({ headers }: CacheEntry, names: readonly string[]): (readonly [string, string])[] {
  return filterList(headers, (header) => !listHas(names, header[0]));
}
