/** Reads files of an app, and never one that lies outside the app's folder. */

import { dirname, join, relative, sep } from "node:path";
import { NanoError } from "../errors.ts";
import { type InputStamp, readStamped, UnfitSource } from "./input_stamp.ts";

/** A file that was read as text. */
export interface OwnText {
  readonly text: string;
  /** The real path. */
  readonly path: string;
  readonly stamp: InputStamp;
}

/** A path as archives and imports have it. */
export function slashed(path: string): string {
  return path.split(sep).join("/");
}

/** Whether `path` lies below `root`; both are real paths. */
export function isInside(root: string, path: string): boolean {
  return path.startsWith(root === "/" ? "/" : `${root}/`);
}

/** What an app's code may be made of. All are real paths. */
export interface AppReach {
  /** The app's folder; names are relative to it. */
  readonly root: string;
  /** The folder that no import may leave: the root, or the workspace that it is a part of. */
  readonly reach: string;
  /** What is NANO's own or a secret, wherever it lies. */
  readonly hidden: readonly string[];
}

/** A file or folder that is kept out of sight: ".env", ".git"; but not what managers keep in node_modules. */
const DOTTED = /(?:^|\/)(?<!(?:^|\/)node_modules\/)\.[^/]/;

/** Whether an app's code may be made of this file: one of its own, or an open one of its workspace. */
export function isReachable({ root, reach, hidden }: AppReach, path: string): boolean {
  if (isInside(root, path)) return true;
  if (!isInside(reach, path) || DOTTED.test(relative(reach, path))) return false;
  return !hidden.some((one) => path === one || isInside(one, path));
}

/** Why an app's code may not be made of a file, as messages have it. */
export function whyNot({ reach }: AppReach, path: string): string {
  return isInside(reach, path) ? "it is hidden from the apps of its workspace" : "it lies outside the app's folder";
}

/** Whether a file is part of an installed package. */
export function isOfPackage(path: string): boolean {
  return path.includes("/node_modules/");
}

/** Whether there is anything at a path, symlinks followed. */
export async function pathExists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory) return false;
    throw thrown;
  }
}

/** The folders from `from` up to `root`, both included; none above. */
export function* foldersUpTo(root: string, from: string): Generator<string> {
  for (let folder = from; folder === root || isInside(root, folder); folder = dirname(folder)) {
    yield folder;
    // Above the root of the file system lies the root of the file system.
    if (folder === root) return;
  }
}

/**
 * Reads a file of the app by its name.
 *
 * @param root Real path of the app's folder.
 * @param name The file's path relative to `root`.
 * @param reach The folder that it may not lead out of, where that is a wider one.
 * @returns Undefined if there is none.
 * @throws {NanoError} APP_FAILED when a symlink leads out of the folder, or it cannot be read.
 */
export async function readOwnText(root: string, name: string, reach = root): Promise<OwnText | undefined> {
  try {
    const path = await Deno.realPath(join(root, name));
    if (!isInside(reach, path)) throw new NanoError("APP_FAILED", `"${name}" lies outside the app's folder`);
    const { contents, stamp } = await readStamped(path);
    return { text: new TextDecoder().decode(contents), path, stamp };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory) return undefined;
    if (cause instanceof NanoError) throw cause;
    const why = cause instanceof UnfitSource ? `: ${cause.message}` : "";
    throw new NanoError("APP_FAILED", `"${name}" cannot be read${why}`, { cause });
  }
}

/** A file's path as the app sees it: `/src/main.ts`. Those of its workspace begin where the workspace does. */
export function appPath(root: string, path: string): string {
  return `/${relative(root, path).replace(/^(?:\.\.\/)+/, "")}`;
}

/** A file's URL as the app sees it: `app:///src/main.ts`. */
export function appUrl(root: string, path: string): string {
  return `app://${appPath(root, path).split("/").map(encodeURIComponent).join("/").replaceAll("%40", "@")}`;
}
