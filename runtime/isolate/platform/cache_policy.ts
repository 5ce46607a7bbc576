/** What of a response a cache may keep, and for how long: RFC 9111 as Cloudflare's cache applies it. */

/** How a response may be kept. */
export interface Keeping {
  /** Milliseconds; Infinity when the response does not say. */
  readonly lifetimeMs: number;
  /** Names of headers that must not be kept, in lower case. */
  readonly without: ReadonlySet<string>;
}

/** @returns null when the response must not be kept */
export function keepingOf(headers: Headers, nowMs: number): Keeping | null {
  const directives = directivesOf(headers.get("cache-control") ?? "");
  if (directives.has("no-store")) return null;
  const without = new Set<string>();
  for (const name of ["private", "no-cache"]) {
    const fields = directives.get(name);
    if (fields === undefined) continue;
    // With field names, the directive is about these headers only (RFC 9111, 5.2.2.4 and 5.2.2.7).
    if (fields === "") return null;
    for (const field of fields.split(",")) without.add(field.trim().toLowerCase());
  }
  // One visitor's cookie must not reach another, whatever an app forgot to say.
  if (headers.has("set-cookie") && !without.has("set-cookie")) return null;
  const lifetimeMs = lifetimeOf(directives, headers, nowMs);
  return lifetimeMs > 0 ? { lifetimeMs, without } : null;
}

/** Names of request headers that a response depends on, in lower case; "*" for anything. */
export function varyOf(headers: Headers): readonly string[] {
  const names = (headers.get("vary") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "");
}

function lifetimeOf(directives: ReadonlyMap<string, string>, headers: Headers, nowMs: number): number {
  for (const name of ["s-maxage", "max-age"]) {
    const value = directives.get(name);
    // What cannot be read is stale (RFC 9111, 4.2.1).
    if (value !== undefined) return /^\d+$/.test(value) ? Number(value) * 1000 : 0;
  }
  const expires = headers.get("expires");
  if (expires === null) return Infinity;
  // "0" and "-1" are no dates, though Date.parse() takes them for years; as invalid ones they mean stale.
  const atMs = /\d:\d\d:\d\d/.test(expires) ? Date.parse(expires) : NaN;
  return Number.isNaN(atMs) ? 0 : atMs - nowMs;
}

/** Directives by name, with their value, or "" without one. */
function directivesOf(header: string): Map<string, string> {
  const directives = new Map<string, string>();
  for (const [, name, quoted, plain] of header.matchAll(/([\w-]+)(?:\s*=\s*(?:"([^"]*)"|([^,\s]*)))?/g)) {
    const key = name!.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? plain ?? "");
  }
  return directives;
}
