/** Gives NANO's own files to esbuild, by their URLs: in a compiled binary they lie where esbuild's process sees nothing. */

import type { Loader, Plugin } from "esbuild";
import { fileURLToPath } from "node:url";
import { type InputStamp, readStamped } from "./input_stamp.ts";

/** Namespace of the modules, for esbuild and in its messages. */
export const URL_NAMESPACE = "nano";

/** What is told of the modules, and what they may import beside each other. */
export interface UrlModulesOptions {
  /**
   * Where a module lies that is imported by the name of its package.
   *
   * @throws {Error} With what to say, when it may not be imported.
   */
  readonly packageUrl: (specifier: string) => string;
  /** Told of every file that is read. */
  readonly onInput?: (path: string, stamp: InputStamp) => void;
  /** What a module's text is to be instead. */
  readonly onText?: (text: string) => string;
}

const LOADERS: Readonly<Record<string, Loader>> = { ".ts": "ts", ".tsx": "tsx" };

/** An esbuild plugin for entry points that are `file:` URLs. Modules of `node:` stay imports. */
export function urlModules({ packageUrl, onInput, onText }: UrlModulesOptions): Plugin {
  return {
    name: "nano-url-modules",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        if (path.startsWith("node:")) return { path, external: true };
        if (kind === "entry-point") return { path, namespace: URL_NAMESPACE };
        if (/^\.\.?\//.test(path)) return { path: new URL(path, importer).href, namespace: URL_NAMESPACE };
        try {
          return { path: packageUrl(path), namespace: URL_NAMESPACE };
        } catch (error) {
          return { errors: [{ text: error instanceof Error ? error.message : String(error) }] };
        }
      });
      build.onLoad({ filter: /.*/, namespace: URL_NAMESPACE }, async ({ path }) => {
        const file = fileURLToPath(path);
        const { contents, stamp } = await readStamped(file);
        onInput?.(file, stamp);
        if (onText !== undefined) {
          const text = onText(new TextDecoder().decode(contents));
          return { contents: text, loader: LOADERS[path.slice(path.lastIndexOf("."))] ?? "js" };
        }
        return { contents, loader: LOADERS[path.slice(path.lastIndexOf("."))] ?? "js" };
      });
    },
  };
}
