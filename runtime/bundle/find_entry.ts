/** Finds the file in which an app begins. */

import { basename, dirname, join, relative } from "node:path";
import type { ProjectBuild } from "../config/project_build.ts";
import { NanoError } from "../errors.ts";
import { readOwnText } from "./app_files.ts";
import { ProjectPages } from "./browser_code.ts";
import type { AppEntry } from "./app_entry.ts";
import { builtEntry, builtSite, noEntry, pluginEntry, type ProjectScripts, SITE, startedEntry } from "./built_entry.ts";
import { ENTRY_NAMES, ENTRY_NAMES_SHOWN, fileIn, firstFileOf, mainNames } from "./entry_files.ts";
import { isRecord } from "./json_with_comments.ts";
import { pagesEntry } from "./pages_entry.ts";
import { parseConfig, wantsMetadata } from "./compiler_options.ts";

/** What a project's own file says of its beginning. */
export interface ProjectStart {
  /** Name of that file, as seen from the app's folder. */
  readonly file: string;
  /** Why it cannot be read. */
  readonly error: string | null;
  /** Absolute path of the first module. */
  readonly main: string | null;
  /** Absolute path of the folder of static files that a project without code stands for. */
  readonly site: string | null;
  /** How its code is bundled, and by what it is built. */
  readonly build: ProjectBuild;
}

/**
 * Finds the entry file of an app.
 *
 * @param path Absolute path of the app's folder or of its entry file; a file's folder is the app's root.
 * @param project What the folder's own file says of it, which holds before all names.
 * @returns The entry file: the path itself, else `main` of package.json, else the first conventional name that is no
 *   code for browsers, else index.html, or that of a build where the folder's own is for the build, else the file that a start script of
 *   package.json runs, else what a build made.
 * @throws {NanoError} APP_FAILED, naming what was looked for by names relative to the app's folder.
 *
 * @example
 * ```ts
 * import { findEntry } from "./find_entry.ts";
 * const { root } = await findEntry(new URL("../../docs/examples/hello", import.meta.url).pathname);
 * ```
 */
export async function findEntry(path: string, project: ProjectStart | null = null): Promise<AppEntry> {
  // The last part alone: the message may reach a client, and the way to the folder is nobody's business there.
  const shown = basename(path);
  const real = await realPath(path, shown);
  const { isFile, isDirectory } = await Deno.stat(real);
  if (isFile) {
    const kind = basename(real) === SITE ? "static" : "module";
    return { kind, root: dirname(real), file: real, why: `"path" names it` };
  }
  if (!isDirectory) throw new NanoError("APP_FAILED", `Cannot find an entry: "${shown}" is no folder and no file`);
  const start = project === null ? undefined : await projectStart({ path, root: real }, project);
  return start ?? await conventionalEntry(real, shown);
}

async function conventionalEntry(root: string, shown: string): Promise<AppEntry> {
  const { main, ...project } = await readManifest(root);
  const plugin = await pluginEntry(root, project);
  if (plugin !== undefined) return plugin;
  const file = main === undefined ? undefined : await firstFileOf(root, mainNames(main));
  const pages = await ProjectPages.read(root);
  const isForBrowsers = file !== undefined && await pages.isForBrowsers(file);
  if (file !== undefined && !isForBrowsers) {
    return { kind: "module", root, file, why: `"main" of package.json names it` };
  }
  const lost = main === undefined
    ? ""
    : `"main" of package.json is "${main}", which ${isForBrowsers ? "is code for browsers" : "does not exist"}`;
  const passed: string[] = [];
  for (const name of ENTRY_NAMES) {
    const file = await fileIn(root, name);
    if (file === undefined) continue;
    // Beside a page that is to be built, code in src/ is of browser and server alike: the server's own begins it
    const started = pages.unbuilt !== null && name.startsWith("src/")
      ? await startedEntry(root, project.scripts)
      : undefined;
    if (started !== undefined && started.file !== file) return started;
    const why = `the first conventional name that there is${lost === "" ? "" : `; ${lost}`}`;
    if (!(await pages.isForBrowsers(file))) {
      return await compiledEntry(root, { name, scripts: project.scripts }) ?? { kind: "module", root, file, why };
    }
    passed.push(name);
  }
  const needsBuild = pages.unbuilt ?? (await fileIn(root, SITE) === undefined ? passed[0] : undefined);
  if (needsBuild !== undefined) return await builtSite({ ...project, root, shown, source: needsBuild });
  // What has a beginning of its own is no site: its pages may be a server's templates.
  const page = main === undefined || isForBrowsers ? await fileIn(root, SITE) ?? await anyPage(root) : undefined;
  const browsers = passed.length === 0
    ? ""
    : `; ${passed.join(", ")} ${passed.length === 1 ? "is" : "are"} for browsers`;
  if (page !== undefined) {
    return {
      kind: "static",
      root,
      file: page,
      why: `a page, and no code of a server${browsers}${lost === "" ? "" : `; ${lost}`}`,
    };
  }
  const made = await startedEntry(root, project.scripts) ?? await builtEntry(root, project);
  if (made !== undefined) return made;
  const named = lost === "" ? `package.json names no "main"` : lost;
  throw await noEntry(
    { ...project, root, shown },
    `${named}, and there is none of ${ENTRY_NAMES_SHOWN}, and no ${SITE}`,
  );
}

/** What a compiler made of a file that a bundler cannot make the same of: it takes types away, and does not look at them. */
async function compiledEntry(
  root: string,
  { name, scripts }: { name: string; scripts: unknown },
): Promise<AppEntry | undefined> {
  if (!/\.tsx?$/.test(name) || !(await wantsMetadata(root))) return undefined;
  const started = await startedEntry(root, scripts);
  if (started === undefined || !/\.[cm]?js$/.test(started.file)) return undefined;
  return {
    ...started,
    why: `${started.why}, and tsconfig.json asks for the metadata of decorators, which ${name} lacks`,
  };
}

/** Undefined where the project leaves its beginning open. */
async function projectStart(
  { path, root }: { path: string; root: string },
  { file, error, main, site, build }: ProjectStart,
): Promise<AppEntry | undefined> {
  if (error !== null) throw new NanoError("APP_FAILED", `Cannot find an entry: ${error}`);
  if (main !== null) {
    const name = relative(path, main);
    const found = await firstFileOf(root, mainNames(name));
    if (found !== undefined) return { kind: "module", root, file: found, why: `"main" of ${file} names it` };
    throw new NanoError(
      "APP_FAILED",
      `Cannot find an entry: "main" of ${file} is "${name}", which does not exist; ` +
        (build.command === null
          ? "a project that is built has to be built first"
          : `it is built by ${
            JSON.stringify(build.command.text)
          }: run that, or "nano dev" or "nano deploy" with --build`),
    );
  }
  if (build.functions !== null) {
    const source = await pagesEntry(root, build.functions);
    return { kind: "module", root, file: build.functions, why: "it holds the functions of a Pages project", source };
  }
  if (site === null) return undefined;
  const folder = await realPath(site, basename(site));
  return { kind: "static", root: folder, file: join(folder, SITE), why: `${file} names the folder of its files` };
}

/** A folder of pages needs no page of its own. */
async function anyPage(root: string): Promise<string | undefined> {
  for await (const { name, isFile } of Deno.readDir(root)) {
    if (isFile && name.endsWith(".html") && !name.startsWith(".")) return join(root, name);
  }
  return undefined;
}

async function realPath(path: string, shown: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound ? "does not exist" : "cannot be read";
    throw new NanoError("APP_FAILED", `Cannot find an entry: "${shown}" ${why}`, { cause });
  }
}

async function readManifest(root: string): Promise<ProjectScripts & { main?: string }> {
  let manifest: Record<string, unknown>;
  try {
    const file = await readOwnText(root, "package.json");
    if (file === undefined) return { packages: new Set() };
    manifest = parseConfig("package.json", file.text);
  } catch (cause) {
    if (!(cause instanceof NanoError)) throw cause;
    throw new NanoError("APP_FAILED", `Cannot find an entry: ${cause.message}`, { cause });
  }
  const { main, scripts, dependencies, devDependencies } = manifest;
  const packages = new Set([dependencies, devDependencies].flatMap((list) => isRecord(list) ? Object.keys(list) : []));
  if (main === undefined || main === "") return { scripts, packages };
  if (typeof main === "string") return { main, scripts, packages };
  throw new NanoError("APP_FAILED", `Cannot find an entry: "main" of package.json is ${JSON.stringify(main)}, no text`);
}
