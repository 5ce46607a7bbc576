/** NANO itself: wires configuration, apps, front door and observers together; decides nothing. */
import { join } from "node:path";
import { CronSchedule } from "./app/cron_schedule.ts";
import { brokenApp, superviseApp, type UnitTools } from "./app_units.ts";
import { type AppBundle, Bundler } from "./bundle/bundler.ts";
import { bundleIsolate } from "./bundle/isolate_bundle.ts";
import { withStreamPolyfill } from "./bundle/stream_polyfill_source.ts";
import { systemClock } from "./clock.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import { NanoError } from "./errors.ts";
import { type AppSnapshot, EventHub, type ReloadSummary } from "./events.ts";
import { FileWatch } from "./file_watch.ts";
import { Dispatcher } from "./http/dispatcher.ts";
import { Router } from "./http/router.ts";
import { IsolateFarm } from "./isolate_farm.ts";
import { Listeners } from "./listeners.ts";
import type { AppStateName } from "./lifecycle.ts";
import { Log } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import {
  type AppUnit,
  emptyGeneration,
  type Generation,
  type PreparedReload,
  prepareReload,
  type ReloadTools,
  routerOf,
} from "./reload.ts";

/** How NANO runs, beside what its configuration says. */
export interface NanoOptions {
  /** Takes the log's lines. Default: stdout. */
  readonly write?: (text: string) => void;
  /** Whether pretty log lines are coloured. */
  readonly color?: boolean;
  /** Reads the configuration anew; without it a reload looks at the apps' code only. */
  readonly reloadConfig?: () => Promise<NanoConfig>;
  /** Whether edits of files take effect by themselves. */
  readonly watch?: boolean;
  /** `nano dev`: answers hold stacks, and an edit that breaks an app takes effect, so that its author sees the mistake. */
  readonly dev?: boolean;
}

/** What a drain came to. */
export interface DrainResult {
  /** Requests that were in flight and finished. */
  readonly drainedRequests: number;
  /** Requests that had to be cut. */
  readonly forcedClosed: number;
}

/** Whether NANO takes requests, and how its apps are. */
export interface Readiness {
  /** Every app has left its first start, and no drain has begun. */
  readonly ready: boolean;
  /** NANO is going away. */
  readonly draining: boolean;
  /** State of every app, with the message of its failure. */
  readonly apps: readonly { readonly name: string; readonly state: AppStateName; readonly error: string | null }[];
}

/** The first start waits this long for slow apps before it listens; their requests then wait in their queues. */
const FIRST_START_MS = 5_000;
/** Answers that the apps have finished may take this long to reach their clients after the drain's deadline. */
const DELIVERY_GRACE_MS = 1_000;

/** A running NANO. */
export class Nano implements AsyncDisposable {
  /** Tells everything that happens. */
  readonly events: EventHub = new EventHub();
  readonly #options: NanoOptions;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #dispatcher: Dispatcher;
  readonly #bundler: Bundler;
  readonly #crons: CronSchedule;
  #farm!: IsolateFarm;
  #listeners!: Listeners;
  #watch: FileWatch | null = null;
  #generation: Generation;
  /** Removed apps that still drain. */
  readonly #leaving = new Set<AppUnit>();
  /** Every unit that was replaced or removed and has not ended yet. */
  readonly #stops = new Map<AppUnit, Promise<unknown>>();
  #reloading: Promise<unknown> = Promise.resolve();
  #draining: Promise<DrainResult> | null = null;

  private constructor(config: NanoConfig, options: NanoOptions) {
    this.#options = options;
    this.#generation = emptyGeneration(config);
    this.#log = new Log({
      ...config.log,
      color: options.color ?? false,
      ...(options.write === undefined ? {} : { write: options.write }),
    });
    this.#metrics = new Metrics({ snapshot: () => this.apps(), startedAt: systemClock.wall() });
    this.events.listen(this.#log.listen);
    this.events.listen(this.#metrics.listen);
    this.#dispatcher = new Dispatcher(new Router([], null), {
      trustedProxies: config.trustedProxies,
      reveal: options.dev ?? false,
      now: systemClock.now,
      tell: (event) => this.events.emit(event),
    });
    this.#crons = new CronSchedule({ clock: systemClock, emit: (event) => this.events.emit(event) });
    this.#bundler = new Bundler({
      cacheDir: join(config.stateDir, "bundles"),
      installDependencies: true,
      onInstall: (app) => this.#warn(`Installing the packages that app "${app}" lists in its package.json`),
    });
  }

  /**
   * Starts every app and listens. An app that cannot start holds nobody down: see {@linkcode Nano.readiness}.
   *
   * @throws {NanoError} USAGE when an address cannot be had, INTERNAL when isolates cannot be created
   */
  static async start(config: NanoConfig, options: NanoOptions = {}): Promise<Nano> {
    const nano = new Nano(config, options);
    try {
      const started = nano.#start(config);
      // An edit made meanwhile is noticed and takes effect right after.
      nano.#reloading = started.catch(() => {});
      await started;
    } catch (error) {
      await nano.#close();
      throw error;
    }
    return nano;
  }

  /** The configuration in force. */
  get config(): NanoConfig {
    return this.#generation.config;
  }

  /** Where clients reach the public listener. */
  get url(): string {
    return this.#listeners.url;
  }

  /** Ports of apps with a listener of their own, by app name. */
  get ownPorts(): ReadonlyMap<string, number> {
    return this.#listeners.ownPorts();
  }

  /**
   * Reads the configuration and the apps' code anew and puts what changed in force, all or nothing.
   * @throws {NanoError} CONFIG_INVALID with every mistake in `details`; nothing has changed then
   */
  reload(): Promise<ReloadSummary> {
    return this.#reload(null);
  }

  /** Finishes what is in flight, then ends everything. Calling it again returns the same drain. */
  drain(): Promise<DrainResult> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** What can be read of every app now. */
  apps(): readonly AppSnapshot[] {
    return [...this.#generation.units.values()].map((unit) => unit.snapshot());
  }

  /** Whether requests are taken, and how the apps are. */
  readiness(): Readiness {
    const snapshots = this.apps();
    const apps = snapshots.map(({ name, state, error }) => ({ name, state, error }));
    const draining = this.#draining !== null;
    return { ready: !draining && !snapshots.some(isFirstStart), draining, apps };
  }

  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string> {
    return this.#metrics.render();
  }

  /**
   * Runs a job now, whatever its schedule.
   *
   * @param name of the job; its schedule, unless it was given one
   * @returns whether it went well, once it has ended
   * @throws {NanoError} NOT_FOUND when there is no such job, CONFLICT when it runs already
   */
  async runCron(app: string, name: string): Promise<boolean> {
    const unit = this.#generation.units.get(app);
    const cron = unit?.app.crons.find((one) => one.name === name);
    if (unit === undefined || cron === undefined) {
      throw new NanoError("NOT_FOUND", `Cannot run "${name}" of app "${app}": there is no such cron`);
    }
    const ok = await this.#crons.run(unit, cron);
    if (ok === null) throw new NanoError("CONFLICT", `Cannot run "${name}" of app "${app}": it runs already`);
    return ok;
  }

  /** Names of the apps that hold requests. */
  busyApps(): readonly string[] {
    return [...this.#generation.units.values()].filter((unit) => unit.pending > 0).map((unit) => unit.app.name);
  }

  /** Drains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #start(config: NanoConfig): Promise<void> {
    await Deno.mkdir(config.stateDir, { recursive: true });
    this.#farm = await IsolateFarm.start({
      bootSource: await bundleIsolate(this.#bundler),
      clock: systemClock,
      warn: (text) => this.#warn(text),
      onDeath: (error) => {
        // Every app lived under it. The guardian starts the host anew.
        this.#warn(error.message);
        this.#log.flush();
        Deno.exit(1);
      },
    });
    this.#listeners = await Listeners.open(config, {
      dispatcher: this.#dispatcher,
      appNamed: (name) => this.#generation.units.get(name) ?? null,
      onError: (error) => this.#warn(error.message),
    });
    if (this.#options.watch === true) {
      this.#watch = new FileWatch((only) => this.#reloadByWatch(only));
      await this.#watch.follow({ config, units: new Map(), inputs: new Map() });
    }
    const ports = this.#listeners.prepare(config);
    const prepared = await prepareReload(this.#generation, config, this.#tools(), {
      strict: false,
      only: null,
      patienceMs: FIRST_START_MS,
    });
    this.#commit(prepared, ports);
    await this.#watch?.follow(this.#generation);
  }

  #tools(): ReloadTools<AppBundle> {
    const { file, stateDir, tls } = this.#generation.config;
    const units: UnitTools = {
      clock: systemClock,
      takeIsolate: (memoryMb) => this.#farm.take(memoryMb),
      emit: (event) => this.events.emit(event),
      hidden: [file, stateDir, tls?.cert, tls?.key].filter((path) => typeof path === "string"),
    };
    return {
      bundle: async (app) => {
        const bundle = await this.#bundler.bundle(app);
        for (const warning of bundle.warnings) this.#warn(`App "${app.name}": ${warning}`);
        return app.streams === "polyfill" ? await withStreamPolyfill(bundle) : bundle;
      },
      supervise: (app, code) => superviseApp(app, code, units),
      broken: (app, error) => brokenApp(app, error, units),
    };
  }

  #reload(only: ReadonlySet<string> | null): Promise<ReloadSummary> {
    const run = this.#reloading.then(() => this.#reloadNow(only));
    this.#reloading = run.catch(() => {});
    return run;
  }

  async #reloadNow(only: ReadonlySet<string> | null): Promise<ReloadSummary> {
    if (this.#draining !== null) throw new NanoError("APP_DRAINING", "Cannot reload: NANO is going away");
    try {
      const config = await this.#options.reloadConfig?.() ?? this.#generation.config;
      const ports = this.#listeners.prepare(config);
      // A developer wants to see what broke, an operator wants what works.
      const strict = this.#options.dev !== true;
      let prepared: PreparedReload;
      try {
        prepared = await prepareReload(this.#generation, config, this.#tools(), { strict, only });
      } catch (error) {
        ports.discard();
        throw error;
      }
      this.#warnOfFixedKeys(config);
      this.#commit(prepared, ports);
      const { added, removed, changed } = prepared.summary;
      if (only === null || added.length + removed.length + changed.length > 0) {
        this.events.emit({ event: "config_reload", ...prepared.summary });
      }
      return prepared.summary;
    } catch (error) {
      const refused = error instanceof NanoError ? error : null;
      const errors = refused === null || refused.details.length === 0 ? [(error as Error).message] : refused.details;
      this.events.emit({ event: "config_rejected", errors });
      throw error;
    } finally {
      this.#watch?.follow(this.#generation);
    }
  }

  async #reloadByWatch(only: ReadonlySet<string>): Promise<void> {
    try {
      await this.#reload(only);
    } catch (error) {
      // What was refused stands in the log already; anything else is a fault of ours.
      if (!(error instanceof NanoError)) throw error;
    }
  }

  /** The one assignment that puts a generation in force. */
  #commit(prepared: PreparedReload, ports: { commit(): void }): void {
    const { next, retired, summary } = prepared;
    this.#generation = next;
    const removed = new Set(summary.removed);
    for (const unit of retired) if (removed.has(unit.app.name)) this.#leaving.add(unit);
    this.#route();
    ports.commit();
    this.#dispatcher.trust(next.config.trustedProxies);
    this.#log.configure(next.config.log);
    this.#farm.fit(next.config.apps);
    this.#crons.follow(next.units.values());
    for (const unit of retired) this.#retire(unit);
  }

  #route(): void {
    this.#dispatcher.use(routerOf(this.#generation, this.#leaving));
  }

  #retire(unit: AppUnit): void {
    const stop = unit.stop().then(() => {
      this.#stops.delete(unit);
      if (!this.#leaving.delete(unit)) return;
      this.#route();
      if (!this.#generation.units.has(unit.app.name)) this.events.emit({ event: "app_removed", app: unit.app.name });
    });
    this.#stops.set(unit, stop);
  }

  async #drain(): Promise<DrainResult> {
    const { drainTimeoutMs } = this.#generation.config;
    const units = [...this.#generation.units.values()];
    const inFlight = [...units, ...this.#stops.keys()].reduce((sum, unit) => sum + unit.pending, 0);
    let forcedClosed = 0;
    const forget = this.events.listen((event) => {
      if (event.event === "app_drained") forcedClosed += event.forcedClosed;
    });
    this.events.emit({ event: "drain_start", inFlight, timeoutMs: drainTimeoutMs });
    this.#watch?.[Symbol.dispose]();
    this.#dispatcher.startDraining();
    // A reload under way may still bring other units.
    await this.#reloading;
    const last = [...this.#generation.units.values()];
    this.#crons[Symbol.dispose]();
    const deadline = systemClock.now() + drainTimeoutMs;
    // Deno closes every WebSocket the moment its server stops listening. Where there are some, listening ends with
    // them; new requests meanwhile get 503 and a closed connection.
    const hasSockets = [...last, ...this.#stops.keys()].some((unit) => unit.openSockets > 0);
    const early = hasSockets ? null : this.#listeners.shutdown();
    await Promise.all([...last.map((unit) => unit.stop(drainTimeoutMs)), ...this.#stops.values()]);
    // The apps' own close frames need a turn to leave; then Deno closes what is left in its own words.
    if (early === null) await new Promise<void>((resolve) => systemClock.after(0, resolve));
    const closed = early ?? this.#listeners.shutdown();
    await withDeadline(closed, Math.max(0, deadline - systemClock.now()) + DELIVERY_GRACE_MS);
    forget();
    const result = { drainedRequests: Math.max(0, inFlight - forcedClosed), forcedClosed };
    this.events.emit({ event: "drain_complete", ...result });
    await this.#close();
    return result;
  }

  async #close(): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    this.#farm?.[Symbol.dispose]();
    await this.#bundler[Symbol.asyncDispose]();
    this.#log.flush();
  }

  #warn(text: string): void {
    this.events.emit({ event: "warning", text });
  }

  #warnOfFixedKeys(config: NanoConfig): void {
    const present = this.#generation.config;
    for (const key of ["hostname", "port", "tls", "stateDir", "admin"] as const) {
      if (JSON.stringify(present[key]) === JSON.stringify(config[key])) continue;
      this.#warn(`The change of "${key === "stateDir" ? "state_dir" : key}" takes effect after a restart`);
    }
  }
}

/** Whether an app has yet to come up or fail for the first time; later restarts are no reason to take NANO out of service. */
function isFirstStart(app: AppSnapshot): boolean {
  return app.state === "starting" && app.startSeconds === null && app.lastExit === null;
}

async function withDeadline(work: Promise<unknown>, ms: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const cancel = systemClock.after(ms, late.resolve);
  await Promise.race([work, late.promise]);
  cancel();
}
