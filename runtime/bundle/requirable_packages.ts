/** Packages that code requires by names that only run time knows: view engines, drivers of databases. */
import type { Metafile, Plugin } from "esbuild";
import type { AppReach } from "./app_files.ts";
import type { AppResolution } from "./app_resolver.ts";
import { isBuildFailure } from "./build_error.ts";
import { isInstalled, listedPackages } from "./missing_packages.ts";

/** In what esbuild wrote: a `require` of something that is no text. */
const COMPUTED = /\b__require\d*\((?!\s*["'`)])/;
const NAMESPACE = "nano-requirable";

/** What a build is to begin with, before every file of it. */
export const REQUIRABLE_MODULE = "nano:requirable";
/** Source of where a require looks: functions by the names of packages. */
export const REQUIRABLE = `globalThis[Symbol.for("nano.requirable")]`;

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
 * time): of those only what the code names as a text, as a package or as the extension of a view.
 *
 * @param npm what the app imports as `npm:`
 */
export async function requirableNames(
  app: AppReach,
  { code, metafile }: PlainBuild,
  { npm }: AppResolution,
): Promise<string[]> {
  if (!COMPUTED.test(code)) return [];
  const listed = new Set([...await listedPackages(app.root), ...npm.keys()]);
  const inParts = packagesInParts(metafile);
  const isNamed = (name: string) => [`"${name}"`, `.${name}"`].some((text) => code.includes(text));
  const wanted = [...listed].filter((name) => !name.startsWith("@types/") && (!inParts.has(name) || isNamed(name)));
  const installed = await Promise.all(wanted.map((name) => isInstalled(app, app.root, name)));
  return wanted.filter((_, at) => installed[at]);
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
export function requirablePackages(root: string, names: readonly string[]): Plugin {
  const members = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`);
  return {
    name: "nano-requirable-packages",
    setup(build) {
      build.onResolve({ filter: /^nano:requirable$/ }, ({ path }) => ({ path, namespace: NAMESPACE }));
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({
        contents: `${REQUIRABLE} = { __proto__: null, ${members.join(", ")} };`,
        resolveDir: root,
        loader: "js",
      }));
    },
  };
}

/** Builds with them; those that cannot be bundled are left out, and absent at run time. */
export async function buildRequirable<Result>(
  names: readonly string[],
  build: (names: readonly string[]) => Promise<Result>,
): Promise<Result> {
  try {
    return await build(names);
  } catch (error) {
    if (names.length === 0 || !isBuildFailure(error)) throw error;
    const broken = new Set(error.errors.map(({ location }) => packageOf(`/${location?.file ?? ""}`)));
    const whole = names.filter((name) => !broken.has(name));
    return await build(whole.length < names.length ? whole : []);
  }
}

function packageOf(path: string): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}
