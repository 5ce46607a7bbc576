/** Finds the workspace that an app is a part of: the folder that its imports and links may reach. */

import { dirname, join } from "node:path";
import { NanoError } from "../errors.ts";
import { readRegularText } from "../regular_file.ts";
import { isInside, pathExists } from "./app_files.ts";
import { MAX_SOURCE_BYTES } from "./input_stamp.ts";

/** How far an app's imports may go: its own folder, a folder that is named, or the workspace that is found. */
export type ReachRule = "own" | "found" | { readonly root: string };

/** Files by which a package manager marks the folder that it installed. */
const LOCKS = ["pnpm-lock.yaml", "yarn.lock", "package-lock.json", "npm-shrinkwrap.json", "bun.lock", "bun.lockb"];

/**
 * The folder, as a real path.
 *
 * @param root real path of the app's folder
 * @throws {NanoError} APP_FAILED when the folder that is named is not there, or not above the app
 */
export async function findReach(root: string, rule: ReachRule): Promise<string> {
  if (rule === "own") return root;
  if (rule === "found") return await findWorkspace(root);
  let named;
  try {
    named = await Deno.realPath(rule.root);
  } catch (cause) {
    throw new NanoError("APP_FAILED", `Cannot read the app's "root": it does not exist`, { cause });
  }
  if (named === root || isInside(named, root)) return named;
  throw new NanoError("APP_FAILED", `Cannot take the app's "root": the app's folder does not lie in it`);
}

/** The workspace that a folder is a part of, or the folder itself. @param folder path of an app's folder */
export async function workspaceOf(folder: string): Promise<string> {
  return await findWorkspace(await Deno.realPath(folder));
}

/** The nearest folder at or above the app that says it is a workspace, else the nearest one that was installed. */
async function findWorkspace(root: string): Promise<string> {
  let installed: string | null = null;
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    if (await isWorkspace(folder)) return folder;
    if (installed === null && await isInstalled(folder)) installed = folder;
    // The top of a repository: what lies above has nothing to do with it.
    if (await pathExists(join(folder, ".git"))) break;
  }
  return installed ?? root;
}

async function isWorkspace(folder: string): Promise<boolean> {
  if (await pathExists(join(folder, "pnpm-workspace.yaml"))) return true;
  try {
    const { workspaces } = JSON.parse(await readRegularText(join(folder, "package.json"), MAX_SOURCE_BYTES));
    return typeof workspaces === "object" && workspaces !== null;
  } catch {
    // None, or one that will be complained of if it is the app's own.
    return false;
  }
}

async function isInstalled(folder: string): Promise<boolean> {
  if (await pathExists(join(folder, "node_modules", ".pnpm"))) return true;
  // A lock alone may have been left behind by a command that was typed in the wrong folder.
  if (!(await pathExists(join(folder, "package.json")))) return false;
  for (const name of LOCKS) if (await pathExists(join(folder, name))) return true;
  return false;
}

/** The package manager that a folder was installed with, by its files; npm where none tells. */
export async function managerOf(folder: string): Promise<"npm" | "pnpm" | "yarn" | "bun"> {
  const has = (name: string) => pathExists(join(folder, name));
  if (await has("pnpm-lock.yaml") || await has("pnpm-workspace.yaml") || await has("node_modules/.pnpm")) return "pnpm";
  if (await has("yarn.lock")) return "yarn";
  return await has("bun.lock") || await has("bun.lockb") ? "bun" : "npm";
}

/** How packages get to where they are looked for. @param where the folder, as messages have it */
export async function installAdvice(folder: string, where: string): Promise<string> {
  const run = `run "${await managerOf(folder)} install" in ${where}`;
  // Yarn's Plug'n'Play: archives that only its own hook of Node reads.
  const isPnp = await pathExists(join(folder, ".pnp.cjs")) || await pathExists(join(folder, ".pnp.js"));
  return isPnp ? `Plug'n'Play has no node_modules, so set "nodeLinker: node-modules" in .yarnrc.yml and ${run}` : run;
}
