/** Files of packages that are no JavaScript fail where they are loaded, as in Node: often nobody ever does. */
import type { BuildOptions, BuildResult, Message, Plugin } from "esbuild";
import { join } from "node:path";
import { isOfPackage } from "./app_files.ts";
import { isBuildFailure } from "./build_error.ts";
import { isEsModule } from "./requirable_files.ts";

/**
 * Builds; when CommonJS of packages alone does not parse (Flow's types, which only React Native takes), builds again
 * with modules in its place that throw what is wrong with it.
 *
 * @returns the result, and with what it was built
 * @throws the first failure, where the second build fails too
 */
export async function buildAround<
  Options extends BuildOptions & { readonly plugins: Plugin[] },
  Result extends BuildResult,
>(
  options: Options,
  build: (options: Options) => Promise<Result>,
): Promise<{ readonly result: Result; readonly options: Options }> {
  try {
    return { result: await build(options), options };
  } catch (failure) {
    const broken = isBuildFailure(failure) ? await brokenFiles(failure.errors, options.absWorkingDir!) : undefined;
    if (broken === undefined) throw failure;
    const around = { ...options, plugins: [throwing(broken), ...options.plugins] };
    try {
      return { result: await build(around), options: around };
    } catch (again) {
      throw isBuildFailure(again) ? failure : again;
    }
  }
}

/** What is wrong, by absolute path; undefined when anything else is wrong too. */
async function brokenFiles(errors: readonly Message[], root: string): Promise<Map<string, string> | undefined> {
  const broken = new Map<string, string>();
  for (const { location, text, pluginName } of errors) {
    const path = location === null ? "" : join(root, location.file);
    // What is not found or not allowed is told by plugins and the resolver, of the files that ask for it.
    if (!isOfPackage(path) || pluginName !== "" || text.startsWith("Could not resolve") || await isEsModule(path)) {
      return undefined;
    }
    if (!broken.has(path)) broken.set(path, `${location!.file}:${location!.line}:${location!.column + 1}: ${text}`);
  }
  return broken;
}

function throwing(broken: ReadonlyMap<string, string>): Plugin {
  return {
    name: "nano-broken-files",
    setup(build) {
      build.onLoad({ filter: /.*/, namespace: "file" }, ({ path }) => {
        const text = broken.get(path);
        return text === undefined
          ? undefined
          : { contents: `throw new SyntaxError(${JSON.stringify(text)});`, loader: "js" };
      });
    },
  };
}
