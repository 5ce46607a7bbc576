/** Finds the files of a workspace that an app's own code reaches by paths, without its packages. */

import { extname, join } from "node:path";
import { isBuildFailure } from "./build_error.ts";
import { type AppReach, isInside, isOfPackage, isReachable } from "./app_files.ts";
import { type AppEntry, entryOptions } from "./app_entry.ts";
import { isScript } from "./app_loader.ts";
import { SYNTAX } from "./module_meta.ts";
import { esbuildService } from "./esbuild_service.ts";

/**
 * Looks for them; what the app may not reach does not stop the look: the deploy itself tells it.
 * @param tsconfig the file of its compiler options, relative to its folder; null for the nearest tsconfig.json
 * @returns real paths, sorted
 */
export async function reachedFiles(
  entry: AppEntry,
  { root, reach, hidden }: AppReach,
  tsconfig: string | null,
): Promise<string[]> {
  const seen = new Set<string>();
  try {
    await esbuildService.build({
      absWorkingDir: root,
      ...entryOptions(entry),
      bundle: true,
      write: false,
      format: "esm",
      outfile: "index.js",
      ...SYNTAX,
      ...tsconfig === null ? {} : { tsconfig: join(root, tsconfig) },
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
