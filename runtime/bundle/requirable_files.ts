/** Files of an app's own that code requires or imports by names that only run time knows: routes, plugins, models, a folder of them. */

import { dirname, extname, join, relative } from "node:path";
import { appPath, type AppReach, isInside, isOfPackage, isReachable, pathExists } from "./app_files.ts";
import { readStamped } from "./input_stamp.ts";

/** Where what a file calls ends: compilers write `(0, node_path_1.join)(…)` where code imports `join` by its name. */
const CALL = String.raw`\)?\(`;
/** The app's folder, as `process.cwd()` or by a module of Node. */
const CWD = String.raw`(?:\(0, ?)?(?:[\w$]+\.)*cwd${CALL}\)`;
/** Where a file lies, as it says it itself. */
const HERE = String.raw`(?:__dirname|import\.meta\.dirname)`;
/**
 * Folders and files named from where a file lies: `join(__dirname, "routes")`, `__dirname + "/routes/a.js"`, a template
 * of the same. More may follow that only run time knows.
 */
const NAMED = new RegExp(
  [
    String.raw`(?:join|resolve)${CALL}\s*${HERE}((?:\s*,\s*(?:"[^"$\n]+"|'[^'$\n]+'))+)\s*[,)]`,
    String.raw`${HERE}\s*\+\s*(?:"([^"\n]+)"|'([^'\n]+)')`,
    String.raw`\$\{${HERE}\}([^\`$\n]+)[\`$]`,
  ].join("|"),
  "g",
);
/** The same by URLs: `new URL("./routes", import.meta.url)`, `import.meta.resolve("./a.js")`, a template of either. */
const NAMED_URL = new RegExp(
  [
    String.raw`\bnew URL\(\s*["'\`](\.\.?\/[^"'\`$\n]*)(?:["']\s*\+|["'\`]\s*,\s*import\.meta\.url\s*\)|\$\{)`,
    String.raw`\bimport\.meta\.resolve\(\s*["'\`](\.\.?\/[^"'\`$\n]*)`,
  ].join("|"),
  "g",
);
/** Folders named from the app's own: `join(process.cwd(), "routes")`, `readdir("./routes")`, `glob("routes/*.js")`. */
const NAMED_FROM_ROOT = new RegExp(
  [
    String.raw`(?:join|resolve)${CALL}\s*(?:${CWD}|["']\.["'])((?:\s*,\s*(?:"[^"$\n]+"|'[^'$\n]+'))+)\s*,?\s*\)`,
    String.raw`\breaddir(?:Sync)?${CALL}\s*["'](\.?[^"'$\n.][^"'$\n]*)["']`,
    String
      .raw`\bglob(?:by)?(?:(?:_\d+)?\.)?(?:[sS]ync|glob(?:by)?(?:Sync)?)?${CALL}\s*["'](\.?[\w/-]+)\/[^"'\n]*\*[^"'\n]*["']`,
  ].join("|"),
  "g",
);
/** A folder that is read from within. */
const READ = new RegExp(String.raw`\breaddir(?:Sync)?${CALL}\s*${HERE}`);
const SCRIPT = /^(?!.*\.(?:test|spec|d)\.[cm]?[jt]s$).*\.[cm]?[jt]s$/;
/** What clients get is no code of a server. */
const FOR_CLIENTS = /^(?:public|static|assets|client|views|templates|dist|build|node_modules|tests?|__tests__)$|^\./;
/** A folder of more is no folder of routes. */
const MAX_FILES = 300;
const MAX_DEPTH = 5;

/**
 * Paths of such files, as `require` is given them, by where they lie.
 *
 * @param inputs real paths of what the app was made of so far
 */
export async function requirableFiles(app: AppReach, inputs: Iterable<string>): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const scripts = [...inputs].filter((path) => !isOfPackage(path) && SCRIPT.test(path));
  // What a compiler made lies in a folder whose name may be that of pages
  const codeFolders = new Set(scripts.map((path) => dirname(path)));
  for (const path of scripts) {
    const text = new TextDecoder().decode((await readStamped(path)).contents);
    for (const [whole, joined, double, single, inTemplate] of text.matchAll(NAMED)) {
      const named = join(dirname(path), ...partsOf(joined) ?? [double ?? single ?? inTemplate!]);
      if ((joined ?? inTemplate) === undefined) await collect(named, MAX_DEPTH);
      else await collectFrom(path, named, whole);
    }
    for (const [whole, url, resolved] of text.matchAll(NAMED_URL)) {
      await collectFrom(path, join(dirname(path), (url ?? resolved)!), whole);
    }
    for (const [, joined, read, found] of text.matchAll(NAMED_FROM_ROOT)) {
      await collect(join(app.root, ...partsOf(joined) ?? [read ?? found!]), MAX_DEPTH);
    }
    if (READ.test(text)) await collect(dirname(path), 1);
  }
  return files.size > MAX_FILES ? new Map() : files;

  /** Where more follows, what was named may be a folder or the beginning of a name, and is looked at less deep around a module. */
  async function collectFrom(module: string, named: string, whole: string): Promise<void> {
    if (/[)`]$/.test(whole)) return await collect(named, MAX_DEPTH);
    const folder = await pathExists(named) ? named : dirname(named);
    await collect(folder, isInside(folder, module) ? 1 : MAX_DEPTH);
  }

  /** @param named a folder or a file */
  async function collect(named: string, depth: number): Promise<void> {
    const folder = await Deno.realPath(named).catch(() => null);
    if (folder !== null && SCRIPT.test(folder) && isReachable(app, folder)) return add(folder);
    if (folder === null || depth === 0 || files.size > MAX_FILES || !isReachable(app, join(folder, "x"))) return;
    if (FOR_CLIENTS.test(relative(app.root, folder).split("/").at(-1)!) && !codeFolders.has(folder)) return;
    let entries;
    try {
      entries = await Array.fromAsync(Deno.readDir(folder));
    } catch {
      // No folder, or none that can be read: whoever requires from it will find nothing.
      return;
    }
    for (const { name, isFile, isDirectory } of entries) {
      const path = join(folder, name);
      if (isFile && SCRIPT.test(name)) add(path);
      else if (isDirectory) await collect(path, depth - 1);
    }
  }

  function add(path: string): void {
    for (const shown of namesOf(appPath(app.root, path))) files.set(shown, path);
  }
}

/** A script beside a module, whose name stands in the code. */
const BESIDE = /["'](\.\.?\/[\w./-]+\.[cm]?js)["']/g;

/**
 * Files of packages that the code names as a text and imports by a variable: the worker that pdfjs runs where it is.
 *
 * @param importers real paths of modules that import so
 */
export async function namedFiles(app: AppReach, importers: Iterable<string>): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const importer of importers) {
    const text = new TextDecoder().decode((await readStamped(importer)).contents);
    for (const [, name] of text.matchAll(BESIDE)) {
      const path = await Deno.realPath(join(dirname(importer), name!)).catch(() => null);
      if (path !== null && isReachable(app, path)) files.set(appPath(app.root, path), path);
    }
  }
  return files.size > MAX_FILES ? new Map() : files;
}

/** What stands in quotes in a list of arguments. */
function partsOf(list: string | undefined): string[] | null {
  return list?.match(/(?<=["'])[^"',]+(?=["'])/g) ?? null;
}

/** Whether a file is an ES module, which `require` takes only where nothing in it awaits at its top. */
export async function isEsModule(path: string): Promise<boolean> {
  if (/\.m[jt]s$/.test(path)) return true;
  return /^\s*(?:import|export)\b/m.test(new TextDecoder().decode((await readStamped(path)).contents));
}

/** With its ending and without, and that of its folder. */
function namesOf(path: string): string[] {
  const bare = path.slice(0, -extname(path).length);
  return bare.endsWith("/index") ? [path, bare, dirname(bare)] : [path, bare];
}
