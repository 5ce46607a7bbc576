/** What a deploy of an app's folder takes along that lies above it, or that a build has made. */

import { dirname, join, relative, sep } from "node:path";
import { WranglerFileError } from "../config/wrangler_file.ts";
import { readWorkersProject } from "../config/workers_project.ts";
import { NanoError } from "../errors.ts";
import { isInside } from "./app_files.ts";
import type { AppEntry } from "./app_entry.ts";
import { workspaceOf } from "./app_reach.ts";
import { readCompilerOptions } from "./compiler_options.ts";
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
 * @param folder path of the app's folder @param environment one of its wrangler file
 */
export async function deployedParts(folder: string, environment: string | null = null): Promise<DeployedParts> {
  const root = await Deno.realPath(folder);
  const reach = await workspaceOf(root);
  const { files, entry } = await beginningsOf(root, environment);
  const begins = files.filter((path) => isInside(root, path)).map((path) => relative(root, path).split(sep).join("/"));
  if (reach === root) return { reach, begins, texts: {}, added: {} };
  const reached = entry === null ? [] : await reachedFiles(entry, { root, reach, hidden: [] });
  return { reach, begins, texts: await tsconfigOf(root, reach), added: workspaceCopy({ root, reach }, reached) };
}

/** Where an app begins, and its code if it has any. */
interface Beginnings {
  readonly files: readonly string[];
  readonly entry: AppEntry | null;
}

async function beginningsOf(root: string, environment: string | null): Promise<Beginnings> {
  try {
    const project = await readWorkersProject(root, environment);
    if (project !== null) {
      const files = [project.main, project.assets?.path].filter((path) => typeof path === "string");
      return { files, entry: project.main === null ? null : moduleAt(root, project.main) };
    }
    const entry = await findEntry(root);
    const { kind, file, clientFiles } = entry;
    const files = [kind === "static" ? dirname(file) : file, ...clientFiles === undefined ? [] : [clientFiles]];
    return { files, entry: kind === "static" ? null : entry };
  } catch (error) {
    if (error instanceof NanoError || error instanceof WranglerFileError) return { files: [], entry: null };
    throw error;
  }
}

function moduleAt(root: string, file: string): AppEntry {
  return { kind: "module", root, file, why: "main of its wrangler file" };
}

async function tsconfigOf(root: string, reach: string): Promise<Record<string, string>> {
  let read;
  try {
    read = await readCompilerOptions({ root, reach }, undefined);
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
  return { "tsconfig.json": `${JSON.stringify({ compilerOptions }, null, 2)}\n` };

  function shown(path: string): string {
    const isCopy = path !== root && !isInside(root, path) && isInside(reach, path);
    return `./${isCopy ? copyName(reach, path) : relative(root, path).split(sep).join("/")}`;
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
