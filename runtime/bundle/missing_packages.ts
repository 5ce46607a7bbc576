/** What there is of an app's packages, and what to say where one is missing. */

import type { PartialMessage } from "esbuild";
import { join, relative } from "node:path";
import { type AppReach, foldersUpTo, isInside, isOfPackage, pathExists, readOwnText } from "./app_files.ts";
import { installAdvice, managerOf } from "./app_reach.ts";
import { parseConfig } from "./compiler_options.ts";
import type { NpmSpecifier } from "./package_specifier.ts";

/** The packages that an app's package.json asks for; none without a package.json. */
export async function listedPackages(root: string): Promise<Set<string>> {
  const manifest = await readOwnText(root, "package.json");
  if (manifest === undefined) return new Set();
  const { dependencies, optionalDependencies } = parseConfig("package.json", manifest.text);
  return new Set([...Object.keys(dependencies ?? {}), ...Object.keys(optionalDependencies ?? {})]);
}

/** Whether a package lies in a node_modules that a file sees. @param from the file's folder */
export async function isInstalled({ reach }: AppReach, from: string, name: string): Promise<boolean> {
  for (const folder of foldersUpTo(reach, from)) {
    if (await pathExists(join(folder, "node_modules", name))) return true;
  }
  return false;
}

/**
 * @param from the folder of what imports it
 * @param isOutside whether there is one where the app may not look
 */
export async function missingText(
  { root, reach }: AppReach,
  name: string,
  { from, isOutside }: { from: string; isOutside: boolean },
): Promise<string> {
  const owner = await ownerOf({ root, reach }, from);
  const lister = owner === root ? "package.json" : `"${relative(reach, owner)}/package.json"`;
  const folder = owner === root ? "the app's folder" : `"${relative(reach, owner)}"`;
  const where = root === reach ? "the app's folder" : "the app's workspace";
  const manager = await managerOf(reach);
  const remedy = (await listedPackages(owner)).has(name)
    ? `${lister} lists it, so ${await installAdvice(reach, where)}`
    : `run "${manager} ${manager === "npm" ? "install" : "add"} ${name}" in ${folder}`;
  const hint = isOutside ? `; a node_modules outside the app's folder has it, but apps do not share packages` : "";
  return `Package "${name}" is not installed: ${remedy}${hint}`;
}

/** Whose package.json has to list what a file imports: another package of the workspace, or else the app. */
async function ownerOf({ root, reach }: Pick<AppReach, "root" | "reach">, from: string): Promise<string> {
  if (from === root || isInside(root, from) || isOfPackage(`${from}/`)) return root;
  for (const folder of foldersUpTo(reach, from)) {
    if (folder !== reach && await pathExists(join(folder, "package.json"))) return folder;
  }
  return root;
}

/** An exact version in a specifier is a promise; what is installed may break it. */
export async function versionWarnings(
  { reach }: AppReach,
  from: string,
  { written, name, range }: NpmSpecifier & { readonly written: string },
): Promise<PartialMessage[]> {
  if (!/^\d+\.\d+\.\d+/.test(range)) return [];
  for (const folder of foldersUpTo(reach, from)) {
    const file = join(folder, "node_modules", name, "package.json").slice(reach.length + 1);
    const manifest = await readOwnText(reach, file);
    if (manifest === undefined) continue;
    const { version } = parseConfig(file, manifest.text);
    if (version === range) return [];
    return [{ text: `"${written}" was asked for, but ${name} ${version} is installed` }];
  }
  return [];
}
