/**
 * Files of a workspace that an app reaches by relative paths lie above the app's folder, of which a deploy takes nothing
 * along. So a deployed version has copies of them, in a folder as the workspace's, and paths that lead out of the app
 * lead there.
 */

import { join, relative } from "node:path";
import { isInside, readOwnText, slashed } from "./app_files.ts";

/** Where the copies lie in the app's folder, as in the workspace's own. */
const COPY_FOLDER = ".nano_workspace";
/** Says where the app lies in its workspace; a dotted file of a workspace never is a copy. */
const PLACE_FILE = `${COPY_FOLDER}/.place`;

/** A file of an archive: a copy of another, or a text. */
export type CopiedFile = { readonly path: string } | { readonly text: string };

/**
 * What a deploy adds, by the names in the archive; nothing where there is nothing to copy.
 * @param paths real paths of files of the workspace
 */
export function workspaceCopy(
  { root, reach }: { readonly root: string; readonly reach: string },
  paths: readonly string[],
): Readonly<Record<string, CopiedFile>> {
  if (paths.length === 0) return {};
  return Object.fromEntries<CopiedFile>([
    [PLACE_FILE, { text: `${slashed(relative(reach, root))}\n` }],
    ...paths.map((path) => [copyName(reach, path), { path }] as const),
  ]);
}

/** The name of a copy in the app's folder. */
export function copyName(reach: string, path: string): string {
  return `${COPY_FOLDER}/${slashed(relative(reach, path))}`;
}

/** Copies that came with an app. */
export class WorkspaceCopy {
  readonly #root: string;
  readonly #folder: string;
  /** Where the app would lie among them. */
  readonly #app: string;

  private constructor(root: string, place: string) {
    this.#root = root;
    this.#folder = join(root, COPY_FOLDER);
    this.#app = join(this.#folder, place);
  }

  /**
   * Those of an app; null where none came with it.
   * @param root real path of its folder
   * @throws {NanoError} APP_FAILED when the file that says so cannot be read
   */
  static async of(root: string): Promise<WorkspaceCopy | null> {
    const place = await readOwnText(root, PLACE_FILE);
    return place === undefined ? null : new WorkspaceCopy(root, place.text.trim());
  }

  /** What an import asks for instead; null where it asks for what it says. */
  specifierOf({ path, resolveDir }: { readonly path: string; readonly resolveDir: string }): string | null {
    const place = path.startsWith(".") ? this.placeOf(join(resolveDir, path)) : null;
    return place === null ? null : `./${relative(resolveDir, place)}`;
  }

  /** Where a path leads instead; null where it leads to what it says. @param path absolute, and of no file perhaps */
  placeOf(path: string): string | null {
    if (isInside(this.#app, path)) return join(this.#root, relative(this.#app, path));
    if (isInside(this.#root, path)) return null;
    const place = join(this.#app, relative(this.#root, path));
    return isInside(this.#folder, place) ? place : null;
  }
}
