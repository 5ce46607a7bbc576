/** Gives each module of a bundle the `import.meta` that it would have by itself. */

import type { Loader, OnLoadResult, PluginBuild } from "esbuild";
import { basename, dirname, relative } from "node:path";
import { appUrl } from "./app_files.ts";

/** A module that speaks of `import.meta`. */
export interface MetaModule {
  readonly path: string;
  readonly root: string;
  readonly text: string;
  readonly loader: Loader;
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** Whether the app begins in it. */
  readonly isMain: boolean;
}

/**
 * Replaces `url`, `main`, `dirname` and `filename`: in one bundle they would be the bundle's own. The paths begin at the
 * app's folder; of the host they say nothing.
 */
export async function writeImportMeta(build: PluginBuild, module: MetaModule): Promise<OnLoadResult> {
  const { path, root, text, loader, compilerOptions, isMain } = module;
  const filename = `/${relative(root, path)}`;
  try {
    const { code } = await build.esbuild.transform(text, {
      loader,
      sourcefile: basename(path),
      sourcemap: "inline",
      target: "esnext",
      charset: "utf8",
      logLevel: "silent",
      // JSX too becomes code here: the comments that say how would not outlive this.
      tsconfigRaw: { compilerOptions },
      define: {
        "import.meta.url": JSON.stringify(appUrl(root, path)),
        "import.meta.main": String(isMain),
        "import.meta.dirname": JSON.stringify(dirname(filename)),
        "import.meta.filename": JSON.stringify(filename),
      },
    });
    return { contents: code, loader: "js" };
  } catch {
    // The build itself finds the same mistake, and tells it with its place.
    return { contents: text, loader };
  }
}
