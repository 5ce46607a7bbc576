/** Finds the file in which an app begins. */

import { basename, dirname, join, relative } from "node:path";
import type { ProjectBuild } from "../config/project_build.ts";
import { NanoError } from "../errors.ts";
import { readOwnText } from "./app_files.ts";
import { ProjectPages } from "./browser_code.ts";
import { pagesEntry } from "./pages_entry.ts";
import { parseConfig } from "./compiler_options.ts";
import { startedFiles } from "./start_script.ts";

const SITE = "index.html";
const STEMS = ["index", "main", "worker", "src/index", "src/main"];
/** Where build tools put what they make. */
const BUILT = ["dist", "build"];
/** Servers that builds make, which begin where they are imported: of Nitro (Nuxt, SolidStart) and SvelteKit's Node adapter. */
const BUILT_SERVERS = [".output/server/index.mjs", "build/index.js"];
/** Folders of pages that builds make where no code tells of one: also of Eleventy, Vike, Next.js and Nitro. */
const BUILT_SITES = [...BUILT, "_site", "dist/client", "out", ".output/public"];
const EXTENSIONS = [".ts", ".tsx", ".js", ".jsx", ".mjs"];

/** The names that an app without a manifest may begin with, relative to its folder. */
export const ENTRY_NAMES: readonly string[] = STEMS.flatMap((stem) => EXTENSIONS.map((extension) => stem + extension));

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

/** Where an app begins. Both paths are real paths, symlinks followed. */
export interface AppEntry {
  /** A folder without code but with index.html is a static site. */
  readonly kind: "module" | "static";
  /** The folder that no import of the app may leave. */
  readonly root: string;
  /** The first module, or index.html. */
  readonly file: string;
  /** How it was chosen, for people. */
  readonly why: string;
  /** Text of the first module where no file holds it; it imports by paths that begin in the root. */
  readonly source?: string;
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
  const { main, scripts } = await readManifest(root);
  const file = main === undefined ? undefined : await firstOf(root, mainNames(main));
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
    const why = `the first conventional name that there is${lost === "" ? "" : `; ${lost}`}`;
    if (!(await pages.isForBrowsers(file))) return { kind: "module", root, file, why };
    passed.push(name);
  }
  const needsBuild = pages.unbuilt ?? (await fileIn(root, SITE) === undefined ? passed[0] : undefined);
  if (needsBuild !== undefined) return await builtSite({ root, shown, source: needsBuild, scripts });
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
  const made = await startedEntry(root, scripts) ?? await builtEntry(root, scripts);
  if (made !== undefined) return made;
  throw new NanoError(
    "APP_FAILED",
    `Cannot find an entry in "${shown}": ${
      lost === "" ? `package.json names no "main"` : lost
    }, and there is none of ` +
      `${STEMS.join(", ")} with ${EXTENSIONS.join(", ")}, and no ${SITE}` +
      (hasBuild(scripts)
        ? `; it has a build: run "npm run build" there, or set "path" to the file of the server, or the folder of the ` +
          `pages, that this makes`
        : ""),
  );
}

/** What the scripts of package.json start. */
async function startedEntry(root: string, scripts: unknown): Promise<AppEntry | undefined> {
  const file = await firstOf(root, startedFiles(scripts).flatMap(mainNames));
  if (file === undefined) return undefined;
  return { kind: "module", root, file, why: "a start script of package.json runs it" };
}

/** What a build made of a project that has nothing else to begin with. */
async function builtEntry(root: string, scripts: unknown): Promise<AppEntry | undefined> {
  if (!hasBuild(scripts)) return undefined;
  const server = await firstOf(root, BUILT_SERVERS);
  if (server !== undefined) return { kind: "module", root, file: server, why: "the server that a build made" };
  const page = await firstOf(root, BUILT_SITES.map((folder) => join(folder, SITE)));
  if (page === undefined) return undefined;
  return { kind: "static", root: dirname(page), file: page, why: "the pages that a build made" };
}

function hasBuild(scripts: unknown): boolean {
  return typeof scripts === "object" && scripts !== null && Object.hasOwn(scripts, "build");
}

/** What a build made of a project whose own files are for its build only. */
async function builtSite(
  { root, shown, source, scripts }: { root: string; shown: string; source: string; scripts: unknown },
): Promise<AppEntry> {
  for (const folder of BUILT) {
    const file = await fileIn(root, join(folder, SITE));
    if (file === undefined) continue;
    return { kind: "static", root: dirname(file), file, why: `what the build made of ${source}` };
  }
  // The pages may be those of a server that renders them.
  const server = await startedEntry(root, scripts);
  if (server !== undefined) return server;
  throw new NanoError(
    "APP_FAILED",
    `Cannot find an entry in "${shown}": ${source} is code for browsers that has to be built; run "npm run build" there, ` +
      `and its ${
        BUILT.map((folder) => `${folder}/`).join(" or ")
      } is served (or set "path" to the folder that it makes)`,
  );
}

async function firstOf(root: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = await fileIn(root, name);
    if (file !== undefined) return file;
  }
  return undefined;
}

function mainNames(main: string): string[] {
  return [main, ...EXTENSIONS.map((extension) => main + extension), ...EXTENSIONS.map((e) => join(main, "index" + e))];
}

/** Undefined where the project leaves its beginning open. */
async function projectStart(
  { path, root }: { path: string; root: string },
  { file, error, main, site, build }: ProjectStart,
): Promise<AppEntry | undefined> {
  if (error !== null) throw new NanoError("APP_FAILED", `Cannot find an entry: ${error}`);
  if (main !== null) {
    const name = relative(path, main);
    const found = await fileIn(root, name);
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

async function readManifest(root: string): Promise<{ main?: string; scripts?: unknown }> {
  let manifest: Record<string, unknown>;
  try {
    const file = await readOwnText(root, "package.json");
    if (file === undefined) return {};
    manifest = parseConfig("package.json", file.text);
  } catch (cause) {
    if (!(cause instanceof NanoError)) throw cause;
    throw new NanoError("APP_FAILED", `Cannot find an entry: ${cause.message}`, { cause });
  }
  const { main, scripts } = manifest;
  if (main === undefined || main === "") return { scripts };
  if (typeof main === "string") return { main, scripts };
  throw new NanoError("APP_FAILED", `Cannot find an entry: "main" of package.json is ${JSON.stringify(main)}, no text`);
}

async function fileIn(root: string, name: string): Promise<string | undefined> {
  const path = join(root, name);
  let real;
  try {
    if (!(await Deno.stat(path)).isFile) return undefined;
    real = await Deno.realPath(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return undefined;
    throw new NanoError("APP_FAILED", `Cannot find an entry: "${name}" cannot be read`, { cause });
  }
  if (real.startsWith(root + "/")) return real;
  throw new NanoError("APP_FAILED", `Cannot find an entry: "${name}" lies outside the app's folder`);
}
