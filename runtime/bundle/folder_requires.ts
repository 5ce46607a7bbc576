/** CommonJS that requires from a folder of its own by a name it made before: log4js's appenders, moment's locales. */
import { basename, dirname, join } from "node:path";
import { appPath, type AppReach, isReachable } from "./app_files.ts";

/** What `require` of a bundle has besides: gives a `require` that begins in a folder. */
export const REQUIRE_FROM = "__nanoRequireFrom";

/** A name that begins with a folder, as a sum or a template. */
const MADE = /(["'])(\.\.?\/(?:[\w.-]+\/)*)\1\s*\+|`(\.\.?\/(?:[\w.-]+\/)*)\$\{/g;
/** `require(name)`; and `load = require`, after which nobody sees what it is called with. */
const INDIRECT = /(?<![.\w$"'`])require(?=\(\s*[A-Za-z_$][\w$]*\s*\))|(?<=[=(,?:]\s*)require(?=\s*[;,)\n])/g;
/** A statement that only an ES module has. */
const ES_STATEMENT = /(?:^|[;}])[ \t]*(?:import\s*[{*"']|import\s+[\w$]|export\s*[{*]|export\s+[\w$])/m;
/** A file that such a name may mean: no test and no types. */
export const NAMEABLE_FILE = /^(?!.*\.(?:test|spec|d)\.[cm]?[jt]s$).*\.(?:[cm]?js|json)$/;
/** A folder of more is none of locales or drivers. */
const MAX_FILES = 300;

/** A module's text, and the folders that it requires from. */
export interface FolderRequires {
  readonly text: string;
  /** Absolute paths. */
  readonly folders: readonly string[];
}

/**
 * The text in which such calls begin in the module's own folder.
 * @param path real path of the module
 */
export function withFolderRequires(text: string, { root, path }: { root: string; path: string }): FolderRequires {
  if (!text.includes("require") || ES_STATEMENT.test(text)) return { text, folders: [] };
  const own = dirname(path);
  const folders = new Set([...text.matchAll(MADE)].map(([, , sum, template]) => join(own, (sum ?? template)!)));
  if (folders.size === 0 || text.search(INDIRECT) < 0) return { text, folders: [] };
  const from = `require.${REQUIRE_FROM}(${JSON.stringify(dirname(appPath(root, path)))})`;
  return { text: text.replace(INDIRECT, from), folders: [...folders] };
}

/**
 * What lies in such folders, by the names that `require` is given: files, and folders with an index.js.
 * @param folders absolute paths
 */
export async function filesInFolders(app: AppReach, folders: Iterable<string>): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const file of await scriptsIn(folder)) {
      const path = await Deno.realPath(file);
      if (!isReachable(app, path)) continue;
      const name = appPath(app.root, file);
      for (const one of [name, name.replace(/\.(?:js|json)$/, "")]) files.set(one, path);
      if (basename(file) === "index.js") files.set(dirname(name), path);
    }
  }
  return files.size > 2 * MAX_FILES ? new Map() : files;
}

async function scriptsIn(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const paths = entries.map(({ name, isFile }) => {
      if (isFile) return NAMEABLE_FILE.test(name) ? join(folder, name) : null;
      return name === "node_modules" ? null : join(folder, name, "index.js");
    });
    const there = await Promise.all(paths.map(async (path) => {
      return path !== null && (await Deno.stat(path).catch(() => null))?.isFile === true ? path : null;
    }));
    return there.filter((path) => path !== null);
  } catch {
    // No folder: the text was none of a name, or what it names is built later.
    return [];
  }
}
