/** Turns an app's folder into one module of source text. */

import { basename, extname } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { checkCompat } from "./app_entry.ts";
import { isScript } from "./app_loader.ts";
import { findReach, installAdvice, managerOf, type ReachRule } from "./app_reach.ts";
import { foldersUpTo } from "./app_files.ts";
import type { AppBundle } from "./app_bundle.ts";
import { type AppResolution, emptyResolution } from "./app_resolution.ts";
import { listedPackages } from "./missing_packages.ts";
import { buildApp, type BuildOrder } from "./build_app.ts";
import type { BundleCache, CachedBundle } from "./bundle_cache.ts";
import { PLAIN_BUILD } from "../config/project_build.ts";
import { esbuildService } from "./esbuild_service.ts";
import { FULL_MODULES, fullApp } from "./full_app.ts";
import { findEntry, type ProjectStart } from "./find_entry.ts";
import { sha256 } from "./input_stamp.ts";
import { hasNodeModules, installDependencies, readInstall } from "./install_dependencies.ts";
import type { InstallPolicy } from "./install_policy.ts";
import { type InstallProgress, reportInstall } from "./install_progress.ts";
import { nodeModulesOf } from "./node_library.ts";
import { nanoBundleCache } from "./nano_bundle_cache.ts";
import { staticSite } from "./static_site.ts";
import { Turns } from "../turns.ts";

export type { AppBundle };

const ENTRY_URL = "app:///index.js";
/** Builds at once: esbuild's process uses all cores by itself, two keep it busy while one waits for our plugins. */
const BUILDS = Math.max(2, navigator.hardwareConcurrency);
/** Installations at once: they wait for the registry most of the time, and one that hangs must not hold up the rest. */
const INSTALLS = 4;

/** What there is to bundle. */
export interface BundleSource {
  readonly name: string;
  /** Absolute path of the app's folder or entry file. */
  readonly path: string;
  readonly nodeCompat: boolean;
  /** What its folder's own file says of its beginning. */
  readonly start?: ProjectStart | null;
  /** How far its imports and links may go; to its workspace unless given. */
  readonly reach?: ReachRule;
  /** Absolute paths of what it may not be made of, though its workspace holds it. */
  readonly hidden?: readonly string[];
  /** What `process.env.NODE_ENV` is in its code; "production" unless given. */
  readonly nodeEnv?: string;
  /** Whether it runs as Deno itself runs it; on the web platform unless given. */
  readonly compat?: "web" | "full";
  /** Where what such an app writes is kept; null for the folder `data` in its own. */
  readonly keptData?: string | null;
  /** How its packages are installed; freely unless given. */
  readonly install?: InstallPolicy;
}

/** How a {@linkcode Bundler} works. */
export interface BundlerOptions {
  /** Where finished bundles are kept; null: nowhere. */
  readonly cacheDir: string | null;
  /**
   * Whether packages are installed that an app's package.json lists, or that the app imports as `npm:`, when the app has
   * no node_modules of its own making; else it fails.
   */
  readonly installDependencies?: boolean;
  /** Told how an installation goes, as that may take a while. */
  readonly onInstall?: (progress: InstallProgress) => void;
}

/**
 * Bundles apps, and keeps the result until one of the files it was made from changes.
 *
 * @example
 * ```ts ignore
 * await using bundler = new Bundler({ cacheDir: "/var/lib/nano/bundles" });
 * const { entry, modules } = await bundler.bundle({ name: "blog", path: "/srv/blog", nodeCompat: true });
 * ```
 */
export class Bundler implements AsyncDisposable {
  /** Where finished bundles are kept, or undefined. */
  readonly cache: BundleCache | undefined;
  readonly #options: BundlerOptions;
  readonly #installs = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();
  readonly #buildTurns = new Turns(BUILDS);
  readonly #installTurns = new Turns(INSTALLS);

  constructor(options: BundlerOptions) {
    this.#options = options;
    const { cacheDir } = options;
    this.cache = cacheDir === null ? undefined : nanoBundleCache(cacheDir);
  }

  /**
   * Bundles an app.
   *
   * @param isUrgent whether somebody waits for this app now
   * @throws {NanoError} APP_FAILED when there is no entry, or the code does not build: the first mistake in `message`,
   *   all of them with their lines in `details`.
   */
  async bundle(app: BundleSource, isUrgent: () => boolean = () => false): Promise<AppBundle> {
    const action = `Cannot bundle app "${app.name}"`;
    try {
      const entry = await findEntry(app.path, app.start);
      checkCompat(entry, app.compat ?? "web");
      if (entry.kind === "static") return await staticSite(entry);
      const reach = await findReach(entry.root, app.reach ?? "found");
      const hidden = await Promise.all((app.hidden ?? []).map((path) => Deno.realPath(path).catch(() => path)));
      const nodeEnv = app.nodeEnv ?? "production";
      if (entry.source === undefined && !isScript(entry.file) && extname(entry.file) !== "") {
        throw new NanoError("APP_FAILED", `"${basename(entry.file)}" is neither JavaScript nor TypeScript`);
      }
      const order: BuildOrder = {
        entry,
        action,
        nodeCompat: app.nodeCompat,
        reach,
        hidden,
        // Nor may an app without node: modules get what packages offer to Node.
        isWorkers: (app.start ?? null) !== null || !app.nodeCompat,
        nodeEnv,
        build: app.start?.build ?? PLAIN_BUILD,
      };
      if (app.compat === "full") return await this.#full({ app, order, isUrgent });
      const subject = JSON.stringify({ ...order, action: null, entry: [entry.file, entry.source] });
      const cached = await this.#buildTurns.run(async () => await this.cache?.read(subject), { isUrgent });
      const complete = async (bundle: CachedBundle) => ({
        ...await toAppBundle(
          bundle,
          await nodeModulesOf(bundle.code, { cache: this.cache, nodeCompat: app.nodeCompat }),
        ),
        nodeEnv: order.nodeEnv,
        ...entry.clientFiles === undefined ? {} : { clientFiles: entry.clientFiles },
      });
      if (cached !== undefined) return await complete(cached);
      const { bundle, isStable } = await this.#build({ app, order, isUrgent });
      const warnings = [...bundle.warnings];
      if (isStable) {
        await this.cache?.write(subject, bundle).catch((thrown) => {
          warnings.push(`Cannot keep the bundle of app "${app.name}": ${messageOf(thrown)}`);
        });
      }
      return await complete({ ...bundle, warnings });
    } catch (thrown) {
      if (thrown instanceof NanoError) {
        if (thrown.message.startsWith(action)) throw thrown;
        throw new NanoError(thrown.code, `${action}: ${thrown.message}`, { cause: thrown, details: thrown.details });
      }
      throw new NanoError("APP_FAILED", `${action}: its files cannot be read`, { cause: thrown });
    }
  }

  /** One of which nothing is bundled; what its package.json lists is installed where nobody has done so. */
  async #full({ app, order, isUrgent }: Build): Promise<AppBundle> {
    const { entry, reach, hidden, nodeEnv } = order;
    const refusal = app.install?.refusal ?? null;
    const made = await readInstall(entry.root);
    const isMissing = made === undefined ? !(await isInstalled(order)) : made.isStale;
    const missing = isMissing ? [...await listedPackages(entry.root)] : [];
    if (this.#options.installDependencies === true && refusal === null && missing.length > 0) {
      await this.#install({ app, order, extras: made?.extras ?? {}, isUrgent });
    }
    const modules = await nodeModulesOf(FULL_MODULES, { cache: this.cache });
    const bundle = await fullApp({ entry, reach, hidden, keptData: app.keptData ?? null, nodeEnv }, modules);
    // It may do without them, and only Deno finds out.
    const lack = refusal === null || missing.length === 0 ? [] : [`No ${missing.join(", ")}: ${refusal}`];
    return { ...bundle, warnings: [...lack, ...bundle.warnings] };
  }

  /** Ends what is being installed, and whatever else would be. */
  endInstallations(): void {
    this.#closing.abort();
  }

  /** The same, and stops esbuild's process, unless another bundler is at work. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.endInstallations();
    await Promise.allSettled(this.#installs.values());
    await esbuildService.stopIfIdle();
  }

  async #build({ app, order, isUrgent }: Build): Promise<{ bundle: CachedBundle; isStable: boolean }> {
    const { root } = order.entry;
    // Not while it installs: that may take minutes, and whoever has its packages need not wait for them.
    const inTurn = (resolution: AppResolution) => this.#buildTurns.run(() => buildApp(order, resolution), { isUrgent });
    const mayInstall = this.#options.installDependencies === true;
    const made = mayInstall ? await readInstall(root) : undefined;
    const isRefused = (app.install?.refusal ?? null) !== null;
    if (made?.isStale && !isRefused) await this.#install({ app, order, extras: made.extras, isUrgent });
    // Of one that the user made, nothing is known but that it is theirs.
    const isOurs = made !== undefined || !(await isInstalled(order));
    const resolution = emptyResolution();
    const outcome = await inTurn(resolution).catch((thrown: unknown) => ({ thrown }));
    // Only now is it known what is missing: an app that brings its packages in its own code needs nothing.
    if (mayInstall && isOurs) {
      const extras = { ...made?.extras, ...await unlistedPackages(root, resolution) };
      const isOther = made !== undefined && Object.entries(extras).some(([name, range]) => made.extras[name] !== range);
      // What is missing may be wanted at run time only, or not at all; then there is nothing to refuse.
      if (isRefused && !("thrown" in outcome)) return outcome;
      if (isOther || await lacksKnownPackages(root, resolution, made === undefined)) {
        // Another app with the same folder may have had it installed in the meantime.
        const present = await readInstall(root);
        const isDone = present !== undefined && made === undefined && covers(present.extras, extras);
        if (!isDone) await this.#install({ app, order, extras, isUrgent });
        return await inTurn(emptyResolution());
      }
    }
    if ("thrown" in outcome) throw outcome.thrown;
    return outcome;
  }

  /** Two apps may share a folder; it is installed once. */
  async #install({ app, order, extras, isUrgent }: Build & Installation): Promise<void> {
    const { root } = order.entry;
    const manager = await managerOf(order.reach);
    if (manager !== "npm") {
      throw new NanoError(
        "APP_FAILED",
        `Cannot install its packages: ${manager} locks their versions, and NANO does not read its lock file; ` +
          `${await installAdvice(
            order.reach,
            order.reach === root ? "the app's folder" : "its workspace",
          )} (packages: ` +
          `${[...await listedPackages(root), ...Object.keys(extras)].join(", ")})`,
      );
    }
    let running = this.#installs.get(root);
    if (running === undefined) {
      const { onInstall = () => {} } = this.#options;
      const { signal } = this.#closing;
      const policy = app.install === undefined ? {} : { policy: app.install };
      const begin = () =>
        reportInstall(
          app.name,
          onInstall,
          (onStart) => installDependencies(root, { extras, onStart, signal, ...policy }),
        );
      onInstall({ app: app.name, packages: [], step: "waiting", elapsedMs: 0 });
      running = this.#installTurns.run(begin, { isUrgent })
        .finally(() => this.#installs.delete(root));
      this.#installs.set(root, running);
    }
    await running;
  }
}

/** What is built, for whom. */
interface Build {
  readonly app: BundleSource;
  readonly order: BuildOrder;
  readonly isUrgent: () => boolean;
}

/** What is installed, for whom. */
interface Installation {
  /** Packages that are imported but not listed. */
  readonly extras: Readonly<Record<string, string>>;
}

/** What is imported as `npm:` and not listed in package.json, with its version range. */
async function unlistedPackages(root: string, { npm }: AppResolution): Promise<Record<string, string>> {
  const listed = await listedPackages(root);
  return Object.fromEntries([...npm].filter(([name]) => !listed.has(name)));
}

/** Whether something is missing that an installation would bring. */
async function lacksKnownPackages(root: string, { missing, npm }: AppResolution, isFirst: boolean): Promise<boolean> {
  if ([...missing].some((name) => npm.has(name))) return true;
  // What package.json lists and an installation did not bring, another one would not bring either.
  return isFirst && missing.size > 0 && !missing.isDisjointFrom(await listedPackages(root));
}

/** Whether somebody installed packages for the app, in its folder or for its whole workspace. */
async function isInstalled({ entry, reach }: BuildOrder): Promise<boolean> {
  for (const folder of foldersUpTo(reach, entry.root)) if (await hasNodeModules(folder)) return true;
  return false;
}

function covers(present: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, range]) => present[name] === range);
}

async function toAppBundle(
  { code, inputs, warnings }: CachedBundle,
  nodeModules: Readonly<Record<string, string>>,
): Promise<AppBundle> {
  const version = (await sha256(new TextEncoder().encode(code))).slice(0, 12);
  return {
    entry: ENTRY_URL,
    modules: { ...nodeModules, [ENTRY_URL]: code },
    version,
    inputs: [...inputs.keys()].sort(),
    warnings,
    assets: null,
  };
}
