/** Looks for the files that an app may begin in. */

import { join } from "node:path";
import { NanoError } from "../errors.ts";

const EXTENSIONS = [".ts", ".tsx", ".js", ".jsx", ".mjs"];
const STEMS = ["index", "main", "worker", "src/index", "src/main"];

/** The names that an app without a manifest may begin with, relative to its folder. */
export const ENTRY_NAMES: readonly string[] = STEMS.flatMap((stem) => EXTENSIONS.map((extension) => stem + extension));

/** The same, as people read them. */
export const ENTRY_NAMES_SHOWN = `${STEMS.join(", ")} with ${EXTENSIONS.join(", ")}`;

/** A name as Node takes it: with its ending or without, or that of a folder. */
export function mainNames(main: string): string[] {
  return [main, ...EXTENSIONS.map((extension) => main + extension), ...EXTENSIONS.map((e) => join(main, "index" + e))];
}

/**
 * The real path of a file below an app's folder; undefined when there is none.
 *
 * @throws {NanoError} APP_FAILED when it lies outside or cannot be read
 */
export async function fileIn(root: string, name: string): Promise<string | undefined> {
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

/** The first of them that there is. */
export async function firstFileOf(root: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = await fileIn(root, name);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** Whether there is such a folder below an app's own. */
export async function hasFolder(root: string, name: string): Promise<boolean> {
  try {
    return (await Deno.stat(join(root, name))).isDirectory;
  } catch {
    return false;
  }
}
