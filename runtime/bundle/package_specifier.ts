/** Takes `npm:`, `jsr:` and bare specifiers of packages apart. */

/** `npm:@scope/name@range/sub`. */
export interface NpmSpecifier {
  readonly name: string;
  /** `*` if none is written. */
  readonly range: string;
  /** As it is imported from node_modules: `@scope/name/sub`. */
  readonly specifier: string;
}

const PACKAGE_NAME = /^(@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/i;
/** A version, a range or a tag; nothing with which an installer would fetch from elsewhere, as "file:" or a URL. */
const RANGE = /^[\w.^~<>=|*+ -]+$/;

/** @returns Undefined if it is none. */
export function parseNpmSpecifier(specifier: string): NpmSpecifier | undefined {
  const parts = split(specifier);
  if (parts === undefined || !isPackageName(parts.name) || !RANGE.test(parts.range)) return undefined;
  return { name: parts.name, range: parts.range, specifier: parts.name + parts.subpath };
}

/**
 * The names that a JSR package has in node_modules: its own by `npx jsr add`, or that of JSR's npm registry.
 *
 * @returns Undefined if it is no `jsr:` specifier.
 */
export function jsrNames(specifier: string): { name: string; specifiers: readonly string[] } | undefined {
  const parts = split(specifier);
  if (parts === undefined || !parts.name.startsWith("@") || !isPackageName(parts.name)) return undefined;
  const flat = `@jsr/${parts.name.slice(1).replace("/", "__")}`;
  return { name: parts.name, specifiers: [parts.name + parts.subpath, flat + parts.subpath] };
}

/** Whether npm would allow the name. */
export function isPackageName(name: string): boolean {
  return PACKAGE_NAME.test(name);
}

/** `@scope/name` of `@scope/name/sub`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function split(specifier: string): { name: string; range: string; subpath: string } | undefined {
  const match = /^(?:npm|jsr):\/?((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?(\/.*)?$/.exec(specifier);
  if (match === null) return undefined;
  const [, name, range = "*", subpath = ""] = match;
  // `npm:name@1/` comes out of an import map that has a key for the package's subpaths.
  return { name: name!, range: decodeURIComponent(range), subpath: subpath === "/" ? "" : subpath };
}

/** What a project imports in the place of a package and of what is below it; null when it is imported itself. */
export function aliasOf(path: string, aliases: Readonly<Record<string, string>>): string | null {
  for (const [name, to] of Object.entries(aliases)) {
    if (path === name) return to;
    if (path.startsWith(`${name}/`)) return to + path.slice(name.length);
  }
  return null;
}
