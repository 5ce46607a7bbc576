/** Packages that code requires or imports by names that only run time knows: view engines, drivers of databases. */
import type { Metafile, Plugin } from "esbuild";
import { dirname, join, relative } from "node:path";
import { type AppReach, foldersUpTo, pathExists } from "./app_files.ts";
import type { AppResolution } from "./app_resolution.ts";
import { isBuildFailure } from "./build_error.ts";
import { filesInFolders } from "./folder_requires.ts";
import { packageGlobs } from "./package_globs.ts";
import { isEsModule, namedFiles, requirableFiles } from "./requirable_files.ts";
import { IMPORTABLE, importsComputed } from "./run_time_import.ts";
import { isInstalled, listedPackages } from "./missing_packages.ts";

/** In what esbuild wrote: a `require` of something that is no text, or of a text that goes on. */
const COMPUTED = /\b__require\d*(?:\.__nanoRequireFrom\(|\((?!\s*["'`)])|\(\s*(?:(["'])[^"'\n]*\1\s*\+|`[^`$\n]*\$\{))/;
const NAMESPACE = "nano-requirable";

/** What a build is to begin with, before every file of it. */
export const REQUIRABLE_MODULE = "nano:requirable";
/** Source of where a require looks: functions by the names of packages. */
export const REQUIRABLE = `globalThis[Symbol.for("nano.requirable")]`;

/** How a name may be asked for. */
export type Asking = "require" | "import";

/** What a `require` or an `import()` may ask for at run time. */
export interface Requirable {
  /** How it is asked for: a package, or a path that begins at the app's folder. */
  readonly name: string;
  /** How it is found from the folder of the packages. */
  readonly specifier: string;
  readonly by: readonly Asking[];
}

/** Where what code names at run time is looked for. */
export interface RequirableReach extends AppReach {
  /** The folder whose package.json and node_modules count: the app's own, or that of a server which its build made. */
  readonly home: string;
}

/**
 * The folder that has the packages of an app's first module: a build leaves its server with those that it needs (Nitro's
 * `.output/server`), and what the project lists besides is for the build: SolidStart's made a bundle of 60 MiB.
 * @param file real path of the first module
 */
export async function requirableHome({ root }: AppReach, file: string): Promise<string> {
  for (const folder of foldersUpTo(root, dirname(file))) {
    if (await pathExists(join(folder, "node_modules"))) return folder;
  }
  return root;
}

/** What a build without them gave. */
export interface PlainBuild {
  /** What esbuild wrote. */
  readonly code: string;
  readonly metafile: Metafile;
}

/**
 * Names of the packages that a bundle may ask for at run time: those that the app depends on. What it imports is among
 * them, as a bundle has that under no name; a module that is there already is not there twice. But what is there as
 * ES modules was bundled by need, and would be whole then (lodash-es, date-fns: twice the bundle, eight times the
 * time): of those only what the code names as a text, as a package or as the extension of a view. So it is with all that
 * is listed above the app's folder, which need not be the app's.
 *
 * @param npm what the app imports as `npm:`
 */
export async function requirableNames(
  app: RequirableReach,
  { code, metafile }: PlainBuild,
  { npm, inputs, importers, requiredFolders }: AppResolution,
): Promise<Requirable[]> {
  const by: Asking[] = [
    ...COMPUTED.test(code) ? ["require" as const] : [],
    ...importsComputed(code) ? ["import" as const] : [],
  ];
  const { home } = app;
  // A `require` that an ES module made for itself stands nowhere in what esbuild wrote.
  const isMade = code.includes("createRequire");
  if (by.length === 0 && !isMade) return [];
  const inPackages = (await packageGlobs(app, inputs.keys())).map((name): Requirable => ({
    name,
    specifier: name,
    by: isMade ? ["require", "import"] : by,
  }));
  if (by.length === 0) return inPackages;
  const own = new Set([...await listedPackages(home), ...npm.keys()]);
  const listed = own.union(await listedAbove(app));
  const inParts = packagesInParts(metafile);
  const isNamed = (name: string) => [`"${name}"`, `.${name}"`].some((text) => code.includes(text));
  const wanted = [...listed].filter((name) =>
    !name.startsWith("@types/") && (own.has(name) && !inParts.has(name) || isNamed(name))
  );
  const installed = await Promise.all(wanted.map((name) => isInstalled(app, home, name)));
  const packages = wanted.filter((_, at) => installed[at]).map((name) => ({ name, specifier: name, by }));
  const files = new Map([
    ...await requirableFiles(app, inputs.keys()),
    ...await namedFiles(app, importers),
    ...await filesInFolders(app, requiredFolders),
  ]);
  const ofFiles = [...files].map(async ([name, path]) => ({
    name,
    specifier: specifierFrom(home, path),
    by: by.length === 2 && await isEsModule(path) ? ["import" as const] : by,
  }));
  return [...packages, ...inPackages, ...await Promise.all(ofFiles)];
}

/** What the nearest package.json above lists, for an app without one of its own. */
async function listedAbove({ home, reach }: RequirableReach): Promise<Set<string>> {
  for (const folder of foldersUpTo(reach, home)) {
    if (await pathExists(join(folder, "package.json"))) {
      return folder === home ? new Set() : await listedPackages(folder);
    }
  }
  return new Set();
}

/** Those of which there are ES modules and no CommonJS, which is always there as a whole. */
function packagesInParts({ inputs }: Metafile): Set<string> {
  const inParts = new Set<string>();
  const whole = new Set<string>();
  for (const [path, { format }] of Object.entries(inputs)) {
    const name = packageOf(`/${path}`);
    if (name !== undefined) (format === "cjs" ? whole : inParts).add(name);
  }
  return inParts.difference(whole);
}

/** Makes a build hold them; they run when they are asked for. */
export function requirablePackages(home: string, all: readonly Requirable[]): Plugin {
  const members = (asking: Asking) =>
    all.filter(({ by }) => by.includes(asking))
      .map(({ name, specifier }) => `${JSON.stringify(name)}: () => ${asking}(${JSON.stringify(specifier)})`).join(
        ", ",
      );
  return {
    name: "nano-requirable-packages",
    setup(build) {
      build.onResolve({ filter: /^nano:requirable$/ }, ({ path }) => ({ path, namespace: NAMESPACE }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({
        contents: `${REQUIRABLE} = { __proto__: null, ${members("require")} };\n` +
          `${IMPORTABLE} = { __proto__: null, ${members("import")} };`,
        resolveDir: home,
        loader: "js",
      }));
    },
  };
}

/** Builds with them; those that cannot be bundled are left out, and absent at run time. */
export async function buildRequirable<Result>(
  { root, home, all }: RequirableReach & { readonly all: readonly Requirable[] },
  build: (some: readonly Requirable[]) => Promise<Result>,
): Promise<Result> {
  try {
    return await build(all);
  } catch (error) {
    if (all.length === 0 || !isBuildFailure(error)) throw error;
    const files = error.errors.map(({ location }) => location?.file ?? "");
    const broken = new Set(files.flatMap((file) => [packageOf(`/${file}`), specifierFrom(home, join(root, file))]));
    const whole = all.filter(({ specifier }) => !broken.has(specifier));
    if (whole.length === all.length) return await build([]);
    // What one file lacks, another may lack too: packages are tried once more, own files are not.
    return await build(whole).catch((again) => {
      if (!isBuildFailure(again)) throw again;
      return build(whole.filter(({ specifier }) => !/^\.\.?\//.test(specifier)));
    }).catch((again) => {
      if (!isBuildFailure(again)) throw again;
      return build([]);
    });
  }
}

function specifierFrom(home: string, path: string): string {
  const way = relative(home, path);
  return way.startsWith("../") ? way : `./${way}`;
}

function packageOf(path: string): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}
