/** Turns the path of a URL into the names of a file below a folder, or refuses it. */

/** Longest name of a file, in bytes, on the file systems in use. */
const MAX_NAME_BYTES = 255;
/** Longest path of a URL that is looked up; Linux takes no longer one. */
const MAX_PATH_CHARS = 4096;
/** The one folder of dotfiles that is meant for clients (RFC 8615). */
const PUBLIC_DOT_FOLDER = ".well-known";

const encoder = new TextEncoder();

/** Where a URL points below a folder. */
export interface AssetPath {
  /** Decoded names; none leads upward or hides anything. */
  readonly names: readonly string[];
  /** Whether it ends with a slash: a folder is meant. */
  readonly isFolder: boolean;
}

/** Path and query of an absolute URL as the client wrote it. */
export function targetParts(url: string): { readonly path: string; readonly query: string } {
  const authority = url.indexOf("://") + 3;
  const end = url.indexOf("#", authority);
  const whole = end < 0 ? url : url.slice(0, end);
  const at = whole.slice(authority).search(/[/?]/);
  if (at < 0) return { path: "/", query: "" };
  const target = whole.slice(authority + at);
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  return { path: path === "" ? "/" : path, query: query < 0 ? "" : target.slice(query) };
}

/**
 * The names a path consists of.
 * @returns null for a path that can be no asset's: one that leads upward, hides something, or is no valid encoding
 */
export function assetPath(path: string): AssetPath | null {
  if (!path.startsWith("/") || path.length > MAX_PATH_CHARS) return null;
  const written = path.slice(1).split("/");
  const isFolder = written.at(-1) === "";
  if (isFolder) written.pop();
  const names: string[] = [];
  for (const one of written) {
    const name = decoded(one);
    // Decoded once only: what was encoded twice is a name with a percent sign in it.
    if (name === null || !isPlain(name)) return null;
    if (name.startsWith(".") && !(names.length === 0 && name === PUBLIC_DOT_FOLDER)) return null;
    names.push(name);
  }
  return { names, isFolder };
}

/**
 * The one spelling of a path, as Cloudflare's asset worker has it: all that may be encoded is, each slash is one, and
 * those that were encoded are slashes.
 */
export function canonicalAssetPath(path: string): string {
  return writtenPath(path.split("/").map((name) => decoded(name) ?? name).join("/").replace(/\/+/g, "/"));
}

/** A decoded path as a URL has it: of a client, it may hold characters that no header can. */
export function writtenPath(path: string): string {
  return path.split("/").map((name) => encodeURIComponent(name.toWellFormed())).join("/");
}

function decoded(name: string): string | null {
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    // No UTF-8, so no file that a URL could name.
    return null;
  }
}

/** Whether a name is one name: not empty, no separator of any system, nothing that ends a text in C. */
function isPlain(name: string): boolean {
  // deno-lint-ignore no-control-regex
  return name !== "" && !/[/\\\x00-\x1f\x7f]/.test(name) && encoder.encode(name).byteLength <= MAX_NAME_BYTES;
}
