/** What a kept response answers to one request: whole, a range of it, or that nothing has changed, as Workers have it. */
import { rangeOf } from "../bodies/byte_range.ts";
import type { CacheEntry } from "./cache_store.ts";

/** The parts of a Response. */
export interface CachedAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [string, string][];
  readonly body: Uint8Array<ArrayBuffer> | null;
}

const PARTIAL = 206;
const NOT_MODIFIED = 304;
const UNSATISFIABLE = 416;
const { parse: parseDate } = Date;

/** The whole of a kept response. */
export function wholeAnswer({ status, statusText, headers, body }: CacheEntry): CachedAnswer {
  return { status, statusText, headers: headers as [string, string][], body };
}

/** RFC 9110, 13 and 14, for `If-None-Match`, `If-Modified-Since`, `Range` and `If-Range`. */
export function answerFrom(entry: CacheEntry, asked: Headers): CachedAnswer {
  const whole = wholeAnswer(entry);
  if (entry.status !== 200) return whole;
  if (isUnchanged(entry, asked)) {
    return { status: NOT_MODIFIED, statusText: "Not Modified", headers: without(entry, "content-length"), body: null };
  }
  const header = asked.get("range");
  if (header === null || entry.body === null || !isSameAs(entry, asked.get("if-range"))) return whole;
  const size = entry.body.byteLength;
  const range = rangeOf(header, size);
  if (range === "ignored") return whole;
  const headers = without(entry, "content-length", "content-range");
  if (range === "unsatisfiable") {
    headers.push(["content-range", `bytes */${size}`], ["content-length", "0"]);
    return { status: UNSATISFIABLE, statusText: "Range Not Satisfiable", headers, body: null };
  }
  const { first, last } = range;
  headers.push(["content-range", `bytes ${first}-${last}/${size}`], ["content-length", `${last - first + 1}`]);
  return { status: PARTIAL, statusText: "Partial Content", headers, body: entry.body.subarray(first, last + 1) };
}

function isUnchanged(entry: CacheEntry, asked: Headers): boolean {
  const tags = asked.get("if-none-match");
  if (tags !== null) {
    const own = headerOf(entry, "etag");
    if (tags.trim() === "*") return true;
    return own !== null && tags.split(",").some((tag) => weak(tag.trim()) === weak(own));
  }
  const since = asked.get("if-modified-since");
  const modified = headerOf(entry, "last-modified");
  return since !== null && modified !== null && parseDate(modified) <= parseDate(since);
}

/** Whether a range is of the same representation; without a condition it is. */
function isSameAs(entry: CacheEntry, condition: string | null): boolean {
  if (condition === null) return true;
  if (condition.startsWith("W/")) return false;
  return condition === headerOf(entry, condition.startsWith('"') ? "etag" : "last-modified");
}

function weak(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}

function headerOf({ headers }: CacheEntry, wanted: string): string | null {
  return headers.find(([name]) => name === wanted)?.[1] ?? null;
}

function without({ headers }: CacheEntry, ...names: string[]): [string, string][] {
  return headers.filter(([name]) => !names.includes(name)) as [string, string][];
}
