/** The apps in force: one generation follows the other, one change at a time, each all or nothing. */
import type { AppBundle } from "../bundle/bundler.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import { messageOf } from "../errors.ts";
import type { NanoEvent, ReloadSummary } from "../terms/events.ts";
import type { AppTarget } from "../terms/app_call.ts";
import type { Router } from "../http/router.ts";
import type { ReadyUnit } from "./late_units.ts";
import {
  type AppUnit,
  emptyGeneration,
  type Generation,
  prepareReload,
  type ReloadOptions,
  type ReloadTools,
  routerOf,
  targetsOf,
} from "./reload.ts";

/** Ports that a configuration adds and drops. */
interface OpenedPorts {
  /** @param drained settles when nothing of an app that was replaced or removed drains any more */
  commit(drained: (app: string) => Promise<void>): void;
  discard(): void;
}

/** What generations work with. */
export interface GenerationsTools {
  readonly reloadTools: (config: NanoConfig) => ReloadTools<AppBundle>;
  /** Opens the ports that a configuration adds; those it drops close with the commit. */
  readonly openPorts: (config: NanoConfig) => OpenedPorts;
  readonly route: (router: Router) => void;
  /**
   * Called before the code of the apps of a configuration is read; must not reject.
   * @param how.isForAll whether apps that start lazily are not read, unlike the one that somebody changes
   */
  readonly beforeBoot: (config: NanoConfig, how: { readonly isForAll: boolean }) => Promise<void>;
  /** Told right after a generation came in force, before the old one drains. */
  readonly onChange: (next: Generation) => void;
  /** Asked for once the code of an app is known that was being read when a change came: it may be older than that. */
  readonly again: (app: string) => void;
  readonly emit: (event: NanoEvent) => void;
}

/** How {@linkcode Generations.advance} goes about it. */
export interface AdvanceOptions extends ReloadOptions {
  /** Called when all has booted, before `keep`; what it throws refuses the change. */
  readonly beforeSwap?: () => Promise<void>;
  /** Called when all has booted, right before it comes in force; what it throws refuses the change. */
  readonly keep?: () => void;
}

/** Holds the present generation and what still drains of those before. */
export class Generations {
  readonly #tools: GenerationsTools;
  #present: Generation;
  #targets = new Map<string, AppTarget>();
  #router: Router | null = null;
  /** Removed apps that still drain: their hosts say so. */
  readonly #leaving = new Set<AppUnit>();
  /** Every unit that was replaced or removed and has not ended yet. */
  readonly #stops = new Map<AppUnit, Promise<unknown>>();
  /** What units that stood in for an app have become; a change under way may still name them. */
  readonly #adopted = new WeakMap<AppUnit, ReadyUnit>();
  readonly #postponed = new Set<AppUnit>();
  readonly #closing = new AbortController();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(config: NanoConfig, tools: GenerationsTools) {
    this.#present = emptyGeneration(config);
    this.#tools = tools;
  }

  /** In force. */
  get present(): Generation {
    return this.#present;
  }

  /** The app's unit, or null. */
  unit(app: string): AppUnit | null {
    return this.#present.units.get(app) ?? null;
  }

  /** Who takes the app's next request, one that drains before it is gone included; null without such an app. */
  target(app: string): AppTarget | null {
    return this.#targets.get(app) ?? [...this.#leaving].find((unit) => unit.app.name === app) ?? null;
  }

  /** Units that were replaced or removed and have not ended yet, with what settles at their end. */
  get stopping(): ReadonlyMap<AppUnit, Promise<unknown>> {
    return this.#stops;
  }

  /** Settles when all changes asked for so far are through; never rejects. */
  get settled(): Promise<unknown> {
    return this.#queue;
  }

  /** Settles when no unit of the app that was replaced or removed still drains. */
  async ended(app: string): Promise<void> {
    await Promise.all([...this.#stops].filter(([unit]) => unit.app.name === app).map(([, stop]) => stop));
  }

  /** Refuses the change under way and all that follow: a drain must not wait for apps that take minutes to start. */
  close(): void {
    this.#closing.abort();
  }

  /** Runs changes one after the other. */
  queue<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(work);
    this.#queue = run.catch(() => {});
    return run;
  }

  /**
   * Puts the first generation in force, whose apps come up afterwards.
   * @throws {NanoError} USAGE when a port cannot be had
   */
  begin(first: Generation): void {
    this.#commit({ next: first, retired: [], removed: [] }, this.#tools.openPorts(first.config));
  }

  /** Puts units in the place of those that stood in for them; costs little however many apps there are. */
  adopt(prepared: ReadonlyMap<AppUnit, ReadyUnit>): void {
    const units = new Map(this.#present.units);
    const inputs = new Map(this.#present.inputs);
    const adopted: AppUnit[] = [];
    for (const [standIn, made] of prepared) {
      this.#adopted.set(standIn, made);
      const { name } = standIn.app;
      if (units.get(name) !== standIn) continue;
      units.set(name, made.unit);
      inputs.set(name, made.inputs);
      adopted.push(made.unit);
    }
    if (adopted.length === 0) return;
    const next = this.#present = { ...this.#present, units, inputs };
    this.#afterwards(() => this.#routeTo(adopted));
    this.#afterwards(() => this.#tools.onChange(next));
  }

  /**
   * Puts another configuration, or other code, in force; call it within {@linkcode Generations.queue} only.
   *
   * @throws {NanoError} CONFIG_INVALID when an app would break, USAGE when a port cannot be had, APP_DRAINING once closed; nothing has changed then
   */
  async advance(config: NanoConfig, options: AdvanceOptions): Promise<ReloadSummary> {
    const ports = this.#tools.openPorts(config);
    let discard: (() => Promise<void>) | null = null;
    try {
      await this.#tools.beforeBoot(config, { isForAll: options.only === null });
      const prepared = await prepareReload(this.#present, config, this.#tools.reloadTools(config), {
        ...options,
        signal: this.#closing.signal,
      });
      discard = prepared.discard;
      await options.beforeSwap?.();
      options.keep?.();
      const { next, retired, summary } = prepared;
      prepared.postponed.forEach((unit) => this.#postpone(unit));
      this.#commit({ next, retired, removed: summary.removed }, ports);
      return prepared.summary;
    } catch (error) {
      ports.discard();
      await discard?.();
      throw error;
    }
  }

  /** The one assignment that puts a generation in force. @param change.removed names of apps that are gone */
  #commit(
    change: { readonly next: Generation; readonly retired: readonly AppUnit[]; readonly removed: readonly string[] },
    ports: OpenedPorts,
  ): void {
    const { retired } = change;
    const before = this.#present;
    const next = this.#present = this.#withAdopted(change.next);
    const removed = new Set(change.removed);
    for (const unit of retired) if (removed.has(unit.app.name)) this.#leaving.add(unit);
    const isAlike = next.units.size === before.units.size && next.config.defaultApp === before.config.defaultApp &&
      !hasRollouts(before) && retired.every((unit) => sameHosts(unit, next.units.get(unit.app.name)));
    this.#afterwards(() => {
      if (isAlike) this.#routeTo(retired.map((unit) => next.units.get(unit.app.name)!));
      else this.#routeAll();
    });
    this.#afterwards(() => this.#tools.onChange(next));
    for (const unit of retired) this.#afterwards(() => this.#retire(unit));
    this.#afterwards(() => ports.commit((app) => this.ended(app)));
  }

  /** What is in force is not taken back, whatever follows: who threw here would leave half of it undone, and the rest stopped. */
  #afterwards(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#tools.emit({ event: "warning", text: `Cannot finish a change that is in force: ${messageOf(error)}` });
    }
  }

  #routeAll(): void {
    this.#targets = targetsOf(this.#present);
    this.#route();
  }

  #route(): void {
    this.#router = routerOf(this.#present, this.#targets, this.#leaving);
    this.#tools.route(this.#router);
  }

  /** The same for apps whose unit alone is another one. */
  #routeTo(units: readonly AppUnit[]): void {
    const { config } = this.#present;
    const isPlain = !hasRollouts(this.#present) && units.every(({ app }) => app.name !== config.defaultApp);
    if (this.#router === null || !isPlain) return this.#routeAll();
    for (const unit of units) {
      this.#targets.set(unit.app.name, unit);
      this.#router.replace({ hostnames: unit.app.hostnames, target: unit });
    }
  }

  #postpone(unit: AppUnit): void {
    if (this.#postponed.has(unit)) return;
    this.#postponed.add(unit);
    unit.prepared?.then(() => {
      this.#postponed.delete(unit);
      if (this.#present.units.has(unit.app.name)) this.#tools.again(unit.app.name);
    });
  }

  /** The same generation when nobody stands in for an app that has come. */
  #withAdopted(generation: Generation): Generation {
    const come = [...generation.units].flatMap(([name, unit]) => {
      const made = this.#adopted.get(unit);
      return made === undefined ? [] : [{ name, ...made }];
    });
    if (come.length === 0) return generation;
    const units = new Map(generation.units);
    const inputs = new Map(generation.inputs);
    for (const { name, unit, inputs: own } of come) {
      units.set(name, unit);
      inputs.set(name, own);
    }
    return { ...generation, units, inputs };
  }

  #retire(unit: AppUnit): void {
    const { name } = unit.app;
    const stop = unit.stop().then(() => {
      this.#stops.delete(unit);
      if (!this.#leaving.delete(unit)) return;
      this.#afterwards(() => this.#route());
      if (!this.#present.units.has(name)) this.#tools.emit({ event: "app_removed", app: name });
    });
    this.#stops.set(unit, stop);
  }
}

function hasRollouts({ config }: Generation): boolean {
  return Object.keys(config.layers.rollouts).length > 0;
}

/** Whether a unit is at the hosts of the one whose place it takes. */
function sameHosts(old: AppUnit, next: AppUnit | undefined): boolean {
  return next !== undefined && String(old.app.hostnames) === String(next.app.hostnames);
}
