/** What of a response a cache may keep, and for how long: RFC 9111 as Cloudflare's cache applies it. */
import {
  headersGet,
  headersHas,
  isNotANumber,
  matches,
  NativeNumber,
  parseDate,
  regExpExec,
  stringSlice,
  stringToLowerCase,
  stringTrim,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { append, filterList, listHas, mapList, splitText } from "../../protocol/safe_lists.ts";

/** How a response may be kept. */
export interface Keeping {
  /** Milliseconds; Infinity when the response does not say. */
  readonly lifetimeMs: number;
  /** Names of headers that must not be kept, in lower case. */
  readonly without: readonly string[];
}

/** Directives by name, with their value, or "" without one. */
type Directives = SafeMap<string, string>;

/** They forbid to keep a response, or with a value only some of its headers. */
const NOT_FOR_ALL = ["private", "no-cache"];
const MAX_AGES = ["s-maxage", "max-age"];
const NUMBER = /^\d+$/;
const TIME_OF_DAY = /\d:\d\d:\d\d/;
/** The next directive; what stands before it is skipped. */
const DIRECTIVE = /([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^,\s]*)))?/;

/** @returns null when the response must not be kept */
export function keepingOf(headers: Headers, nowMs: number): Keeping | null {
  const directives: Directives = directivesOf(headersGet(headers, "cache-control") ?? "");
  if (directives.has("no-store")) return null;
  const without: string[] = [];
  for (let at = 0; at < NOT_FOR_ALL.length; at++) {
    const fields = directives.get(NOT_FOR_ALL[at]!);
    if (fields === undefined) continue;
    // With field names, the directive is about these headers only (RFC 9111, 5.2.2.4 and 5.2.2.7).
    if (fields === "") return null;
    const names = namesOf(fields);
    for (let name = 0; name < names.length; name++) append(without, names[name]!);
  }
  // One visitor's cookie must not reach another, whatever an app forgot to say.
  if (headersHas(headers, "set-cookie") && !listHas(without, "set-cookie")) return null;
  const lifetimeMs = lifetimeOf(directives, headers, nowMs);
  return lifetimeMs > 0 ? { lifetimeMs, without } : null;
}

/** Names of request headers that a response depends on, in lower case; "*" for anything. */
export function varyOf(headers: Headers): readonly string[] {
  return filterList(namesOf(headersGet(headers, "vary") ?? ""), (name) => name !== "");
}

function namesOf(list: string): string[] {
  return mapList(splitText(list, ","), (name) => stringToLowerCase(stringTrim(name)));
}

function lifetimeOf(directives: Directives, headers: Headers, nowMs: number): number {
  for (let at = 0; at < MAX_AGES.length; at++) {
    const value = directives.get(MAX_AGES[at]!);
    // What cannot be read is stale (RFC 9111, 4.2.1).
    if (value !== undefined) return matches(NUMBER, value) ? NativeNumber(value) * 1000 : 0;
  }
  const expires = headersGet(headers, "expires");
  if (expires === null) return Infinity;
  // "0" and "-1" are no dates, though Date.parse() takes them for years; as invalid ones they mean stale.
  const atMs = matches(TIME_OF_DAY, expires) ? parseDate(expires) : NaN;
  return isNotANumber(atMs) ? 0 : atMs - nowMs;
}

function directivesOf(header: string): Directives {
  const directives = new SafeMap<string, string>();
  let rest = header;
  for (let found = regExpExec(DIRECTIVE, rest); found !== null; found = regExpExec(DIRECTIVE, rest)) {
    const key = stringToLowerCase(found[1]!);
    if (!directives.has(key)) directives.set(key, found[2] ?? found[3] ?? "");
    rest = stringSlice(rest, found.index + found[0].length);
  }
  return directives;
}
