/** What a deploy of an app's folder takes along that lies above it, or that a build has made. */

import { dirname, join, relative } from "node:path";
import { WranglerFileError } from "../config/wrangler_file.ts";
import { readWorkersProject } from "../config/workers_project.ts";
import { NanoError } from "../errors.ts";
import { type AppReach, isInside, slashed } from "./app_files.ts";
import type { AppEntry } from "./app_entry.ts";
import { workspaceOf } from "./app_reach.ts";
import { PLAIN_SOURCES, readCompilerOptions } from "./compiler_options.ts";
import { firstFileOf, mainNames } from "./entry_files.ts";
import { findEntry } from "./find_entry.ts";
import { isRecord } from "./json_with_comments.ts";
import { reachedFiles } from "./reached_files.ts";
import { type CopiedFile, copyName, workspaceCopy } from "./workspace_copy.ts";

/** What goes along. */
export interface DeployedParts {
  /** Path of the folder that links may lead to: the workspace around the app, or its own. */
  readonly reach: string;
  /** Files and folders that the app begins in, relative to its own with `/`: a build, though .gitignore names it. */
  readonly begins: readonly string[];
  /** Files to be written anew, by name: a tsconfig.json that says all that those it extends say, which stay behind. */
  readonly texts: Readonly<Record<string, string>>;
  /** Files that are added, by name: copies of those of the workspace that the app's code reaches. */
  readonly added: Readonly<Record<string, CopiedFile>>;
}

/**
 * Looks for them; what is wrong with the folder is told by the deploy itself.
 * @param folder path of the app's folder
 * @param environment of its wrangler file; null for the top level
 */
export async function deployedParts(folder: string, environment: string | null = null): Promise<DeployedParts> {
  const root = await Deno.realPath(folder);
  const reach = await workspaceOf(root);
  const { files, entry, tsconfig } = await beginningsOf(root, environment);
  const begins = files.filter((path) => isInside(root, path)).map((path) => slashed(relative(root, path)));
  if (reach === root) return { reach, begins, texts: {}, added: {} };
  const reached = entry === null ? [] : await reachedFiles(entry, { root, reach, hidden: [] }, tsconfig);
  const texts = await tsconfigOf({ root, reach }, tsconfig);
  return { reach, begins, texts, added: workspaceCopy({ root, reach }, reached) };
}

/** Where an app begins, and its code if it has any. */
interface Beginnings {
  readonly files: readonly string[];
  readonly entry: AppEntry | null;
  /** Of its compiler options, where it is not tsconfig.json. */
  readonly tsconfig: string | null;
}

async function beginningsOf(root: string, environment: string | null): Promise<Beginnings> {
  try {
    const project = await readWorkersProject(root, environment);
    if (project !== null) {
      const { main, assets, build } = project;
      const file = main === null ? undefined : await firstFileOf(root, mainNames(relative(root, main)));
      const files = [file, assets?.path].filter((path) => typeof path === "string");
      return { files, entry: file === undefined ? null : moduleAt(root, file), tsconfig: build.tsconfig };
    }
    const entry = await findEntry(root);
    const { kind, file, clientFiles } = entry;
    const files = [kind === "static" ? dirname(file) : file, ...clientFiles === undefined ? [] : [clientFiles]];
    return { files, entry: kind === "static" ? null : entry, tsconfig: null };
  } catch (error) {
    const isTold = error instanceof NanoError || error instanceof WranglerFileError;
    if (isTold) return { files: [], entry: null, tsconfig: null };
    throw error;
  }
}

function moduleAt(root: string, file: string): AppEntry {
  return { kind: "module", root, file, why: "main of its wrangler file" };
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
  const { baseUrl, paths, ...others } = options;
  const places = [baseUrl ?? [], isRecord(paths) ? Object.values(paths) : []].flat(2).map(String);
  const isWhole = [...files.map(({ path }) => path), ...places].every((path) => path === root || isInside(root, path));
  if (isWhole) return {};
  const compilerOptions = {
    ...others,
    ...hasMetadata ? { emitDecoratorMetadata: true } : {},
    ...typeof baseUrl === "string" ? { baseUrl: shown(baseUrl) } : {},
    ...isRecord(paths) ? { paths: mapped(paths) } : {},
  };
  return { [name]: `${JSON.stringify({ compilerOptions }, null, 2)}\n` };

  function shown(path: string): string {
    const isCopy = path !== root && !isInside(root, path) && isInside(reach, path);
    return `./${slashed(relative(base, isCopy ? join(root, copyName(reach, path)) : path))}`;
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
