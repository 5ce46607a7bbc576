/** Follows the `browser` fields of packages, as esbuild does for pages: what has no Node around it fits an isolate. */

import type { OnResolveArgs, OnResolveResult, PluginBuild } from "esbuild";
import { join, relative } from "node:path";
import { type AppReach, isOfPackage, isReachable } from "./app_files.ts";
import { fileReplacement, type PackageManifest, PackageManifests, type Replacement } from "./package_manifests.ts";
import { packageName } from "./package_specifier.ts";
import { emptyModule } from "./stand_ins.ts";

/** What esbuild found. */
type Found = Awaited<ReturnType<PluginBuild["resolve"]>>;

/** The fields of one build. */
export class BrowserFields {
  readonly #build: PluginBuild;
  readonly #app: AppReach;
  readonly #asked: symbol;
  readonly #manifests: PackageManifests;

  /** @param asked marks questions that no field answers again */
  constructor(build: PluginBuild, app: AppReach, asked: symbol) {
    this.#build = build;
    this.#app = app;
    this.#asked = asked;
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
    if (replacement === undefined) return undefined;
    if (replacement === false) return emptyModule(asked);
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
