/** NANO itself: wires configuration, apps, front door and observers together; decides nothing. */
import { join } from "node:path";
import { BootAdmission, bootPlaces } from "./app/boot_admission.ts";
import { CronSchedule } from "./app/cron_schedule.ts";
import { brokenApp, superviseApp, type UnitTools } from "./app_units.ts";
import { type AppBundle, Bundler } from "./bundle/bundler.ts";
import { withEvalEntry } from "./bundle/eval_entry.ts";
import { bundleIsolate } from "./bundle/isolate_bundle.ts";
import { withStreamPolyfill } from "./bundle/stream_polyfill_source.ts";
import { systemClock } from "./clock.ts";
import { relayered } from "./config/fit_layers.ts";
import type { AppLayer } from "./config/layers.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import { NanoError } from "./errors.ts";
import { type AppSnapshot, EventHub, type ReloadSummary } from "./events.ts";
import { FileWatch } from "./file_watch.ts";
import { fixedKeyChanges } from "./fixed_keys.ts";
import { Generations } from "./generations.ts";
import { Dispatcher } from "./http/dispatcher.ts";
import { IsolateFarm } from "./isolate_farm.ts";
import { Listeners } from "./listeners.ts";
import type { Observations } from "./observations.ts";
import { Log } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { Observatory } from "./observe/observatory.ts";
import { OtelTracer } from "./trace/otel_tracer.ts";
import type { Operations } from "./operations.ts";
import { Operator } from "./operate/operator.ts";
import { type Readiness, readinessOf } from "./readiness.ts";
import type { ReloadTools } from "./reload.ts";
import { StateStore } from "./store/state_store.ts";
import { VersionFolders } from "./store/version_folders.ts";
import { windDown } from "./wind_down.ts";

/** How NANO runs, beside what its configuration says. */
export interface NanoOptions {
  /** Takes the log's lines. Default: stdout. */
  readonly write?: (text: string) => void;
  /** Whether pretty log lines are coloured. */
  readonly color?: boolean;
  /**
   * Reads the configuration anew; without it a reload looks at the apps' code only. It has to pass the layers on to
   * `loadConfig` or `resolveConfig`.
   */
  readonly reloadConfig?: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
  /** Whether edits of files take effect by themselves. */
  readonly watch?: boolean;
  /** `nano dev`: answers hold stacks, and an edit that breaks an app takes effect, so that its author sees the mistake. */
  readonly dev?: boolean;
  /** `nano eval`: a request runs the app's entry as a script, and the answer tells how it went. */
  readonly evaluate?: boolean;
  /** Apps that may have ended the process before: they start last, and each alone. */
  readonly suspects?: ReadonlySet<string>;
}

/** What a drain came to. */
export interface DrainResult {
  /** Requests that were in flight and finished. */
  readonly drainedRequests: number;
  /** Requests that had to be cut. */
  readonly forcedClosed: number;
}

/** The first start waits this long for slow apps before it listens; their requests then wait in their queues. */
const FIRST_START_MS = 5_000;
/** A running NANO. */
export class Nano implements AsyncDisposable {
  /** Tells everything that happens. */
  readonly events: EventHub = new EventHub();
  readonly #options: NanoOptions;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #dispatcher: Dispatcher;
  readonly #tracer: OtelTracer | null;
  readonly #bundler: Bundler;
  readonly #admission: BootAdmission;
  readonly #crons: CronSchedule;
  readonly #generations: Generations;
  readonly #observatory: Observatory;
  #store: StateStore | null = null;
  #operator!: Operator;
  #farm!: IsolateFarm;
  #listeners!: Listeners;
  #watch: FileWatch | null = null;
  #draining: Promise<DrainResult> | null = null;

  private constructor(config: NanoConfig, options: NanoOptions, tracer: OtelTracer | null) {
    this.#options = options;
    this.#generations = new Generations(config, {
      reloadTools: (next) => this.#tools(next),
      openPorts: (next) => this.#listeners.prepare(next),
      route: (router) => this.#dispatcher.use(router),
      beforeBoot: async (next) => await this.#watch?.expect(next),
      onChange: (next) => {
        const { config, units } = next;
        this.#dispatcher.trust(config.trustedProxies);
        this.#log.configure(config.log);
        this.#farm.fit(config.apps);
        this.#crons.follow(units.values());
        this.#operator.follow();
        // It never rejects.
        void this.#watch?.follow(next);
      },
      emit: (event) => this.events.emit(event),
    });
    this.#log = new Log({
      ...config.log,
      color: options.color ?? false,
      ...(options.write === undefined ? {} : { write: options.write }),
    });
    this.#admission = new BootAdmission({
      places: bootPlaces(navigator.hardwareConcurrency),
      clock: systemClock,
      isSuspect: (app) => options.suspects?.has(app) ?? false,
    });
    this.#metrics = new Metrics({
      snapshot: () => this.apps(),
      startedAt: systemClock.wall(),
      bootsWaiting: () => this.#admission.waiting,
    });
    this.events.listen(this.#log.listen);
    this.events.listen(this.#metrics.listen);
    this.#observatory = new Observatory({
      metrics: this.#metrics,
      snapshot: () => this.apps(),
      clock: systemClock,
    });
    this.events.listen(this.#observatory.listen);
    this.#tracer = tracer?.follow(this.events) ?? null;
    this.#dispatcher = new Dispatcher(null, {
      trustedProxies: config.trustedProxies,
      reveal: options.dev ?? false,
      now: systemClock.now,
      tell: (event) => this.events.emit(event),
      tracer,
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
    const nano = new Nano(config, options, await OtelTracer.open());
    try {
      // An edit made meanwhile is noticed and takes effect right after.
      await nano.#generations.queue(() => nano.#start(config));
    } catch (error) {
      await nano.#close();
      throw error;
    }
    return nano;
  }

  /** The configuration in force. */
  get config(): NanoConfig {
    return this.#generations.present.config;
  }

  /** Where clients reach the public listener. */
  get url(): string {
    return this.#listeners.url;
  }

  /** Ports of apps with a listener of their own, by app name. */
  get ownPorts(): ReadonlyMap<string, number> {
    return this.#listeners.ownPorts();
  }

  /** Everything that changes something, beside editing nano.json; kept in the state folder. */
  get operations(): Operations {
    return this.#operator;
  }

  /** Everything that can be watched. */
  get observations(): Observations {
    return this.#observatory;
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
    return [...this.#generations.present.units.values()].map((unit) => unit.snapshot());
  }

  /** Whether requests are taken, and how the apps are. */
  readiness(): Readiness {
    return readinessOf(this.apps(), this.#draining !== null);
  }

  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string> {
    return this.#metrics.render();
  }

  /** Names of the apps that hold requests. */
  busyApps(): readonly string[] {
    return [...this.#generations.present.units.values()].filter((unit) => unit.pending > 0).map((unit) =>
      unit.app.name
    );
  }

  /** Drains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #start(config: NanoConfig): Promise<void> {
    await Deno.mkdir(config.stateDir, { recursive: true });
    this.#operator = await this.#openState(config);
    this.events.listen(this.#operator.listen);
    this.#farm = await IsolateFarm.start({
      bootSource: await bundleIsolate(this.#bundler),
      admission: this.#admission,
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
      appNamed: (name) => this.#generations.target(name),
      onError: (error) => this.#warn(error.message),
    });
    if (this.#options.watch === true) {
      this.#watch = new FileWatch((only) => this.#reloadByWatch(only));
      await this.#watch.follow({ config, units: new Map(), inputs: new Map() });
    }
    await this.#generations.advance(await this.#withKept(config), {
      strict: false,
      only: null,
      patienceMs: FIRST_START_MS,
    });
    await this.#watch?.follow(this.#generations.present);
  }

  async #openState(config: NanoConfig): Promise<Operator> {
    const store = this.#store = StateStore.open(config.stateDir);
    const folders = new VersionFolders(config.stateDir);
    await folders.sweep(new Set(store.allVersions().map(({ app, version }) => `${app}/${version}`)));
    return new Operator({
      store,
      folders,
      generations: this.#generations,
      events: this.events,
      clock: systemClock,
      layered: (layers) => relayered(this.config, layers),
      readConfig: (layers) => this.#readConfig(layers),
      isDraining: () => this.#draining !== null,
      reload: () => this.reload(),
      runCron: (unit, name) => this.#crons.run(unit, unit.app.crons.find((cron) => cron.name === name)!),
      codeVersion: async (app) => (await this.#tools(this.config).bundle(app)).version,
    });
  }

  /** The configuration that NANO was started with, together with what was changed before. */
  async #withKept(config: NanoConfig): Promise<NanoConfig> {
    const layers = this.#operator.layers();
    if (layers.length === 0) return config;
    const whole = await relayered(config, layers);
    for (const { app, reasons } of whole.layers.setAside) {
      this.#warn(`Kept changes of app "${app}" are set aside: ${reasons.join("; ")}`);
    }
    return whole;
  }

  async #readConfig(layers: readonly AppLayer[]): Promise<NanoConfig> {
    const { reloadConfig } = this.#options;
    if (reloadConfig === undefined) return await relayered(this.config, layers);
    const config = await reloadConfig(layers);
    if (config.layers.given.length === layers.length) return config;
    throw new NanoError("INTERNAL", "Cannot read the configuration: reloadConfig does not pass its layers on");
  }

  #tools({ file, stateDir, tls }: NanoConfig): ReloadTools<AppBundle> {
    const units: UnitTools = {
      clock: systemClock,
      admission: this.#admission,
      takeIsolate: (memoryMb) => this.#farm.take(memoryMb),
      emit: (event) => this.events.emit(event),
      tracer: this.#tracer,
      hidden: [file, stateDir, tls?.cert, tls?.key].filter((path) => typeof path === "string"),
    };
    return {
      bundle: async (app) => {
        const bundle = await this.#bundler.bundle(app);
        for (const warning of bundle.warnings) this.#warn(`App "${app.name}": ${warning}`);
        const whole = app.streams === "polyfill" ? await withStreamPolyfill(bundle) : bundle;
        return this.#options.evaluate === true ? withEvalEntry(whole) : whole;
      },
      supervise: (app, code) => superviseApp(app, code, units),
      broken: (app, error) => brokenApp(app, error, units),
    };
  }

  #reload(only: ReadonlySet<string> | null): Promise<ReloadSummary> {
    return this.#generations.queue(() => this.#reloadNow(only));
  }

  async #reloadNow(only: ReadonlySet<string> | null): Promise<ReloadSummary> {
    if (this.#draining !== null) throw new NanoError("APP_DRAINING", "Cannot reload: NANO is going away");
    try {
      const config = await this.#readConfig(this.#operator.layers());
      // A developer wants to see what broke, an operator wants what works.
      const strict = this.#options.dev !== true;
      const keep = () => fixedKeyChanges(this.config, config).forEach((text) => this.#warn(text));
      const summary = await this.#generations.advance(config, { strict, only, keep });
      const { added, removed, changed } = summary;
      if (only === null || added.length + removed.length + changed.length > 0) {
        this.events.emit({ event: "config_reload", ...summary });
      }
      return summary;
    } catch (error) {
      const refused = error instanceof NanoError ? error : null;
      const errors = refused === null || refused.details.length === 0 ? [(error as Error).message] : refused.details;
      this.events.emit({ event: "config_rejected", errors });
      throw error;
    } finally {
      this.#watch?.follow(this.#generations.present);
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

  async #drain(): Promise<DrainResult> {
    const { drainTimeoutMs } = this.#generations.present.config;
    const units = [...this.#generations.present.units.values()];
    const inFlight = [...units, ...this.#generations.stopping.keys()].reduce((sum, unit) => sum + unit.pending, 0);
    let forcedClosed = 0;
    const forget = this.events.listen((event) => {
      if (event.event === "app_drained") forcedClosed += event.forcedClosed;
    });
    this.events.emit({ event: "drain_start", inFlight, timeoutMs: drainTimeoutMs });
    this.#watch?.[Symbol.dispose]();
    this.#dispatcher.startDraining();
    // A reload under way may still bring other units.
    await this.#generations.settled;
    const last = [...this.#generations.present.units.values()];
    this.#crons[Symbol.dispose]();
    await windDown({
      units: last,
      stopping: this.#generations.stopping,
      bodiesRead: this.#dispatcher.bodiesRead,
      shutdown: () => this.#listeners.shutdown(),
      timeoutMs: drainTimeoutMs,
    }, systemClock);
    forget();
    const result = { drainedRequests: Math.max(0, inFlight - forcedClosed), forcedClosed };
    this.events.emit({ event: "drain_complete", ...result });
    await this.#close();
    return result;
  }

  async #close(): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    this.#observatory[Symbol.dispose]();
    this.#farm?.[Symbol.dispose]();
    this.#store?.[Symbol.dispose]();
    await this.#bundler[Symbol.asyncDispose]();
    this.#log.flush();
  }

  #warn(text: string): void {
    this.events.emit({ event: "warning", text });
  }
}
