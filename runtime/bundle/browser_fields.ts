/**
 * Follows the `browser` fields of packages. A Workers project gets what they say, as esbuild does it for pages, but for
 * modules of Node; all others get what packages offer to Node, but for files and absent packages that are to be nothing.
 */

import type { OnResolveArgs, OnResolveResult, PluginBuild } from "esbuild";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { type AppReach, isOfPackage, isReachable } from "./app_files.ts";
import { firstFileOf, mainNames } from "./entry_files.ts";
import { isInstalled } from "./missing_packages.ts";
import { fileReplacement, type PackageManifest, PackageManifests, type Replacement } from "./package_manifests.ts";
import { packageName } from "./package_specifier.ts";
import { emptyModule } from "./stand_ins.ts";

/** What esbuild found. */
type Found = Awaited<ReturnType<PluginBuild["resolve"]>>;

/** For whom fields are followed. */
export interface FieldOptions {
  /** Marks questions that no field answers again. */
  readonly asked: symbol;
  /** Whether the app gets what packages offer to Workers. */
  readonly isWorkers: boolean;
  /** Whether the app has modules of Node. */
  readonly nodeCompat: boolean;
}

/** The fields of one build. */
export class BrowserFields {
  readonly #build: PluginBuild;
  readonly #app: AppReach;
  readonly #asked: symbol;
  readonly #isWorkers: boolean;
  readonly #nodeCompat: boolean;
  readonly #manifests: PackageManifests;

  constructor(
    build: PluginBuild,
    app: AppReach,
    { asked, isWorkers, nodeCompat }: FieldOptions,
  ) {
    this.#build = build;
    this.#app = app;
    this.#asked = asked;
    this.#isWorkers = isWorkers;
    this.#nodeCompat = nodeCompat;
    this.#manifests = new PackageManifests(app.reach);
  }

  /** The package that imports may name something else, or nothing, for what it imports; undefined if it does not. */
  async ofImport(args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    const { path, importer, namespace, resolveDir } = args;
    if (namespace !== "file") return undefined;
    const manifest = await this.#manifests.of(importer);
    if (manifest === null || manifest.replacements.size === 0) return undefined;
    const isRelative = /^\.\.?(?:\/|$)/.test(path);
    const given = isRelative ? fileReplacement(manifest, join(resolveDir, path)) : manifest.replacements.get(path);
    if (given === false && !isRelative && this.#nodeCompat && isBuiltin(path)) {
      // It is there, also in a Workers project, as wrangler has it with nodejs_compat: PGlite reads its files so.
      return undefined;
    }
    // What is nothing cannot be called: code that does it has found Node, also in a Workers project.
    if (given === false && await isCalled(args)) {
      if (!this.#isWorkers) return undefined;
      const file = this.#nodeCompat && isRelative ? await fileOf(manifest, join(resolveDir, path)) : undefined;
      if (file !== undefined) return { path: file };
    }
    if (given === false && !this.#isWorkers && !isRelative) {
      // A package that is there is there for Node: turndown parses with such a one.
      if (await isInstalled(this.#app, resolveDir, packageName(path))) return undefined;
    }
    return await this.#replace(args, manifest, given);
  }

  /** The package that was found may name another file for the one that was found. */
  async ofFound(args: OnResolveArgs, specifier: string, found: Found): Promise<OnResolveResult | undefined> {
    if (found.namespace !== "file" || found.external) return undefined;
    const manifest = await this.#manifests.of(found.path);
    if (manifest === null) return undefined;
    if (manifest.browserMain !== null && specifier === packageName(specifier) && isOfPackage(found.path)) {
      return await this.#replace(args, manifest, manifest.browserMain);
    }
    return await this.#replace(args, manifest, fileReplacement(manifest, found.path));
  }

  async #replace(
    { path: asked, kind, importer }: OnResolveArgs,
    { folder }: PackageManifest,
    replacement: Replacement | undefined,
  ): Promise<OnResolveResult | undefined> {
    if (replacement === false) return emptyModule(asked);
    if (replacement === undefined || !this.#isWorkers) return undefined;
    const named = replacement.startsWith("/") ? `./${relative(folder, replacement)}` : replacement;
    const options = { kind, importer, namespace: "file", resolveDir: folder, pluginData: this.#asked };
    let found = await this.#build.resolve(named, options);
    // Without a "./" it may be a file all the same.
    if (found.errors.length > 0) found = await this.#build.resolve(`./${named}`, options);
    if (found.errors.length > 0 || (found.namespace === "file" && !isReachable(this.#app, found.path))) {
      return undefined;
    }
    const { path, namespace, suffix, sideEffects, external } = found;
    return { path, namespace, suffix, sideEffects, external };
  }
}

/** Asked of the disk: esbuild itself would follow the field. */
async function fileOf({ folder }: PackageManifest, path: string): Promise<string | undefined> {
  return await firstFileOf(folder, mainNames(relative(folder, path)));
}

/** Whether the importer calls what it requires: iconv-lite does so where it finds Node, whatever its field says. */
async function isCalled({ path, importer, kind }: OnResolveArgs): Promise<boolean> {
  if (kind !== "require-call") return false;
  const code = await Deno.readTextFile(importer).catch(() => "");
  return [`require("${path}")(`, `require('${path}')(`].some((call) => code.includes(call));
}
