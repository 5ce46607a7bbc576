/** One build of an app by esbuild: its options, the files that it was made from. */
import type { BuildOptions } from "esbuild";
import { dirname, join } from "node:path";
import { appLoader } from "./app_loader.ts";
import { type AppResolution, appResolver } from "./app_resolver.ts";
import { readAppSettings } from "./app_settings.ts";
import { buildError, type BuildErrorContext, buildWarning, isBuildFailure } from "./build_error.ts";
import type { CachedBundle } from "./bundle_cache.ts";
import { esbuildService } from "./esbuild_service.ts";
import type { AppEntry } from "./find_entry.ts";
import { type InputStamp, readStamped, renewStamp } from "./input_stamp.ts";
import { nodeBuiltins } from "./node_builtins.ts";
import { inlineSourceMap } from "./source_map.ts";

/** What is built. */
export interface BuildOrder {
  readonly entry: AppEntry;
  /** What cannot be done when it fails, as messages begin. */
  readonly action: string;
  readonly nodeCompat: boolean;
}

/**
 * Builds an app's code into one module.
 *
 * @param resolution told what was imported, and what of it could not be found
 * @returns the bundle, and whether none of its files was edited meanwhile
 * @throws {NanoError} APP_FAILED when the code does not build
 */
export async function buildApp(
  { entry, action, nodeCompat }: BuildOrder,
  resolution: AppResolution,
): Promise<{ readonly bundle: CachedBundle; readonly isStable: boolean }> {
  const { root } = entry;
  const context: BuildErrorContext = { action, root, unresolved: resolution.unresolved };
  const settings = await readAppSettings(root);
  const { compilerOptions } = settings;
  try {
    const result = await esbuildService.build({
      ...optionsFor(root),
      tsconfigRaw: { compilerOptions } as Exclude<BuildOptions["tsconfigRaw"], string | undefined>,
      entryPoints: [entry.file],
      plugins: [
        appResolver({ root, settings }, resolution),
        nodeBuiltins(nodeCompat),
        appLoader(entry, compilerOptions, resolution),
      ],
    });
    const text = (ending: string) => result.outputFiles.find(({ path }) => path.endsWith(ending))!.text;
    const inputs = new Map([...resolution.inputs, ...settings.stamps, ...await packageStamps(root, resolution.inputs)]);
    const bundle: CachedBundle = {
      code: inlineSourceMap(text(".js"), text(".map")),
      warnings: [...settings.warnings, ...result.warnings.map((warning) => buildWarning(warning, context))],
      inputs,
      folders: foldersOf(root, inputs.keys()),
    };
    // Edited while it was built: the next call has to build again.
    const stamps = await Promise.all([...inputs].map(([path, stamp]) => renewStamp(path, stamp)));
    return { bundle, isStable: !stamps.includes(undefined) };
  } catch (thrown) {
    throw isBuildFailure(thrown) ? buildError(thrown, context) : thrown;
  }
}

function optionsFor(root: string) {
  return {
    absWorkingDir: root,
    outfile: join(root, "index.js"),
    write: false,
    bundle: true,
    format: "esm",
    target: "esnext",
    platform: "browser",
    // "import", "require" and "default" are esbuild's own, each where it applies; named here they would apply always.
    // The first three are wrangler's: what a package offers to Workers fits better than what it offers to pages.
    conditions: ["workerd", "worker", "browser", "module"],
    mainFields: ["browser", "module", "main"],
    keepNames: true,
    charset: "utf8",
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: true,
    logLevel: "silent",
    // Left to run time, where the app's own environment says what it is.
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV", global: "globalThis" },
  } satisfies BuildOptions;
}

/** The package.json files above the inputs: they say what a bare import means. */
async function packageStamps(root: string, inputs: ReadonlyMap<string, InputStamp>): Promise<Map<string, InputStamp>> {
  const folders = new Set<string>();
  for (const path of inputs.keys()) {
    for (let folder = dirname(path); folder.length > root.length && !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
    }
  }
  return await stampsOf([...folders].map((folder) => join(folder, "package.json")));
}

async function stampsOf(paths: readonly string[]): Promise<Map<string, InputStamp>> {
  const stamps = new Map<string, InputStamp>();
  await Promise.all(paths.map(async (path) => {
    try {
      stamps.set(path, (await readStamped(path)).stamp);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }));
  return stamps;
}

function foldersOf(root: string, paths: Iterable<string>): string[] {
  const folders = new Set([root, join(root, "node_modules")]);
  for (const path of paths) if (!path.includes("/node_modules/")) folders.add(dirname(path));
  return [...folders];
}
