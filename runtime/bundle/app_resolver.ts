/** Keeps the resolution of an app's imports inside the app's folder. */

import type { Loader, OnLoadArgs, OnResolveArgs, PartialMessage, Plugin, PluginBuild } from "esbuild";
import { dirname, extname, join, relative } from "node:path";
import { messageOf } from "../errors.ts";
import { type InputStamp, readStamped } from "./input_stamp.ts";

/** What the plugin hands back while it works. */
export interface AppResolution {
  /** Every file that was read, by its real path. */
  readonly inputs: Map<string, InputStamp>;
  /** What to say of a specifier that esbuild itself could not resolve. */
  readonly unresolved: Map<string, string>;
  /** Packages that were imported but are not there. */
  readonly missing: Set<string>;
}

/** `.js` may hold JSX, as wrangler has it: every JavaScript file means the same under both loaders. */
const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "jsx",
  ".mjs": "jsx",
  ".cjs": "jsx",
  ".jsx": "jsx",
  ".json": "json",
  ".txt": "text",
};

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const PACKAGE_NAME = /^(@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/i;
const BARE = /^[^./#]/;
/** Marks a question of our own, which the plugin must not answer again. */
const ASKED = Symbol("asked");
const ABSENT = "nano-absent-package";

/**
 * An esbuild plugin that resolves as esbuild does, but only to files whose real path lies inside `root`.
 *
 * @param root Real path of the app's folder.
 * @param resolution Filled while the build runs.
 */
export function appResolver(root: string, resolution: AppResolution): Plugin {
  return {
    name: "nano-app-resolver",
    setup(build) {
      build.onResolve({ filter: BARE }, (args) => {
        if (args.pluginData === ASKED || args.path.startsWith("data:")) return undefined;
        return resolveBare(build, root, args, resolution);
      });
      build.onLoad({ filter: /.*/, namespace: "file" }, (args) => loadFile(root, args, resolution));
      build.onLoad({ filter: /.*/, namespace: ABSENT }, ({ path }) => ({
        loader: "js",
        contents: `throw Object.assign(new Error(${JSON.stringify(resolution.unresolved.get(path))}), ` +
          `{ code: "MODULE_NOT_FOUND" });`,
      }));
    },
  };
}

async function resolveBare(build: PluginBuild, root: string, args: OnResolveArgs, resolution: AppResolution) {
  const isNpm = args.path.startsWith("npm:");
  const specifier = isNpm ? bareSpecifier(args.path) : args.path;
  if (specifier === undefined) return { errors: [{ text: `"${args.path}" is no npm specifier` }] };
  if (SCHEME.test(specifier)) {
    return {
      errors: [{ text: `Cannot import "${specifier}": install it as an npm package, or copy it into the app` }],
    };
  }
  const { kind, importer, namespace, resolveDir } = args;
  const options = { kind, importer, namespace, resolveDir, with: args.with, pluginData: ASKED };
  const found = await build.resolve(specifier, options);
  const isFound = found.errors.length === 0;
  if (isFound && (found.namespace !== "file" || isInside(root, found.path))) {
    // Left to esbuild where possible: a plugin's answer carries no module type, on which default imports depend.
    if (!isNpm) return undefined;
    const { path, namespace, suffix, sideEffects } = found;
    return { path, namespace, suffix, sideEffects, warnings: await versionWarnings(root, args, specifier) };
  }
  const name = packageName(specifier);
  const isPresent = await isInstalled(root, resolveDir, name);
  if (isFound && (isPresent || !PACKAGE_NAME.test(name))) {
    return { errors: [{ text: `Cannot import "${args.path}": it leads to a place outside the app's folder` }] };
  }
  if (isPresent && isNpm) return { errors: [{ text: `Package "${name}" exports no "${specifier}"` }] };
  // esbuild's own message knows which subpaths a package exports, and a path alias is no package.
  if (isPresent || !PACKAGE_NAME.test(name)) return undefined;
  resolution.missing.add(name);
  const text = await missingText(root, name, isFound);
  resolution.unresolved.set(args.path, text);
  if (kind === "import-statement") return { errors: [{ text }] };
  // A require or import() may stand in a try block, and then esbuild lets it fail at run time. If it would find the
  // package outside the app, it must not be asked.
  return isFound || isNpm ? { path: args.path, namespace: ABSENT } : undefined;
}

async function loadFile(root: string, args: OnLoadArgs, resolution: AppResolution) {
  try {
    const path = await Deno.realPath(args.path);
    const shown = relative(root, path);
    if (!isInside(root, path)) {
      return { errors: [{ text: `Cannot import "${shown}": it lies outside the app's folder` }] };
    }
    const loader = args.with.type === "text" ? "text" : LOADERS[extname(path).toLowerCase()];
    if (loader === undefined) {
      const types = Object.keys(LOADERS).join(", ");
      return {
        errors: [{ text: `Cannot import "${shown}": only ${types}, and others as text by \`with { type: "text" }\`` }],
      };
    }
    const { contents, stamp } = await readStamped(path);
    resolution.inputs.set(path, stamp);
    return { contents, loader, resolveDir: dirname(path) };
  } catch (thrown) {
    return { errors: [{ text: `Cannot read "${relative(root, args.path)}": ${messageOf(thrown)}`, detail: thrown }] };
  }
}

/** `npm:@scope/name@range/sub` as an import from node_modules: `@scope/name/sub`. */
function bareSpecifier(specifier: string): string | undefined {
  const match = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)(?:@[^/]+)?(\/.*)?$/.exec(specifier);
  return match === null ? undefined : `${match[1]}${match[2] ?? ""}`;
}

function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** An exact version in the specifier is a promise; what is installed may break it. */
async function versionWarnings(root: string, args: OnResolveArgs, specifier: string): Promise<PartialMessage[]> {
  const wanted = /@(\d+\.\d+\.\d+[^/]*)/.exec(args.path)?.[1];
  const name = packageName(specifier);
  if (wanted === undefined) return [];
  for (let folder = args.resolveDir; folder === root || isInside(root, folder); folder = dirname(folder)) {
    try {
      const { version } = JSON.parse(await Deno.readTextFile(join(folder, "node_modules", name, "package.json")));
      return version === wanted ? [] : [{ text: `"${args.path}" was asked for, but ${name} ${version} is installed` }];
    } catch (thrown) {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    }
  }
  return [];
}

async function isInstalled(root: string, from: string, name: string): Promise<boolean> {
  for (let folder = from; folder === root || isInside(root, folder); folder = dirname(folder)) {
    if (await exists(join(folder, "node_modules", name))) return true;
  }
  return false;
}

async function missingText(root: string, name: string, isOutside: boolean): Promise<string> {
  const remedy = await exists(join(root, "package.json")) && (await listedPackages(root)).has(name)
    ? `package.json lists it, so run "npm install" in the app's folder`
    : `run "npm install ${name}" in the app's folder`;
  const hint = isOutside ? `; a node_modules outside the app's folder has it, but apps do not share packages` : "";
  return `Package "${name}" is not installed: ${remedy}${hint}`;
}

/** The packages that an app's package.json asks for; none without a package.json. */
export async function listedPackages(root: string): Promise<Set<string>> {
  let text;
  try {
    text = await Deno.readTextFile(join(root, "package.json"));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return new Set();
    throw thrown;
  }
  const manifest = JSON.parse(text);
  return new Set([...Object.keys(manifest?.dependencies ?? {}), ...Object.keys(manifest?.optionalDependencies ?? {})]);
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(root === "/" ? "/" : `${root}/`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory) return false;
    throw thrown;
  }
}
