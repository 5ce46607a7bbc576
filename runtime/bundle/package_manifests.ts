/** Reads the package.json that a file belongs to: what its `browser` field replaces. */

import { dirname, join, relative } from "node:path";
import { readRegularText } from "../regular_file.ts";
import { foldersUpTo, isInside } from "./app_files.ts";
import { MAX_SOURCE_BYTES } from "./input_stamp.ts";

/** What takes the place of an import or a file: another one, or nothing at all. */
export type Replacement = string | false;

/** The nearest package.json at or above a file. */
export interface PackageManifest {
  readonly folder: string;
  /** What stands for the package's main file; null without one, or where `exports` says what stands for it. */
  readonly browserMain: string | null;
  /** By what is imported: a package's name, or a path that begins with `./`. */
  readonly replacements: ReadonlyMap<string, Replacement>;
}

const NOTHING: ReadonlyMap<string, Replacement> = new Map();
/** What an import may leave out. */
const ENDINGS = ["", ".js", ".cjs", ".mjs", ".json", "/index.js"];

/** The manifests of one build; each is read once. */
export class PackageManifests {
  readonly #limit: string;
  readonly #byFolder = new Map<string, Promise<PackageManifest | null>>();

  /** @param limit real path of the folder above which none is read */
  constructor(limit: string) {
    this.#limit = limit;
  }

  /** @param path absolute, of a file */
  async of(path: string): Promise<PackageManifest | null> {
    for (const folder of foldersUpTo(this.#limit, dirname(path))) {
      let manifest = this.#byFolder.get(folder);
      if (manifest === undefined) this.#byFolder.set(folder, manifest = readManifest(folder, this.#limit));
      const found = await manifest;
      if (found !== null) return found;
    }
    return null;
  }
}

/**
 * What takes the place of a file of the package; undefined where nothing does.
 *
 * @param path absolute, as it was written or as it was found: the field may leave its ending out, and so may an import
 */
export function fileReplacement({ folder, replacements }: PackageManifest, path: string): Replacement | undefined {
  if (replacements.size === 0) return undefined;
  const name = `./${relative(folder, path)}`;
  const stem = name.replace(/(?:\/index)?\.[cm]?js$/, "");
  for (const ending of ENDINGS) {
    const found = replacements.get(name + ending);
    if (found !== undefined) return found;
  }
  return stem === name ? undefined : replacements.get(stem);
}

async function readManifest(folder: string, limit: string): Promise<PackageManifest | null> {
  let json;
  try {
    const path = await Deno.realPath(join(folder, "package.json"));
    if (!isInside(limit, path)) return null;
    json = JSON.parse(await readRegularText(path, MAX_SOURCE_BYTES));
  } catch {
    // None here, or one that esbuild itself will complain about.
    return null;
  }
  const { browser, exports } = json ?? {};
  if (typeof browser === "string") {
    return { folder, browserMain: exports === undefined ? join(folder, browser) : null, replacements: NOTHING };
  }
  if (typeof browser !== "object" || browser === null) return { folder, browserMain: null, replacements: NOTHING };
  const replacements = new Map<string, Replacement>();
  for (const [name, value] of Object.entries(browser)) {
    if (value !== false && typeof value !== "string") continue;
    replacements.set(name.startsWith("./") ? `./${join(name)}` : name, value);
  }
  return { folder, browserMain: null, replacements };
}
