/** What a deploy of an app's folder takes along that lies above it, or that a build has made. */

import { dirname, join, relative, sep } from "node:path";
import { WranglerFileError } from "../config/wrangler_file.ts";
import { readWorkersProject } from "../config/workers_project.ts";
import { NanoError } from "../errors.ts";
import { type AppReach, isInside } from "./app_files.ts";
import { workspaceOf } from "./app_reach.ts";
import { PLAIN_SOURCES, readCompilerOptions } from "./compiler_options.ts";
import { firstFileOf, mainNames } from "./entry_files.ts";
import { findEntry } from "./find_entry.ts";
import { isRecord } from "./json_with_comments.ts";

/** What goes along. */
export interface DeployedParts {
  /** Path of the folder that links may lead to: the workspace around the app, or its own. */
  readonly reach: string;
  /** Files and folders that the app begins in, relative to its own with `/`: a build, though .gitignore names it. */
  readonly begins: readonly string[];
  /** Files to be written anew, by name: a tsconfig.json that says all that those it extends say, which stay behind. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Looks for them; what is wrong with the folder is told by the deploy itself.
 * @param folder path of the app's folder
 * @param environment of its wrangler file; null for the top level
 */
export async function deployedParts(folder: string, environment: string | null = null): Promise<DeployedParts> {
  const root = await Deno.realPath(folder);
  const reach = await workspaceOf(root);
  const { paths, tsconfig } = await beginningsOf(root, environment);
  const begins = paths.filter((path) => isInside(root, path)).map((path) => relative(root, path).split(sep).join("/"));
  return { reach, begins, texts: reach === root ? {} : await tsconfigOf({ root, reach }, tsconfig) };
}

async function beginningsOf(
  root: string,
  environment: string | null,
): Promise<{ paths: readonly string[]; tsconfig: string | null }> {
  try {
    const project = await readWorkersProject(root, environment);
    if (project !== null) {
      const { assets, build } = project;
      const main = project.main === null ? null : await firstFileOf(root, mainNames(relative(root, project.main)));
      return { paths: [main, assets?.path].filter((path) => typeof path === "string"), tsconfig: build.tsconfig };
    }
    const { kind, file, clientFiles } = await findEntry(root);
    const paths = [kind === "static" ? dirname(file) : file, ...clientFiles === undefined ? [] : [clientFiles]];
    return { paths, tsconfig: null };
  } catch (error) {
    if (error instanceof NanoError || error instanceof WranglerFileError) return { paths: [], tsconfig: null };
    throw error;
  }
}

async function tsconfigOf(
  { root, reach }: Pick<AppReach, "root" | "reach">,
  tsconfig: string | null,
): Promise<Record<string, string>> {
  const name = tsconfig ?? "tsconfig.json";
  const base = dirname(join(root, name));
  let read;
  try {
    read = await readCompilerOptions({ root, reach }, { ...PLAIN_SOURCES, tsconfig });
  } catch (error) {
    if (error instanceof NanoError) return {};
    throw error;
  }
  const { options, files, hasMetadata } = read;
  if (files.every(({ path }) => isInside(root, path))) return {};
  const { baseUrl, paths, ...others } = options;
  const compilerOptions = {
    ...others,
    ...hasMetadata ? { emitDecoratorMetadata: true } : {},
    ...typeof baseUrl === "string" ? { baseUrl: shown(baseUrl) } : {},
    ...isRecord(paths) ? { paths: mapped(paths) } : {},
  };
  return { [name]: `${JSON.stringify({ compilerOptions }, null, 2)}\n` };

  function shown(path: string): string {
    return `./${relative(base, path).split(sep).join("/")}`;
  }

  function mapped(all: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(all).map(([key, places]) => [
        key,
        Array.isArray(places) ? places.map((place) => shown(join(String(place)))) : places,
      ]),
    );
  }
}
