/**
 * Resolves specifiers by an import map, as https://html.spec.whatwg.org/multipage/webappapis.html#import-maps says.
 *
 * Ours, as `@import-maps/resolve` (2.0.0, tried) lets `app/../secret.ts` leave the prefix `app/`, which the standard
 * forbids, finds no address below `npm:zod@4/`, and writes what it thinks of an app's map to the host's console.
 */
import { isRecord } from "./json_with_comments.ts";

type Entries = ReadonlyArray<readonly [key: string, address: string | null]>;

/** Deno lets `"zod": "npm:zod@4"` stand for `"zod/": "npm:/zod@4/"` too. */
const PACKAGE = /^(?:npm|jsr):/;

/** An app's import map. */
export class ImportMap {
  readonly #imports: Entries;
  readonly #scopes: ReadonlyArray<readonly [prefix: string, entries: Entries]>;

  /**
   * @param json What has the keys `imports` and `scopes`; anything else in it is left alone.
   * @param base URL of the file it stands in; relative addresses start there.
   */
  constructor(json: unknown, base: string) {
    const { imports, scopes } = isRecord(json) ? json : {};
    this.#imports = entriesOf(imports, base);
    this.#scopes = Object.entries(isRecord(scopes) ? scopes : {})
      .map(([prefix, entries]) => [new URL(prefix, base).href, entriesOf(entries, base)] as const)
      .sort(byLength);
  }

  /**
   * Resolves a specifier.
   *
   * @param importer URL of the module that imports it.
   * @returns The address, or undefined if the map says nothing of it.
   * @throws {TypeError} When the map blocks it, by `null` or by an address that is no URL.
   */
  resolve(specifier: string, importer: string): string | undefined {
    const url = urlLike(specifier, importer);
    for (const [prefix, entries] of this.#scopes) {
      if (importer !== prefix && !(prefix.endsWith("/") && importer.startsWith(prefix))) continue;
      const found = match(entries, url ?? specifier);
      if (found !== undefined) return found;
    }
    return match(this.#imports, url ?? specifier);
  }
}

function match(entries: Entries, specifier: string): string | undefined {
  for (const [key, address] of entries) {
    const isPrefix = key.endsWith("/") && specifier.startsWith(key);
    if (key !== specifier && !isPrefix) continue;
    if (address === null) throw new TypeError(`the import map has no address for "${key}" that is a URL or a path`);
    if (key === specifier) return address;
    if (!address.endsWith("/")) throw new TypeError(`the address of "${key}" in the import map has to end with "/"`);
    const rest = specifier.slice(key.length);
    // An npm: URL need not be hierarchical, and then a URL parser joins nothing.
    const url = PACKAGE.test(address) ? address + rest : new URL(rest, address).href;
    if (!url.startsWith(address)) throw new TypeError(`"${rest}" leads out of "${key}" of the import map`);
    return url;
  }
  return undefined;
}

function entriesOf(json: unknown, base: string): Entries {
  const entries: [string, string | null][] = [];
  if (!isRecord(json)) return entries;
  for (const [key, address] of Object.entries(json)) {
    entries.push([urlLike(key, base) ?? key, typeof address === "string" ? urlLike(address, base) ?? null : null]);
    if (typeof address !== "string" || !PACKAGE.test(address) || key.endsWith("/") || `${key}/` in json) continue;
    entries.push([`${key}/`, `${address}/`]);
  }
  // The longest key that fits decides.
  return entries.sort(byLength);
}

function byLength(left: readonly [string, ...unknown[]], right: readonly [string, ...unknown[]]): number {
  return right[0].length - left[0].length;
}

/** Only a path that begins so, or a URL, is a URL; all else is a bare name. */
function urlLike(text: string, base: string): string | undefined {
  if (/^\.{0,2}\//.test(text)) return new URL(text, base).href;
  if (PACKAGE.test(text)) return text;
  return URL.canParse(text) ? new URL(text).href : undefined;
}
