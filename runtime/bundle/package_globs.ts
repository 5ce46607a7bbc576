/** Files of packages that code names by a template or a sum: `import(`dayjs/locale/${name}.js`)`, `require("dayjs/locale/" + name)`. */
import { join } from "node:path";
import { type AppReach, foldersUpTo, isOfPackage, pathExists, readOwnText } from "./app_files.ts";
import { parseConfig } from "./compiler_options.ts";
import { NAMEABLE_FILE } from "./folder_requires.ts";
import { readStamped } from "./input_stamp.ts";

/** A package and a part of a path in it; then perhaps the end of the name. */
const NAMED = new RegExp(
  [
    String
      .raw`\b(?:require|import)\(\s*(?:\/\*[^*]*\*\/\s*)?(?:\`(?!\.|\/|[\w+.-]+:)([^\`$\n]+\/[^\`$\n]*)\$\{[^\`{}\n]*\}([^\`$\n]*)\``,
    String.raw`(["'])(?!\.|\/|[\w+.-]+:)([^"'\n]+\/[^"'\n]*)\3\s*\+\s*[\w$.[\]]+\s*(?:\+\s*(["'])([^"'\n]*)\5\s*)?\))`,
  ].join("|"),
  "g",
);
const PACKAGE = /^(?:@[^/]+\/)?[^/]+(?=\/)/;
/** As many as a folder of locales has; of a library whose every file could be meant, nothing is bundled. */
const MAX_FILES = 300;

/** Names begin with this and end with that. */
interface NameEnds {
  readonly before: string;
  readonly after: string;
}

/**
 * Every name that is there of those which such code may ask for.
 *
 * @param home the folder whose packages count
 * @param inputs real paths of what the app was made of so far
 */
export async function packageGlobs(app: AppReach & { home: string }, inputs: Iterable<string>): Promise<string[]> {
  const found = new Set<string>();
  for (const path of inputs) {
    if (isOfPackage(path) || !/\.[cm]?[jt]sx?$/.test(path)) continue;
    const text = new TextDecoder().decode((await readStamped(path)).contents);
    for (const [, before, after, , sum, , end] of text.matchAll(NAMED)) {
      const ends = { before: (before ?? sum)!, after: after ?? end ?? "" };
      for (const name of await namesBetween(app, ends)) found.add(name);
    }
  }
  return found.size > MAX_FILES ? [] : [...found];
}

async function namesBetween({ home, reach }: AppReach & { home: string }, ends: NameEnds): Promise<string[]> {
  const name = PACKAGE.exec(ends.before)?.[0];
  if (name === undefined) return [];
  for (const above of foldersUpTo(reach, home)) {
    const folder = join(above, "node_modules", name);
    if (!(await pathExists(folder))) continue;
    const subpath = { before: ends.before.slice(name.length + 1), after: ends.after };
    const manifest = await readOwnText(folder, "package.json", reach);
    const exported: unknown = manifest && parseConfig("package.json", manifest.text)["exports"];
    const subpaths = isRecord(exported)
      ? await exportedPaths(folder, exported, subpath)
      : await filesBetween(folder, subpath);
    return subpaths.map((one) => `${name}/${one}`);
  }
  return [];
}

/** Without `exports` all files may be named; CommonJS needs no ending. */
async function filesBetween(folder: string, { before, after }: NameEnds): Promise<string[]> {
  const way = before.slice(0, before.lastIndexOf("/") + 1);
  const names = (await scriptsIn(join(folder, way))).flatMap((file) => [file, file.replace(/\.(?:js|json)$/, "")]);
  return names.map((file) => way + file).filter((path) => fits(path, { before, after }));
}

/** Keys of `exports`; of a pattern those of which its folder has the file. */
async function exportedPaths(
  folder: string,
  exported: Readonly<Record<string, unknown>>,
  ends: NameEnds,
): Promise<string[]> {
  const paths: string[] = [];
  for (const [key, value] of Object.entries(exported)) {
    if (!key.startsWith("./") || value === null) continue;
    const target = firstText(value);
    if (!key.includes("*")) paths.push(key.slice(2));
    else if (target?.includes("*")) {
      const [first, last] = target.split("*") as [string, string];
      const way = first.slice(0, first.lastIndexOf("/") + 1);
      for (const file of await scriptsIn(join(folder, way))) {
        const path = way + file;
        if (!fits(path, { before: first, after: last })) continue;
        paths.push(key.slice(2).replace("*", path.slice(first.length, path.length - last.length)));
      }
    }
  }
  return paths.filter((path) => fits(path, ends));
}

function fits(path: string, { before, after }: NameEnds): boolean {
  return path.length > before.length + after.length && path.startsWith(before) && path.endsWith(after);
}

async function scriptsIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.filter(({ isFile, name }) => isFile && NAMEABLE_FILE.test(name)).map(({ name }) => name);
  } catch {
    // No folder, or none that can be read: whoever asks for a file of it is told so.
    return [];
  }
}

/** What conditions lead to in the end: each of them has the same files. */
function firstText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  for (const one of isRecord(value) || Array.isArray(value) ? Object.values(value) : []) {
    const text = firstText(one);
    if (text !== undefined && !text.endsWith(".d.ts") && !text.endsWith(".d.mts")) return text;
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
