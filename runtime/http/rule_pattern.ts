/** URL patterns of `_headers` and `_redirects`: one splat, placeholders, and a host where one is named. */

/** Longer paths fit no pattern with a splat or placeholder; a file of such a name cannot be asked for either. */
const MAX_PATH_CHARS = 4096;
const PLACEHOLDER = /:([A-Za-z]\w*)/g;

/** What a pattern found in a path: values of its placeholders, and `splat`. */
export type Found = Readonly<Record<string, string>>;

/** A pattern that can be matched. */
export interface RulePattern {
  /** Null when it does not fit. @param path canonical, see {@linkcode canonicalPath} */
  match(hostname: string, path: string): Found | null;
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
  if (new Set(names).size < names.length) return "two placeholders have one name";
  if (names.includes("splat") && pattern.includes("*")) return 'a placeholder and the splat are both called "splat"';
  const source = sourceOf(pattern.slice(0, hostEnd), "[^/.]+") + sourceOf(pattern.slice(hostEnd), "[^/]+");
  const expression = new RegExp(`^${source}$`);
  return {
    match(hostname, path) {
      if (path.length > MAX_PATH_CHARS) return null;
      // As on Cloudflare: "https" stands for whatever scheme the request came by.
      const found = expression.exec(withHost ? `https://${hostname}${path}` : path);
      return found === null ? null : found.groups ?? {};
    },
  };
}

function sourceOf(text: string, placeholder: string): string {
  let at = 0;
  let source = "";
  for (const { 0: whole, 1: name, index } of text.matchAll(/\*|:([A-Za-z]\w*)/g)) {
    source += RegExp.escape(text.slice(at, index)) + (whole === "*" ? "(?<splat>.*)" : `(?<${name}>${placeholder})`);
    at = index + whole.length;
  }
  return source + RegExp.escape(text.slice(at));
}

/** A text with what was found in the place of `:name`; each place is filled once, from left to right. */
export function filled(text: string, found: Found): string {
  const names = Object.keys(found).sort((one, other) => other.length - one.length);
  if (names.length === 0) return text;
  return text.replace(new RegExp(`:(${names.map(RegExp.escape).join("|")})`, "g"), (_, name: string) => found[name]!);
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
