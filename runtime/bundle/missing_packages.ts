/** What there is of an app's packages, and what to say where one is missing. */

import type { PartialMessage } from "esbuild";
import { join } from "node:path";
import { type AppReach, foldersUpTo, pathExists, readOwnText } from "./app_files.ts";
import { managerOf } from "./app_reach.ts";
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

/** @param isOutside whether there is one where the app may not look */
export async function missingText({ root, reach }: AppReach, name: string, isOutside: boolean): Promise<string> {
  const where = root === reach ? "in the app's folder" : "in the app's workspace";
  const manager = await managerOf(reach);
  const remedy = (await listedPackages(root)).has(name)
    ? `package.json lists it, so run "${manager} install" ${where}`
    : `run "${manager} ${manager === "npm" ? "install" : "add"} ${name}" in the app's folder`;
  const hint = isOutside ? `; a node_modules outside the app's folder has it, but apps do not share packages` : "";
  return `Package "${name}" is not installed: ${remedy}${hint}`;
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
