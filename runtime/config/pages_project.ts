/** What of a folder is a Cloudflare Pages project: `_worker.js`, `functions/`, `_routes.json`. */
import { join } from "node:path";
import { messageOf } from "../errors.ts";
import { readRegularText } from "../regular_file.ts";
import { parseJsonDocument } from "./json_document.ts";

/** The code of a Pages project and when it is asked. */
export interface PagesProject {
  /** What makes it one, as seen from the project's folder: "_worker.js" or "functions". */
  readonly file: string;
  /** Absolute path of `_worker.js`, or of index.js in a folder of that name; null where there is `functions/`. */
  readonly main: string | null;
  /** Absolute path of `functions/`, or null. */
  readonly functions: string | null;
  /** Absolute path of the folder of files. */
  readonly site: string;
  /** Whether paths without a file get index.html: where there is no 404.html, as Pages has it. */
  readonly singlePage: boolean;
  readonly workerFirst: boolean | readonly string[];
  readonly notes: readonly string[];
}

/** Where the files of a project lie that does not say it. */
const SITES = ["dist", "build", "out", "public"];
/** Files that are functions. */
export const FUNCTION_FILE = /\.(?:[jt]sx?|mjs)$/;
/** Cloudflare's limit for `_routes.json`. */
const MAX_ROUTES = 100;
const MAX_ROUTES_BYTES = 64 * 1024;

/**
 * Reads it.
 * @param site absolute path of the folder of files where a wrangler file names it, else null
 * @returns null when the folder is none
 */
export async function readPages(folder: string, site: string | null): Promise<PagesProject | null> {
  // Built output brings its code along.
  const main = await workerOf(site ?? folder);
  if (main !== null) return await pagesOf({ file: "_worker.js", main, functions: null, site: site ?? folder });
  const functions = join(folder, "functions");
  if (!(await isFolder(functions))) return null;
  const files = site ?? await siteOf(folder);
  // Its sources would be among its files.
  if (files === null || files === folder) return null;
  return await pagesOf({ file: "functions", main: null, functions, site: files });
}

async function workerOf(folder: string): Promise<string | null> {
  for (const name of ["_worker.js", "_worker.js/index.js"]) {
    if (await isFile(join(folder, name))) return join(folder, name);
  }
  return null;
}

async function siteOf(folder: string): Promise<string | null> {
  for (const name of SITES) if (await isFolder(join(folder, name))) return join(folder, name);
  return null;
}

async function pagesOf(
  found: Pick<PagesProject, "file" | "main" | "functions" | "site">,
): Promise<PagesProject> {
  const singlePage = await isSinglePage(found.site);
  const { routes, notes } = await routesOf(found.site);
  const made = routes ?? (found.functions === null ? true : await patternsOf(found.functions));
  return { ...found, singlePage, workerFirst: made, notes };
}

/** Whether index.html answers on paths without a file. @param site absolute path of a folder of files */
export async function isSinglePage(site: string): Promise<boolean> {
  return await isFile(join(site, "index.html")) && !(await isFile(join(site, "404.html")));
}

/** `_routes.json`: on which paths the code is asked before the files. */
async function routesOf(site: string): Promise<{ routes: readonly string[] | null; notes: readonly string[] }> {
  const file = join(site, "_routes.json");
  if (!(await isFile(file))) return { routes: null, notes: [] };
  const without = (why: string) => ({ routes: null, notes: [`_routes.json has no effect: ${why}`] });
  try {
    const text = await readRegularText(file, MAX_ROUTES_BYTES);
    const { include, exclude = [] } = (parseJsonDocument(text).value ?? {}) as Record<string, unknown>;
    if (!isPaths(include) || !isPaths(exclude)) return without('"include" and "exclude" are lists of paths');
    if (include.length + exclude.length > MAX_ROUTES) return without(`it has more than ${MAX_ROUTES} rules`);
    const excluded = exclude.flatMap(withAndWithoutSlash).map((path) => `!${path}`);
    return { routes: [...include.flatMap(withAndWithoutSlash), ...excluded], notes: [] };
  } catch (error) {
    return without(messageOf(error));
  }
}

/** As Pages takes a rule: "/a/*" is for "/a" too, and the slash at an end does not count. */
function withAndWithoutSlash(rule: string): string[] {
  if (rule === "/" || rule === "/*") return [rule];
  if (rule.endsWith("/*")) return [rule.slice(0, -2), rule];
  return rule.endsWith("/") ? [rule.slice(0, -1), rule] : [rule, `${rule}/`];
}

function isPaths(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((path) => typeof path === "string" && path.startsWith("/") && path.split("*").length <= 2);
}

/** The paths that functions answer, by the names of their files. */
async function patternsOf(functions: string): Promise<readonly string[]> {
  const patterns = new Set<string>();
  for (const name of await functionFiles(functions)) {
    const path = name.replace(FUNCTION_FILE, "").split("/");
    const last = path.at(-1)!;
    const isMiddleware = last === "_middleware";
    if (isMiddleware || last === "index") path.pop();
    const at = path.findIndex((part) => part.includes("["));
    const fixed = `/${path.slice(0, at < 0 ? path.length : at).join("/")}`;
    if (isMiddleware || at >= 0) {
      patterns.add(`${fixed === "/" ? "" : fixed}/*`);
      patterns.add(fixed);
    } else for (const one of [fixed, `${fixed}/`]) patterns.add(one === "//" ? "/" : one);
  }
  return [...patterns].sort();
}

/**
 * What Pages gives to every project (developers.cloudflare.com/pages/configuration/build-configuration), with the values
 * that `wrangler pages dev` has where nothing is known of a repository.
 * @param hostname of the app
 */
export function pagesVars(hostname: string): Readonly<Record<string, string>> {
  return {
    CF_PAGES: "1",
    CF_PAGES_BRANCH: "local",
    CF_PAGES_COMMIT_SHA: "0".repeat(40),
    CF_PAGES_URL: `https://${hostname}`,
  };
}

/** Names of all functions below a folder, sorted. */
export async function functionFiles(folder: string, above = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) found.push(...await functionFiles(join(folder, name), `${above}${name}/`));
    else if (isFile && FUNCTION_FILE.test(name) && !name.endsWith(".d.ts")) found.push(above + name);
  }
  return found.sort();
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isFile === true;
}

async function isFolder(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => null))?.isDirectory === true;
}
