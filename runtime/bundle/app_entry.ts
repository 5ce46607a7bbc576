/** Where an app begins, and how that was found. */
import type { BuildOptions } from "esbuild";
import { NanoError } from "../errors.ts";

/** Where an app begins. Both paths are real paths, symlinks followed. */
export interface AppEntry {
  /** A folder without code but with index.html is a static site. */
  readonly kind: "module" | "static";
  /** The folder that no import of the app may leave. */
  readonly root: string;
  /** The first module, or index.html. */
  readonly file: string;
  /** How it was chosen, for people. */
  readonly why: string;
  /** Text of the first module where no file holds it; it imports by paths that begin in the root. */
  readonly source?: string;
  /** Absolute path of the folder of what a build made for browsers, served before the server is asked. */
  readonly clientFiles?: string;
  /** Whether paths without a file get index.html: of a static site whose own routes are in the browser. */
  readonly singlePage?: boolean;
  /** Why only all of Deno can run it, and what to set, where that is so. */
  readonly needsFull?: string;
}

/** As esbuild takes it. */
export function entryOptions({ root, file, source }: AppEntry): Pick<BuildOptions, "entryPoints" | "stdin"> {
  if (source === undefined) return { entryPoints: [file] };
  return { stdin: { contents: source, resolveDir: root, sourcefile: "entry.js", loader: "js" } };
}

/** @throws {NanoError} APP_FAILED with the way out, when an app that runs in the sandbox begins in what it cannot run */
export function checkCompat({ needsFull }: AppEntry, compat: "web" | "full"): void {
  if (needsFull !== undefined && compat !== "full") throw new NanoError("APP_FAILED", needsFull);
}
