/** Keeps the resolution of an app's imports inside the app's folder. */

import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { messageOf } from "../errors.ts";
import { appPath, type AppReach, appUrl, isOfPackage, isReachable } from "./app_files.ts";
import type { AppResolution } from "./app_resolution.ts";
import { BrowserFields } from "./browser_fields.ts";
import { isInstalled, missingText, versionWarnings } from "./missing_packages.ts";
import type { ResolvedApp } from "./resolved_app.ts";
import { type FoundModule, isFileBeside, isMissing, isStatic, ResolverAnswers } from "./resolver_answers.ts";
import { absentModule, cloudflareModule, loadStandIns } from "./stand_ins.ts";
import { nodeTarget, wantsNodeFile } from "./node_target.ts";
import {
  aliasOf,
  isPackageName,
  jsrNames,
  type NpmSpecifier,
  packageName,
  parseNpmSpecifier,
} from "./package_specifier.ts";

/** Marks a question of our own, which the plugin must not answer again. */
const ASKED = Symbol("asked");
/** Marks what came out of the import map, which is not looked up again. */
const MAPPED = Symbol("mapped");
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * An esbuild plugin that resolves as esbuild does, but only to files whose real path lies inside the app's folder.
 *
 * @param resolution Filled while the build runs.
 */
export function appResolver(app: ResolvedApp, resolution: AppResolution): Plugin {
  return {
    name: "nano-app-resolver",
    setup(build) {
      const fields = new BrowserFields(build, app, { ...app, asked: ASKED });
      const answers = new ResolverAnswers(build, ASKED);
      build.onResolve({ filter: /.*/ }, (args) => {
        const isOurs = args.kind === "entry-point" || args.pluginData === ASKED || args.path.startsWith("data:");
        return isOurs ? undefined : new Import(build, { ...app, fields, answers }, args, resolution).resolve();
      });
      loadStandIns(build, resolution.unresolved);
    },
  };
}

/** One import, on its way to a file. */
class Import {
  readonly #build: PluginBuild;
  readonly #app: AppReach & Pick<ResolvedApp, "late">;
  readonly #fields: BrowserFields;
  readonly #answers: ResolverAnswers;
  readonly #settings: ResolvedApp["settings"];
  readonly #alias: ResolvedApp["alias"];
  readonly #args: OnResolveArgs;
  readonly #resolution: AppResolution;

  constructor(
    build: PluginBuild,
    app: ResolvedApp & { readonly fields: BrowserFields; readonly answers: ResolverAnswers },
    args: OnResolveArgs,
    resolution: AppResolution,
  ) {
    this.#build = build;
    this.#app = app;
    this.#fields = app.fields;
    this.#answers = app.answers;
    this.#settings = app.settings;
    this.#alias = app.alias;
    this.#args = args;
    this.#resolution = resolution;
  }

  /** @returns Undefined where esbuild may do as it does. */
  async resolve(): Promise<OnResolveResult | undefined> {
    const { path, kind, pluginData } = this.#args;
    const alias = pluginData === MAPPED ? null : aliasOf(path, this.#alias);
    if (alias !== null) return await this.#resolveAlias(alias);
    const isOwn = this.#isOwn();
    if (isOwn && pluginData !== MAPPED) {
      const mapped = await this.#resolveMapped();
      if (mapped !== undefined) return mapped;
    }
    if (kind === "require-resolve") return await this.#resolvePath();
    const replaced = await this.#fields.ofImport(this.#args);
    if (replaced !== undefined) return replaced;
    if (path.startsWith("npm:")) return await this.#resolveNpm();
    if (path.startsWith("jsr:")) return await this.#resolveJsr();
    if (SCHEME.test(path)) return this.#refuseScheme();
    // Whether there is such a file on the host is not for the app to know.
    if (path.startsWith("/")) return refuse(`Cannot import "${path}": an absolute path lies outside the app's folder`);
    // Else esbuild would look for a package.json above the app's folder, and do as it says.
    const isAlone = isOwn && !this.#settings.hasManifest;
    if (path.startsWith("#") && isAlone) {
      return refuse(`Cannot import "${path}": no "imports" of the app's deno.json has it`);
    }
    if (/^(?:#|\.\.?(?:\/|$))/.test(path)) {
      return await this.#resolveCopy() ?? await this.#resolveRelative(isAlone);
    }
    // What node: modules there are is another plugin's business.
    return isBuiltin(path) ? undefined : await this.#resolveBare(path);
  }

  /** A package is resolved as npm has it, whatever the app's import map says. */
  #isOwn(): boolean {
    return this.#args.namespace === "file" && !isOfPackage(this.#args.importer);
  }

  async #resolveAlias(to: string): Promise<OnResolveResult> {
    const { path: written, importer, kind, with: attributes } = this.#args;
    const options = { kind, importer, namespace: "file", resolveDir: this.#app.root, pluginData: MAPPED };
    const found = await this.#build.resolve(to, { ...options, with: attributes });
    if (found.errors.length > 0) {
      return refuse(`Cannot import "${written}": "alias" of the project leads to "${to}", which cannot be imported`);
    }
    const { path, namespace, suffix, sideEffects, external, warnings } = found;
    return { path, namespace, suffix, sideEffects, external, warnings };
  }

  async #resolveMapped(): Promise<OnResolveResult | undefined> {
    const { path, importer, kind, with: attributes } = this.#args;
    let address;
    try {
      address = this.#settings.importMap?.resolve(path, appUrl(this.#app.root, importer));
    } catch (thrown) {
      return refuse(`Cannot import "${path}": ${messageOf(thrown)}`);
    }
    if (address === undefined) return undefined;
    const isFile = address.startsWith("app:///");
    const found = await this.#build.resolve(isFile ? `.${fileURLToPath(`file${address.slice(3)}`)}` : address, {
      kind,
      importer,
      namespace: "file",
      resolveDir: isFile ? this.#app.root : this.#args.resolveDir,
      with: attributes,
      pluginData: MAPPED,
    });
    if (found.errors.length === 0) {
      const { path, namespace, suffix, sideEffects, external, warnings } = found;
      return { path, namespace, suffix, sideEffects, external, warnings };
    }
    const isMissing = isFile && found.errors.every(({ text }) => text.startsWith("Could not resolve "));
    const text = `Cannot import "${path}": the import map leads to "${address}", which does not exist`;
    return { errors: isMissing ? [{ text }] : found.errors.map(({ text, notes }) => ({ text, notes })) };
  }

  async #resolveNpm(): Promise<OnResolveResult | undefined> {
    const { path } = this.#args;
    const npm = parseNpmSpecifier(path);
    if (npm === undefined) return refuse(`"${path}" is no npm specifier`);
    this.#note(npm);
    const found = await this.#ask(npm.specifier);
    if (found.errors.length > 0 || !this.#isAllowed(found)) return await this.#explain(npm.specifier, found, npm.name);
    const { namespace, suffix, sideEffects } = found;
    const file = await this.#fields.ofFound(this.#args, npm.specifier, found) ??
      { path: found.path, namespace, suffix, sideEffects };
    return { ...file, warnings: await versionWarnings(this.#app, this.#args.resolveDir, { ...npm, written: path }) };
  }

  /** Of several ranges one is installed, always the same: imports are resolved in no fixed order. */
  #note({ name, range }: NpmSpecifier): void {
    const { npm } = this.#resolution;
    const other = npm.get(name);
    if (other === undefined || other === "*" || (range !== "*" && range > other)) npm.set(name, range);
  }

  async #resolveJsr(): Promise<OnResolveResult | undefined> {
    const { path } = this.#args;
    const names = jsrNames(path);
    if (names === undefined) return refuse(`"${path}" is no jsr specifier`);
    for (const specifier of names.specifiers) {
      const found = await this.#ask(specifier);
      if (found.errors.length > 0 || !this.#isAllowed(found)) continue;
      const { namespace, suffix, sideEffects } = found;
      return { path: found.path, namespace, suffix, sideEffects };
    }
    return refuse(
      `Cannot import "${path}": packages come from npm; run "npx jsr add ${names.name}" in the app's folder, ` +
        `or map it to an "npm:" specifier in the app's deno.json; NANO itself does not reach JSR`,
    );
  }

  #refuseScheme(): OnResolveResult | undefined {
    const { path, kind } = this.#args;
    if (path.startsWith("node:")) return undefined;
    if (path.startsWith("cloudflare:")) return cloudflareModule(path);
    // What another runtime has ("bun:sqlite") is asked for where that runtime was seen.
    if (!isStatic(kind) && !/^https?:/.test(path)) return absentModule(path, kind);
    const remedy = /^https?:/.test(path)
      ? "install it as an npm package, or copy it into the app; nothing is loaded from the network"
      : "apps may import their own files, npm packages and harmless node: modules";
    return refuse(`Cannot import "${path}": ${remedy}`);
  }

  async #resolveRelative(isAlone: boolean): Promise<OnResolveResult | undefined> {
    const { path, kind, importer } = this.#args;
    // Where nothing can come of it, esbuild is not asked: most imports of most apps come by here.
    if (!isAlone && (isStatic(kind) || await isFileBeside(this.#args))) return undefined;
    const found = await this.#ask(path);
    if (found.errors.length > 0) {
      if (isStatic(kind) || !isMissing(found)) return undefined;
      const warnings = isOfPackage(importer) ? [] : [{ text: `There is no "${path}": asking for it will fail` }];
      return { ...absentModule(path, kind), warnings };
    }
    if (!isAlone || found.namespace !== "file") return undefined;
    return { path: found.path, suffix: found.suffix, sideEffects: true };
  }

  /** A file of the workspace that came along as a copy. */
  async #resolveCopy(): Promise<OnResolveResult | undefined> {
    const specifier = this.#settings.copies?.specifierOf(this.#args) ?? null;
    if (specifier === null) return undefined;
    const { errors, path, suffix, sideEffects } = await this.#ask(specifier);
    return errors.length === 0 ? { path, suffix, sideEffects } : undefined;
  }

  /** `require.resolve`: what it finds is known now, and a path of the app; what it does not find fails at run time. */
  async #resolvePath(): Promise<OnResolveResult> {
    const { path } = this.#args;
    if (isBuiltin(path)) return { path, external: true };
    const found = await this.#ask(path);
    if (found.errors.length > 0 || found.namespace !== "file" || !this.#isAllowed(found)) {
      return { path: path.replace(/^\/+/, ""), external: true };
    }
    return { path: appPath(this.#app.root, found.path), external: true };
  }

  async #resolveBare(specifier: string): Promise<OnResolveResult | undefined> {
    const found = await this.#ask(specifier);
    // Left to esbuild where possible: a plugin's answer carries no module type, on which default imports depend.
    if (found.errors.length === 0 && this.#isAllowed(found) && !this.#isByOuterManifest(found)) {
      const isOther = await wantsNodeFile(this.#args, found.path);
      const path = isOther ? await nodeTarget(this.#build, this.#args, specifier) : undefined;
      return path === undefined ? await this.#fields.ofFound(this.#args, specifier, found) : { path };
    }
    return await this.#explain(specifier, found, undefined);
  }

  /** A package.json above the app may give the app's own files a package's name. */
  #isByOuterManifest(found: FoundModule): boolean {
    const { hasManifest, compilerOptions } = this.#settings;
    const hasAliases = compilerOptions["paths"] !== undefined || compilerOptions["baseUrl"] !== undefined;
    return !hasManifest && !hasAliases && found.namespace === "file" && !found.external && !isOfPackage(found.path);
  }

  /** Says why there is nothing to import. */
  async #explain(
    specifier: string,
    found: FoundModule,
    npmName: string | undefined,
  ): Promise<OnResolveResult | undefined> {
    const { path: written, kind } = this.#args;
    const isFound = found.errors.length === 0;
    const isNpm = npmName !== undefined;
    const name = packageName(specifier);
    const isPresent = await isInstalled(this.#app, this.#args.resolveDir, name);
    // A copy of a package need not hold all of it, and what a folder above holds is not the app's.
    if (isFound && isPresent && !isStatic(kind)) return absentModule(written, kind);
    if (isFound && (isPresent || !isPackageName(name))) {
      return refuse(`Cannot import "${written}": it leads to a place outside the app's folder`);
    }
    const path = isPresent && !isFound ? await nodeTarget(this.#build, this.#args, specifier) : undefined;
    if (path !== undefined && isReachable(this.#app, path)) return { path };
    if (!isStatic(kind) && !isFound && (isPresent || !isPackageName(name))) return absentModule(written, kind);
    if (isPresent && isNpm) return refuse(`Package "${name}" exports no "${specifier}"`);
    // esbuild's own message knows which subpaths a package exports, and a path alias is no package.
    if (isPresent || !isPackageName(name)) return undefined;
    this.#resolution.missing.add(name);
    const text = await missingText(this.#app, name, { from: this.#args.resolveDir, isOutside: isFound });
    this.#resolution.unresolved.set(written, text);
    if (isStatic(kind) && (this.#app.late.isStrict || !isOfPackage(this.#args.importer))) return refuse(text);
    // Else it may stand in a try block, or where nobody comes.
    return absentModule(written, kind);
  }

  #ask = (specifier: string): Promise<FoundModule> => this.#answers.ask(this.#args, specifier);

  #isAllowed(found: FoundModule): boolean {
    return found.namespace !== "file" || isReachable(this.#app, found.path);
  }
}

function refuse(text: string): OnResolveResult {
  return { errors: [{ text }] };
}
