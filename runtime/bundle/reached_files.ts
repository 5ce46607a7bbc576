/** Finds the files of a workspace that an app's own code reaches by paths, without its packages. */

import { extname } from "node:path";
import { isBuildFailure } from "./build_error.ts";
import { type AppReach, isInside, isOfPackage, isReachable } from "./app_files.ts";
import type { AppEntry } from "./app_entry.ts";
import { isScript } from "./app_loader.ts";
import { SYNTAX } from "./module_meta.ts";
import { esbuildService } from "./esbuild_service.ts";

/** What the app may not reach does not stop the look: the deploy itself tells it. @returns real paths, sorted */
export async function reachedFiles(entry: AppEntry, { root, reach, hidden }: AppReach): Promise<string[]> {
  const seen = new Set<string>();
  try {
    await esbuildService.build({
      absWorkingDir: root,
      ...entry.source === undefined ? { entryPoints: [entry.file] } : {
        stdin: { contents: entry.source, resolveDir: root, sourcefile: "entry.js", loader: "js" as const },
      },
      bundle: true,
      write: false,
      format: "esm",
      outfile: "index.js",
      ...SYNTAX,
      packages: "external",
      logLevel: "silent",
      plugins: [{
        name: "nano-reached-files",
        setup(build) {
          build.onLoad({ filter: /.*/, namespace: "file" }, ({ path }) => {
            seen.add(path);
            return isScript(path) || extname(path) === ".json" ? undefined : { contents: "", loader: "empty" };
          });
        },
      }],
    });
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
  } finally {
    await esbuildService.stopIfIdle();
  }
  return [...seen].filter((path) =>
    !isInside(root, path) && !isOfPackage(path) && isReachable({ root, reach, hidden }, path)
  ).sort();
}
