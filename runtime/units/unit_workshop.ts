/** Makes the units of a configuration: bundles the apps' code and gives each its supervisor, or what stands in for one. */
import type { Quarantine } from "./quarantined_app.ts";
import { brokenApp, quarantinedApp, standInFor, superviseApp, type UnitTools } from "./app_units.ts";
import type { AppBundle, Bundler, BundleSource } from "../bundle/bundler.ts";
import { withEvalEntry } from "../bundle/eval_entry.ts";
import { keyOfSource, ownFiles, reachOf, sourceOf } from "../bundle/source_of.ts";
import { withHtmlRewriter } from "../bundle/html_rewriter_source.ts";
import { withStreamPolyfill } from "../bundle/stream_polyfill_source.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { assetRuleMistakes } from "../http/asset_rules.ts";
import type { LateTools } from "../generations/late_units.ts";

/** What a workshop works with. */
export interface WorkshopTools extends Omit<UnitTools, "hidden" | "secrets" | "reachOf"> {
  readonly bundler: Bundler;
  /** What keeps a version of an app down, or null. */
  readonly quarantineOf: (app: string, version: string) => Quarantine | null;
  /** Whether requests run the app's entry as a script. */
  readonly evaluate: boolean;
  /** Settles when the files of an app's folder are here. @throws {NanoError} when they have not come in time */
  readonly arrived: (path: string) => Promise<void> | undefined;
  /** What `process.env.NODE_ENV` is for apps that do not say. */
  readonly nodeEnv: "production" | "development";
}

/** The tools for the apps of a configuration. */
export type UnitMakers = LateTools<AppBundle>;

/** Gives the tools for one configuration after the other. */
export class UnitWorkshop {
  readonly #tools: WorkshopTools;
  /** What was bundled before it was asked for; taken once. */
  readonly #ahead = new Map<string, Promise<AppBundle>>();

  constructor(tools: WorkshopTools) {
    this.#tools = tools;
  }

  /**
   * Bundles apps of this configuration for whoever asks for the same next; never rejects.
   * @returns forgets what nobody has asked for
   */
  async bundleAhead(config: NanoConfig, only: ReadonlySet<string>): Promise<() => void> {
    const sources = config.apps.filter(({ name }) => only.has(name))
      .map((app) => this.#sourceOf(app, config));
    for (const source of sources) this.#ahead.set(keyOfSource(source), this.#tools.bundler.bundle(source));
    const mine = sources.map((source) => [keyOfSource(source), this.#ahead.get(keyOfSource(source))] as const);
    // Who asks next gets the error.
    await Promise.allSettled(mine.map(([, bundle]) => bundle));
    return () => {
      for (const [key, bundle] of mine) if (this.#ahead.get(key) === bundle) this.#ahead.delete(key);
    };
  }

  /** Reads, supervises and stands in for apps of this configuration. */
  toolsOf(config: NanoConfig): UnitMakers {
    const hidden = ownFiles(config);
    const units: UnitTools = {
      ...this.#tools,
      hidden,
      secrets: [...hidden, ...config.secretFiles],
      reachOf: (app) => reachOf(app, config),
    };
    return {
      bundle: (app, isUrgent) => this.#bundle(this.#sourceOf(app, config), isUrgent),
      supervise: (app, code) => {
        const quarantine = this.#tools.quarantineOf(app.name, code.version);
        return quarantine === null ? superviseApp(app, code, units) : quarantinedApp(app, { code, quarantine }, units);
      },
      broken: (app, error) => brokenApp(app, error, units),
      standIn: (app, how) => standInFor(app, how, units),
    };
  }

  #sourceOf(app: AppConfig, config: NanoConfig): AppConfig & BundleSource {
    return sourceOf(app, config, this.#tools.nodeEnv);
  }

  async #bundle(app: AppConfig & BundleSource, isUrgent?: () => boolean): Promise<AppBundle> {
    const { bundler, emit, evaluate } = this.#tools;
    const key = keyOfSource(app);
    const ahead = this.#ahead.get(key);
    this.#ahead.delete(key);
    await this.#tools.arrived(app.path);
    const bundle = await (ahead ?? bundler.bundle(app, isUrgent));
    const rules = await assetRuleMistakes(bundle.assets ?? app.assets?.path ?? null);
    for (const warning of [...bundle.warnings, ...projectWarnings(app), ...rules]) {
      emit({ event: "warning", text: `App "${app.name}": ${warning}` });
    }
    const rewriting = await withHtmlRewriter(bundle);
    const whole = app.streams === "polyfill" ? await withStreamPolyfill(rewriting) : rewriting;
    return evaluate ? await withEvalEntry(whole) : whole;
  }
}

/** What a Workers project asks for in vain. */
function projectWarnings({ project }: AppConfig): string[] {
  if (project === null) return [];
  return [
    ...project.missing.map(({ name, kind, where, instead }) =>
      `env.${name} is a ${kind}, which NANO does not have (${where}); ${instead}`
    ),
    ...project.notes,
  ];
}
