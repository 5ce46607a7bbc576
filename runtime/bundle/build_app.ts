/** One build of an app by esbuild: its options, the files that it was made from. */
import type { BuildOptions, OutputFile } from "esbuild";
import { dirname, join } from "node:path";
import type { ProjectBuild } from "../config/project_build.ts";
import { NanoError } from "../errors.ts";
import { appPath, type AppReach, foldersUpTo } from "./app_files.ts";
import { appLoader } from "./app_loader.ts";
import type { AppResolution } from "./app_resolution.ts";
import { appResolver } from "./app_resolver.ts";
import { readAppSettings } from "./app_settings.ts";
import { buildAround } from "./broken_files.ts";
import { buildError, type BuildErrorContext, buildWarning, isBuildFailure } from "./build_error.ts";
import { growthExcess } from "./bundle_budget.ts";
import type { CachedBundle } from "./bundle_cache.ts";
import { esbuildService } from "./esbuild_service.ts";
import { type AppEntry, entryOptions } from "./app_entry.ts";
import { entryFunction, LINES_BEFORE } from "./entry_function.ts";
import { type InputStamp, readStamped, renewStamp } from "./input_stamp.ts";
import { type LateAbsences, loadsAbsent } from "./late_absences.ts";
import { droppedReexports, keptModules } from "./lazy_reexports.ts";
import { SYNTAX } from "./module_meta.ts";
import { nodeBuiltins } from "./node_builtins.ts";
import {
  buildRequirable,
  REQUIRABLE_MODULE,
  requirableHome,
  requirableNames,
  requirablePackages,
} from "./requirable_packages.ts";
import { completeImports } from "./run_time_import.ts";
import { completeCommonJs } from "./run_time_require.ts";
import { shadowsGlobals, withGlobals } from "./shadowed_globals.ts";
import { inlineSourceMap } from "./source_map.ts";

/** What is built. */
export interface BuildOrder {
  readonly entry: AppEntry;
  /** Real path of the folder that imports may not leave. */
  readonly reach: string;
  /** Real paths of what the app may not be made of, though it lies there. */
  readonly hidden: readonly string[];
  /** Whether it is a Workers project, which gets what packages offer to Workers. */
  readonly isWorkers: boolean;
  /** What `process.env.NODE_ENV` is. */
  readonly nodeEnv: string;
  /** What cannot be done when it fails, as messages begin. */
  readonly action: string;
  readonly nodeCompat: boolean;
  /** What a Workers project says of it. */
  readonly build: ProjectBuild;
}

/**
 * Builds an app's code into one module.
 *
 * @param resolution told what was imported, and what of it could not be found
 * @returns the bundle, and whether none of its files was edited meanwhile
 * @throws {NanoError} APP_FAILED when the code does not build
 */
export async function buildApp(
  order: BuildOrder,
  resolution: AppResolution,
): Promise<{ readonly bundle: CachedBundle; readonly isStable: boolean }> {
  const { entry, action, nodeCompat, reach, hidden } = order;
  const { alias, rules } = order.build;
  const { root } = entry;
  const app = { root, reach, hidden };
  const context: BuildErrorContext = { action, root, reach, unresolved: resolution.unresolved };
  const settings = await readAppSettings({ root, reach }, order.build);
  const late: LateAbsences = { isStrict: false };
  const { compilerOptions } = settings;
  try {
    const asWritten = {
      ...optionsFor(root, order),
      inject: [] as string[],
      tsconfigRaw: { compilerOptions } as Exclude<BuildOptions["tsconfigRaw"], string | undefined>,
      ...entryOptions(entry),
      // By this code asks whether it is what was started, as in Node.
      banner: { js: `globalThis.process?.argv.splice(1, 1, ${JSON.stringify(appPath(root, entry.file))});` },
      plugins: [
        appResolver({ ...app, settings, alias, isWorkers: order.isWorkers, nodeCompat, late }, resolution),
        nodeBuiltins(nodeCompat),
        appLoader({ ...app, file: entry.file, rules, nodeCompat }, compilerOptions, resolution),
      ],
    };
    const build = async <Options extends BuildOptions & { readonly write: false }>(given: Options) => {
      const result = await esbuildService.build(given);
      // Before any of it is made a text
      const excess = growthExcess(bytesOf(result.outputFiles!), bytesRead(resolution));
      if (excess !== null) throw new NanoError("APP_FAILED", `${action}: ${excess}`);
      return result;
    };
    const first = await buildAround(asWritten, (some) => build(some));
    if (loadsAbsent(first.result.metafile)) {
      // Once more, to be told where it stands.
      late.isStrict = true;
      await build(first.options);
    }
    const isShadowed = shadowsGlobals(outputOf(first.result, ".js"));
    const options = isShadowed ? withGlobals(first.options) : first.options;
    const plain = isShadowed ? await build(options) : first.result;
    const { metafile } = plain;
    const whereNamed = { ...app, home: await requirableHome(app, entry.file) };
    const names = await requirableNames(whereNamed, { code: outputOf(plain, ".js"), metafile }, resolution);
    const built = await buildRequirable({ ...whereNamed, all: names }, async (some) => {
      const whole = some.length === 0 ? options : {
        ...options,
        inject: [...options.inject, REQUIRABLE_MODULE],
        plugins: [requirablePackages(whereNamed.home, some), ...options.plugins],
      };
      return { whole, result: some.length === 0 ? plain : await build(whole) };
    });
    const kept = droppedReexports(built.result.metafile, root);
    const { whole } = built;
    const result = kept.size === 0
      ? built.result
      : await build({ ...whole, plugins: [keptModules(kept), ...whole.plugins] });
    const inputs = new Map([
      ...resolution.inputs,
      ...settings.stamps,
      ...await packageStamps(reach, resolution.inputs),
    ]);
    const bundle: CachedBundle = {
      code: inlineSourceMap(
        await entryFunction(completeImports(completeCommonJs(outputOf(result, ".js")))),
        outputOf(result, ".map"),
        LINES_BEFORE,
      ),
      warnings: [
        ...settings.warnings,
        ...settings.hasMetadata && [...inputs.keys()].some(isDecorated) ? [NO_METADATA] : [],
        ...result.warnings.map((warning) => buildWarning(warning, context)),
      ],
      inputs,
      folders: foldersOf(app, inputs.keys()),
    };
    // Edited while it was built: the next call has to build again.
    const stamps = await Promise.all([...inputs].map(([path, stamp]) => renewStamp(path, stamp)));
    return { bundle, isStable: !stamps.includes(undefined) };
  } catch (thrown) {
    throw isBuildFailure(thrown) ? buildError(thrown, context) : thrown;
  }
}

const NO_METADATA = `tsconfig.json: "emitDecoratorMetadata" has no effect: types are taken away, not looked at; what ` +
  `needs it (as NestJS does) has to be built by tsc or swc first, and is taken when a start script runs what that makes`;

function isDecorated(path: string): boolean {
  return /\.tsx?$/.test(path) && !path.includes("/node_modules/");
}

function bytesOf(files: readonly OutputFile[]): number {
  return files.reduce((sum, { contents }) => sum + contents.byteLength, 0);
}

function bytesRead({ inputs }: AppResolution): number {
  return [...inputs.values()].reduce((sum, { size }) => sum + size, 0);
}

function outputOf({ outputFiles }: { outputFiles: readonly OutputFile[] }, ending: string): string {
  return outputFiles.find(({ path }) => path.endsWith(ending))!.text;
}

function optionsFor(root: string, { isWorkers, nodeEnv, build }: BuildOrder) {
  return {
    absWorkingDir: root,
    outfile: join(root, "index.js"),
    write: false,
    bundle: true,
    metafile: true,
    format: "esm",
    ...SYNTAX,
    // "import", "require" and "default" are esbuild's own, each where it applies; named here they would apply always.
    // A Workers project gets what wrangler gives it, "browser" included; all others what Deno and Node do.
    ...isWorkers
      ? { platform: "browser" as const, conditions: ["workerd", "worker", "browser"] }
      : { platform: "node" as const, conditions: ["deno", "node"] },
    keepNames: true,
    // V8 keeps a text with a single letter beyond Latin-1 in two bytes a letter: a bundle of sass, 11.4 million letters
    // of which 108 are such, in 22.8 MB. Escaped they are six letters each, which costs more only beyond a fifth of all.
    charset: "ascii",
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: true,
    logLevel: "silent",
    // Packages hold two builds of themselves, and the one for development is many times slower.
    define: {
      "process.env.NODE_ENV": JSON.stringify(nodeEnv),
      // What Vite puts there; code that was written for it looks here instead of NODE_ENV.
      "import.meta.env": JSON.stringify({
        MODE: nodeEnv,
        PROD: nodeEnv === "production",
        DEV: nodeEnv !== "production",
        BASE_URL: "/",
        SSR: true,
      }),
      global: "globalThis",
      ...build.define,
    },
  } satisfies BuildOptions;
}

/** The package.json files above the inputs: they say what a bare import means. */
async function packageStamps(reach: string, inputs: ReadonlyMap<string, InputStamp>): Promise<Map<string, InputStamp>> {
  const folders = new Set<string>();
  for (const path of inputs.keys()) {
    for (let folder = dirname(path); folder.length > reach.length && !folders.has(folder); folder = dirname(folder)) {
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

function foldersOf({ root, reach }: AppReach, paths: Iterable<string>): string[] {
  const folders = new Set([root, ...[...foldersUpTo(reach, root)].map((folder) => join(folder, "node_modules"))]);
  for (const path of paths) if (!path.includes("/node_modules/")) folders.add(dirname(path));
  return [...folders];
}
