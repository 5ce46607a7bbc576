/** Reads what an app's own configuration files say about its imports. */

import { dirname, join, relative } from "node:path";
import { NanoError } from "../errors.ts";
import { appUrl, foldersUpTo, type OwnText, readOwnText } from "./app_files.ts";
import { parseConfig, readCompilerOptions } from "./compiler_options.ts";
import { ImportMap } from "./import_map.ts";
import type { InputStamp } from "./input_stamp.ts";
import { WorkspaceCopy } from "./workspace_copy.ts";

/** Settings of one app. */
export interface AppSettings {
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** From deno.json; undefined if it has none. */
  readonly importMap: ImportMap | undefined;
  /** Whether the folder, or its workspace, has a package.json: if not, nobody may look for one above it. */
  readonly hasManifest: boolean;
  /** The files that were read. */
  readonly stamps: ReadonlyMap<string, InputStamp>;
  readonly warnings: readonly string[];
  /** Files of its workspace that a deploy has copied into its folder. */
  readonly copies: WorkspaceCopy | null;
  /** Whether decorators are to have metadata of types, which nothing here makes. */
  readonly hasMetadata: boolean;
}

/**
 * Reads package.json, deno.json or deno.jsonc, the import map it names, and tsconfig.json.
 *
 * @param root Real path of the app's folder.
 * @param reach Real path of the folder that a tsconfig.json may extend from.
 * @throws {NanoError} APP_FAILED when one of them is no JSON or lies outside the folder.
 */
export async function readAppSettings(root: string, reach = root): Promise<AppSettings> {
  const manifest = await nearestManifest(root, reach);
  const config = await readOwnText(root, "deno.json") ?? await readOwnText(root, "deno.jsonc");
  const deno = config === undefined ? {} : parseConfig(relative(root, config.path), config.text);
  const map = await readImportMap(root, config, deno);
  const { options, files, warnings, hasMetadata } = await readCompilerOptions({ root, reach }, deno["compilerOptions"]);
  const stamps = new Map<string, InputStamp>();
  for (const file of [manifest, config, map.file, ...files]) if (file !== undefined) stamps.set(file.path, file.stamp);
  return {
    compilerOptions: options,
    importMap: map.map,
    hasManifest: manifest !== undefined,
    stamps,
    warnings,
    copies: await WorkspaceCopy.of(root),
    hasMetadata,
  };
}

async function nearestManifest(root: string, reach: string): Promise<OwnText | undefined> {
  for (const folder of foldersUpTo(reach, root)) {
    const manifest = await readOwnText(folder, "package.json");
    if (manifest !== undefined) return manifest;
  }
  return undefined;
}

async function readImportMap(
  root: string,
  config: OwnText | undefined,
  deno: Readonly<Record<string, unknown>>,
): Promise<{ map: ImportMap | undefined; file?: OwnText }> {
  if (config === undefined) return { map: undefined };
  const { imports, scopes, importMap } = deno;
  // As in Deno: imports of its own make it ignore a map beside it.
  if (imports !== undefined || scopes !== undefined) return { map: newMap(deno, appUrl(root, config.path)) };
  if (typeof importMap !== "string") return { map: undefined };
  const name = relative(root, join(dirname(config.path), importMap));
  const file = /^\w+:/.test(importMap) || name.startsWith("..") ? undefined : await readOwnText(root, name);
  if (file === undefined) {
    throw new NanoError("APP_FAILED", `"importMap" of deno.json is "${importMap}", which is no file of the app`);
  }
  return { map: newMap(parseConfig(name, file.text), appUrl(root, file.path)), file };
}

function newMap(json: unknown, base: string): ImportMap {
  try {
    return new ImportMap(json, base);
  } catch (cause) {
    throw new NanoError("APP_FAILED", "The import map has a scope that is no URL", { cause });
  }
}
