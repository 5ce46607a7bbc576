/** URL patterns of `_headers` and `_redirects`: one splat, placeholders, and a host where one is named. */

/** Longer paths fit no pattern with a splat or placeholder; a file of such a name cannot be asked for either. */
const MAX_PATH_CHARS = 4096;
/** A hundred patterns of 480, which a line has room for, take a second to compile. */
const MAX_PLACEHOLDERS = 32;
/** Clients and proxies take 8 to 16 KiB of one header. */
const MAX_FILLED_CHARS = 8192;
const PLACEHOLDER = /:([A-Za-z]\w*)/g;
/** What stands for a placeholder and a splat in a host, and in a path. */
const HOST = { splat: "(?<splat>[^/]*)", placeholder: "[^/.]+" };
const PATH = { splat: "(?<splat>.*)", placeholder: "[^/]+" };

/** What a pattern found in a path: values of its placeholders, and `splat`. */
export type PatternValues = Readonly<Record<string, string>>;

/** A pattern that can be matched. */
export interface RulePattern {
  /** Null when it does not fit. @param path canonical, see {@linkcode canonicalPath} */
  match(hostname: string, path: string): PatternValues | null;
}

/** Whether a pattern has a splat or placeholders. */
export function isDynamic(pattern: string): boolean {
  return pattern.includes("*") || pattern.search(PLACEHOLDER) >= 0;
}

/**
 * Makes a pattern ready for use.
 *
 * Between two slashes (in a host: dots) stands one splat or placeholder at most: more of them would take a power of the
 * path's length to fail, on the thread of all apps.
 *
 * @param pattern a path, or `https://host/path`
 * @returns what is wrong with it, as a text
 */
export function rulePattern(pattern: string): RulePattern | string {
  const withHost = pattern.startsWith("https://");
  const hostEnd = withHost ? pattern.indexOf("/", "https://".length) : 0;
  const parts = [...pattern.slice(0, hostEnd).split(/[/.]/), ...pattern.slice(hostEnd).split("/")];
  if (pattern.split("*").length > 2) return "there may be one splat (*) in a URL";
  if (parts.some((part) => part.split("*").length - 1 + [...part.matchAll(PLACEHOLDER)].length > 1)) {
    return "between two slashes there may be one splat or placeholder";
  }
  const names = [...pattern.matchAll(PLACEHOLDER)].map(([, name]) => name);
  if (names.length > MAX_PLACEHOLDERS) return `there are more than ${MAX_PLACEHOLDERS} placeholders`;
  if (new Set(names).size < names.length) return "two placeholders have one name";
  if (names.includes("splat") && pattern.includes("*")) return 'a placeholder and the splat are both called "splat"';
  const finder = withSplat(pattern, hostEnd);
  return {
    match(hostname, path) {
      if (path.length > MAX_PATH_CHARS) return null;
      // As on Cloudflare: "https" stands for whatever scheme the request came by.
      return finder(withHost ? `https://${hostname}${path}` : path);
    },
  };
}

/**
 * What follows a splat is looked for in one place only, which the number of its slashes tells: to try each place takes
 * the path's length times the pattern's, and a file may have a hundred of them.
 */
function withSplat(pattern: string, hostEnd: number): (text: string) => PatternValues | null {
  const splat = pattern.indexOf("*");
  // One in the host ends with it, and is no longer than a host.
  if (splat < hostEnd) {
    const whole = new RegExp(`^${sourceOf(pattern.slice(0, hostEnd), HOST)}${sourceOf(pattern.slice(hostEnd), PATH)}$`);
    return (text) => groupsOf(whole.exec(text));
  }
  const before = sourceOf(pattern.slice(0, hostEnd), HOST) + sourceOf(pattern.slice(hostEnd, splat), PATH);
  const head = new RegExp(`^${before}(?<splat>.*)$`);
  const after = pattern.slice(splat + 1);
  const tail = new RegExp(`^${sourceOf(after, PATH)}$`);
  const [fixed, ...segments] = after.split("/") as [string, ...string[]];
  return (text) => {
    let end = text.length;
    for (let left = segments.length; left > 0; left--) {
      end = end > 0 ? text.lastIndexOf("/", end - 1) : -1;
      if (end < 0) return null;
    }
    const at = end - fixed.length;
    if (at < 0) return null;
    const found = groupsOf(tail.exec(text.slice(at)));
    if (found === null) return null;
    const rest = groupsOf(head.exec(text.slice(0, at)));
    return rest === null ? null : { ...rest, ...found };
  };
}

function groupsOf(found: RegExpExecArray | null): PatternValues | null {
  return found === null ? null : found.groups ?? {};
}

function sourceOf(text: string, { splat, placeholder }: typeof PATH): string {
  let at = 0;
  let source = "";
  for (const { 0: whole, 1: name, index } of text.matchAll(/\*|:([A-Za-z]\w*)/g)) {
    source += RegExp.escape(text.slice(at, index)) + (whole === "*" ? splat : `(?<${name}>${placeholder})`);
    at = index + whole.length;
  }
  return source + RegExp.escape(text.slice(at));
}

/**
 * A text with what was found in the place of `:name`; each place is filled once, from left to right.
 * @returns null when it gets longer than any client takes: a line has room for hundreds of places
 */
export function filled(text: string, found: PatternValues): string | null {
  const names = Object.keys(found).sort((one, other) => other.length - one.length);
  if (names.length === 0) return text;
  const place = new RegExp(`:(${names.map(RegExp.escape).join("|")})`, "g");
  let length = text.length;
  for (const [whole, name] of text.matchAll(place)) length += found[name!]!.length - whole.length;
  return length > MAX_FILLED_CHARS ? null : text.replace(place, (_, name: string) => found[name]!);
}

/** A URL of a rule as it is compared; a text that begins with "=" says why it is none. */
export function ruleUrl(token: string, { withHost, withQuery }: { withHost: boolean; withQuery: boolean }): string {
  const [, host, rest = ""] = /^https:\/\/+([^/]+)\/?(.*)/.exec(token) ?? [];
  if (host !== undefined) {
    if (!withHost) return "=only a path may stand here, not a URL with a host";
    return `https://${host}${pathnameOf(`/${rest}`, withQuery)}`;
  }
  if (token.startsWith("/") && !token.startsWith("//")) return pathnameOf(token, withQuery);
  if (token.startsWith("//")) return '="//" begins a host; write "https://" before it';
  return withHost ? '=a URL begins with "/" or with "https://"' : '=a path begins with "/"';
}

/** As a client would ask for it: spaces and the like encoded, dot segments taken. */
function pathnameOf(path: string, withQuery: boolean): string {
  const url = new URL(`http://x${path}`);
  return withQuery ? url.pathname + url.search + url.hash : canonicalPath(url.pathname);
}

/** A path as it is compared: a file must not lose its rules because a client writes one of its letters as "%61". */
export function canonicalPath(path: string): string {
  if (!path.includes("%")) return path;
  return path.split("/").map((segment) => {
    try {
      return encodeURI(decodeURIComponent(segment)).replace(/[?#/]/g, encodeURIComponent);
    } catch {
      // No UTF-8, so no file that a URL could name.
      return segment;
    }
  }).join("/");
}
