/** Finds what builds and start scripts have made an app's beginning. */

import { dirname, join, relative } from "node:path";
import { NanoError } from "../errors.ts";
import type { AppEntry } from "./app_entry.ts";
import { fileIn, firstFileOf, hasFolder, mainNames } from "./entry_files.ts";
import { fastifyEntry, fastifyStart, frameworkOf, pressFolders } from "./framework_builds.ts";
import { startedFiles } from "./start_script.ts";

/** A static site is this file, and what lies around it. */
export const SITE = "index.html";
/** Where build tools put what they make. */
const BUILT = ["dist", "build"];
/** Servers that builds make, which begin where they are imported: of Nitro (Nuxt, SolidStart) and SvelteKit's Node adapter. */
const BUILT_SERVERS = [".output/server/index.mjs", "build/index.js"];
/** Folders of pages that builds make where no code tells of one: also of Eleventy, Vike, React Router, Next.js and Nitro. */
const BUILT_SITES = [...BUILT, "_site", "dist/client", "build/client", "out", ".output/public"];
/** More of what builds leave behind. */
const LEFT_BEHIND = [...BUILT, ".output", "out", ".next", ".svelte-kit/output", ".vercel/output", ".netlify"];

/** What package.json says of how an app is built and started. */
export interface ProjectScripts {
  readonly scripts?: unknown;
  /** Names of all packages that it lists, those for development too. */
  readonly packages: ReadonlySet<string>;
}

/** What the scripts of package.json start. */
export async function startedEntry(root: string, scripts: unknown): Promise<AppEntry | undefined> {
  const file = await firstFileOf(root, startedFiles(scripts).flatMap(mainNames));
  if (file === undefined) return undefined;
  return { kind: "module", root, file, why: "a start script of package.json runs it" };
}

/** The plugin that a start script gives to fastify-cli, which makes the server around it. */
export async function pluginEntry(root: string, { scripts, packages }: ProjectScripts): Promise<AppEntry | undefined> {
  const start = packages.has("fastify") ? fastifyStart(scripts) : null;
  const file = start === null ? undefined : await fileIn(root, start.file);
  if (start === null || file === undefined) return undefined;
  const source = fastifyEntry(`./${relative(root, file)}`, start);
  return { kind: "module", root, file, source, why: "fastify start of package.json registers it" };
}

/** What a build made of a project that has nothing else to begin with. */
export async function builtEntry(root: string, { scripts, packages }: ProjectScripts): Promise<AppEntry | undefined> {
  const framework = frameworkOf(packages);
  const pages = [...pressFolders(scripts), ...framework?.pages === undefined ? [] : [framework.pages]];
  if (!hasBuild(scripts) && pages.length === 0) return undefined;
  const server = await firstFileOf(root, BUILT_SERVERS);
  if (server !== undefined) return { kind: "module", root, file: server, why: "the server that a build made" };
  const made = framework?.server === undefined ? undefined : await fileIn(root, framework.server);
  // Next.js leaves both behind when it makes pages that need no server
  const isWhole = framework?.pages !== undefined && await fileIn(root, join(framework.pages, SITE)) !== undefined;
  if (made !== undefined && !isWhole) {
    const { name, client, source, needsFull } = framework!;
    const clientFiles = client !== undefined && await hasFolder(root, client)
      ? { clientFiles: join(root, client) }
      : {};
    const why = `the server that ${name} made`;
    return {
      ...{ kind: "module", root, file: made, why },
      ...clientFiles,
      ...source === undefined ? {} : { source },
      ...needsFull === undefined ? {} : { needsFull },
    };
  }
  const page = await firstFileOf(root, [...pages, ...BUILT_SITES].map((folder) => join(folder, SITE)));
  if (page === undefined) return undefined;
  return { kind: "static", root: dirname(page), file: page, why: "the pages that a build made" };
}

/**
 * Where nothing of an app was found to begin with.
 * @param looked what was looked for
 */
export async function noEntry(
  { root, shown, scripts, packages }: Omit<UnbuiltProject, "source">,
  looked: string,
): Promise<NanoError> {
  const framework = frameworkOf(packages);
  const text = framework === undefined
    ? `Cannot find an entry in "${shown}": ${looked}${hasBuild(scripts) ? await buildAdvice(root) : ""}`
    : `Cannot find an entry in "${shown}", which ${framework.name} builds: ${framework.advice}`;
  return new NanoError("APP_FAILED", text);
}

/** What whoever has a build can do where none of what it makes was found. */
async function buildAdvice(root: string): Promise<string> {
  const made: string[] = [];
  for (const folder of LEFT_BEHIND) if (await hasFolder(root, folder)) made.push(`${folder}/`);
  if (made.length === 0) {
    return `; it has a build: run "npm run build" there, or set "path" to the file of the server, or the folder of the ` +
      `pages, that this makes`;
  }
  return `; its build made ${made.join(" and ")}, where no server and no ${SITE} is found: set "path" to the file of ` +
    `the server, or the folder of the pages`;
}

/** Pages whose code for browsers may have routes of its own: `vite preview` and its like answer them with the page. */
async function routedSite(file: string, why: string): Promise<AppEntry> {
  const root = dirname(file);
  if (await fileIn(root, "404.html") !== undefined) return { kind: "static", root, file, why };
  return { kind: "static", root, file, why: `${why}; paths without a file get its ${SITE}`, singlePage: true };
}

/** Angular builds for browsers below the name of the project. */
async function angularPages(root: string): Promise<string[]> {
  if (!(await hasFolder(root, "dist"))) return [];
  const pages: string[] = [];
  for await (const { name } of Deno.readDir(join(root, "dist"))) pages.push(join("dist", name, "browser", SITE));
  return pages.sort();
}

function hasBuild(scripts: unknown): boolean {
  return typeof scripts === "object" && scripts !== null && Object.hasOwn(scripts, "build");
}

/** A project whose own files are for its build only. */
export interface UnbuiltProject extends ProjectScripts {
  readonly root: string;
  readonly shown: string;
  /** Which file tells of it. */
  readonly source: string;
}

/** What a build made of such a project. */
export async function builtSite({ root, shown, source, ...project }: UnbuiltProject): Promise<AppEntry> {
  for (const folder of BUILT) {
    const file = await fileIn(root, join(folder, SITE));
    if (file === undefined) continue;
    return await routedSite(file, `what the build made of ${source}`);
  }
  // The pages may be those of a server that renders them.
  const server = await startedEntry(root, project.scripts);
  if (server !== undefined) return server;
  const page = await firstFileOf(root, await angularPages(root));
  if (page !== undefined) return await routedSite(page, "the pages that Angular made");
  const made: string[] = [];
  for (const folder of BUILT) if (await hasFolder(root, folder)) made.push(`${folder}/`);
  throw new NanoError(
    "APP_FAILED",
    `Cannot find an entry in "${shown}": ${source} is code for browsers that has to be built; ` +
      (made.length === 0
        ? `run "npm run build" there, and its ${BUILT.map((folder) => `${folder}/`).join(" or ")} is served (or set ` +
          `"path" to the folder that it makes)`
        : `there is no ${SITE} in ${
          made.join(" or ")
        }: set "path" to the folder of the pages that its build makes, or ` +
          `to the file of the server`),
  );
}
