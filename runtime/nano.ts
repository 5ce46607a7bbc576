/** NANO itself: wires configuration, apps, front door and observers together; decides nothing. */
import { join } from "node:path";
import { BootAdmission } from "./pool/boot_admission.ts";
import { CronSchedule } from "./app/cron_schedule.ts";
import { FlightRecorder } from "./pool/flight_recorder.ts";
import { type AppBundle, Bundler } from "./bundle/bundler.ts";
import { bundleIsolate } from "./bundle/isolate_bundle.ts";
import { systemClock } from "./clock.ts";
import { inTime } from "./deadline.ts";
import { relayered } from "./config/fit_layers.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import { DataThread } from "./data/data_thread.ts";
import { SqlPool } from "./data/sql_pool.ts";
import { ConfigReloads } from "./generations/config_reloads.ts";
import { messageOf } from "./errors.ts";
import { type AppSnapshot, EventHub, type ReloadSummary } from "./events.ts";
import { FileWatch } from "./generations/file_watch.ts";
import { FirstStart } from "./generations/first_start.ts";
import { Generations } from "./generations/generations.ts";
import { Dispatcher } from "./http/dispatcher.ts";
import { PATIENCE } from "./http/patience.ts";
import { LateFarm } from "./pool/late_farm.ts";
import { Listeners } from "./generations/listeners.ts";
import type { NanoOptions } from "./nano_options.ts";
import type { Observations } from "./observe/observations.ts";
import { Log } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { Observatory } from "./observe/observatory.ts";
import { OtelTracer } from "./trace/otel_tracer.ts";
import type { Operations } from "./operations.ts";
import { Operator } from "./operate/operator.ts";
import { type Readiness, readinessOf } from "./generations/readiness.ts";
import { OpenState } from "./store/open_state.ts";
import { UnitWorkshop } from "./units/unit_workshop.ts";
import { drainHost, type DrainResult } from "./generations/drain.ts";

/** {@linkcode Nano.begin} waits this long for slow apps; their requests wait in their queues before and after. */
const FIRST_START_MS = 5_000;
/** Whoever watches files has seen a project of a thousand apps by then; one that takes longer holds no app up. */
const WATCH_READY_MS = 2_000;
/** When a start has failed, connections that are open already get this long to end. */
const CLOSE_MS = 1_000;

/** A running NANO. */
export class Nano implements AsyncDisposable {
  /** Tells everything that happens. */
  readonly events: EventHub = new EventHub();
  readonly #options: NanoOptions;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #dispatcher: Dispatcher;
  readonly #bundler: Bundler;
  readonly #workshop: UnitWorkshop;
  readonly #reloads: ConfigReloads;
  readonly #admission: BootAdmission;
  readonly #crons: CronSchedule;
  readonly #generations: Generations;
  readonly #observatory: Observatory;
  /** Taken before anything is written, given back after everything has ended. */
  #kept: OpenState | null = null;
  readonly #recorder: FlightRecorder | null;
  #operator!: Operator;
  #listeners: Listeners | null = null;
  #first: FirstStart<AppBundle> | null = null;
  #begun: Promise<void> | null = null;
  readonly #farm = new LateFarm();
  readonly #data: DataThread;
  readonly #sql: SqlPool;
  #watch: FileWatch | null = null;
  #draining: Promise<DrainResult> | null = null;

  private constructor(config: NanoConfig, options: NanoOptions, tracer: OtelTracer | null) {
    this.#options = options;
    this.#data = new DataThread(join(config.stateDir, "data"));
    this.#sql = new SqlPool(join(config.stateDir, "data"));
    this.#recorder = options.flight === undefined ? null : new FlightRecorder(options.flight, systemClock);
    this.#generations = new Generations(config, {
      reloadTools: (next) => this.#workshop.toolsOf(next),
      openPorts: (next) => this.#listeners!.prepare(next),
      route: (router) => this.#dispatcher.use(router),
      beforeBoot: async (next) => await this.#watch?.expect(next),
      onChange: (next) => {
        const { config, units } = next;
        this.#dispatcher.trust(config.trustedProxies);
        this.#log.configure(config.log);
        this.#farm.fit(config);
        this.#crons.follow(units.values());
        this.#operator.follow();
        void this.#watch?.follow(next);
      },
      again: (app) => void this.#reloads.reloadEdited(new Set([app])).catch((error) => this.#warn(messageOf(error))),
      emit: (event) => this.events.emit(event),
    });
    this.#log = new Log({
      ...config.log,
      color: options.color ?? false,
      timeZone: options.timeZone,
      ...(options.write === undefined ? {} : { write: options.write }),
    });
    this.#admission = BootAdmission.onThisMachine(systemClock, options.suspects);
    this.#metrics = new Metrics({
      snapshot: () => this.apps(),
      startedAt: systemClock.wall(),
      bootsWaiting: () => this.#admission.waiting,
      unexplained: () => this.#farm.unexplainedBytes,
    });
    this.events.listen(this.#log.listen);
    this.events.listen(this.#metrics.listen);
    this.#observatory = new Observatory({ metrics: this.#metrics, snapshot: () => this.apps(), clock: systemClock });
    this.events.listen(this.#observatory.listen);
    tracer?.follow(this.events);
    this.#dispatcher = new Dispatcher(null, {
      trustedProxies: config.trustedProxies,
      reveal: options.dev ?? false,
      now: systemClock.now,
      tell: (event) => this.events.emit(event),
      patience: options.patience ?? PATIENCE,
      tracer,
    });
    this.#crons = new CronSchedule({ clock: systemClock, emit: (event) => this.events.emit(event) });
    this.#bundler = new Bundler({
      cacheDir: join(config.stateDir, "bundles"),
      installDependencies: true,
      onInstall: (progress) => {
        this.events.emit({ event: "app_install", ...progress });
        if (progress.step === "waiting") this.#first?.skip(progress.app);
      },
    });
    this.#workshop = new UnitWorkshop({
      bundler: this.#bundler,
      clock: systemClock,
      admission: this.#admission,
      takeIsolate: (memoryMb) => this.#farm.take(memoryMb),
      quarantineOf: (app, version) => this.#kept!.quarantine.find(app, version),
      emit: (event) => this.events.emit(event),
      data: this.#data,
      sql: this.#sql,
      targetOf: (app) => this.#generations.target(app),
      tracer,
      evaluate: options.evaluate ?? false,
      nodeEnv: options.dev === true ? "development" : "production",
    });
    this.#reloads = new ConfigReloads({
      generations: this.#generations,
      reloadConfig: options.reloadConfig,
      tolerant: options.dev ?? false,
      bundleAhead: (config, only) => this.#workshop.bundleAhead(config, only),
      layers: () => this.#operator.layers(),
      isDraining: () => this.#draining !== null,
      onEnd: () => void this.#watch?.follow(this.#generations.present),
      emit: (event) => this.events.emit(event),
    });
  }

  /**
   * Listens and starts every app; waits for its packages if need be, and a few seconds for it to boot. An app that cannot start holds nobody down: see {@linkcode Nano.readiness}.
   *
   * @throws {NanoError} USAGE when an address cannot be had, INTERNAL when isolates cannot be created
   */
  static async start(config: NanoConfig, options: NanoOptions = {}): Promise<Nano> {
    const nano = await Nano.open(config, options);
    try {
      await nano.begin();
      await nano.#first!.prepared;
      await inTime(nano.#first!.over, FIRST_START_MS);
    } catch (error) {
      await nano.#close();
      throw error;
    }
    return nano;
  }

  /**
   * Listens and starts no app yet: requests wait in the queues of their apps until {@linkcode Nano.begin}.
   *
   * @throws {NanoError} USAGE when an address cannot be had
   */
  static async open(config: NanoConfig, options: NanoOptions = {}): Promise<Nano> {
    const nano = new Nano(config, options, await OtelTracer.open());
    try {
      await nano.#open(config);
    } catch (error) {
      await nano.#close();
      throw error;
    }
    return nano;
  }

  /**
   * Starts the apps. Settles when each has come up or failed, at the latest after a few seconds: slow ones, and those
   * whose packages are being installed, come up later.
   *
   * @throws {NanoError} INTERNAL when isolates cannot be created
   */
  begin(): Promise<void> {
    return this.#begun ??= this.#begin();
  }

  /** The configuration in force. */
  get config(): NanoConfig {
    return this.#generations.present.config;
  }

  /** Where clients reach the public listener. */
  get url(): string {
    return this.#listeners!.url;
  }

  /** Ports of apps with a listener of their own, by app name. */
  get ownPorts(): ReadonlyMap<string, number> {
    return this.#listeners!.ownPorts();
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
    return this.#reloads.reload(null);
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
    const busy = [...this.#generations.present.units.values()].filter((unit) => unit.pending > 0);
    return busy.map((unit) => unit.app.name);
  }

  /** Drains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #open(config: NanoConfig): Promise<void> {
    const warn = (text: string) => this.#warn(text);
    this.#kept = await OpenState.open(config, { convictions: this.#options.convictions ?? [], warn });
    this.#operator = this.#operatorOf(this.#kept);
    this.events.listen(this.#operator.listen);
    const whole = await this.#reloads.withKept(config);
    this.#listeners = await Listeners.open(config, {
      dispatcher: this.#dispatcher,
      appNamed: (name) => this.#generations.target(name),
      warn,
    });
    this.#kept.folder.tell(this.#listeners.url);
    this.#first = new FirstStart(whole, {
      ...this.#workshop.toolsOf(whole),
      clock: systemClock,
      adopt: (prepared) => this.#generations.adopt(prepared),
    });
    this.#generations.begin(this.#first.generation);
  }

  async #begin(): Promise<void> {
    const farm = this.#startFarm();
    // It is awaited below, where it may have failed already.
    farm.catch(() => {});
    if (this.#options.watch === true && this.#draining === null) {
      this.#watch = new FileWatch(
        (only) => this.#reloads.reloadEdited(only),
        (error) => this.#warn(messageOf(error)),
      );
      // Before the code is read: an edit made meanwhile is noticed and takes effect right after.
      await inTime(this.#watch.follow(this.#generations.present), WATCH_READY_MS);
    }
    if (this.#draining === null) this.#first!.run(this.events);
    await farm;
    await inTime(this.#first!.quicklyOver, FIRST_START_MS);
  }

  async #startFarm(): Promise<void> {
    await this.#farm.start(async () => ({
      bootSource: await bundleIsolate(this.#bundler),
      admission: this.#admission,
      clock: systemClock,
      recorder: this.#recorder,
      warn: (text) => this.#warn(text),
      onDeath: (error) => {
        // Every app lived under it. The guardian starts the host anew.
        this.#warn(error.message);
        this.#log.flush();
        Deno.exit(1);
      },
    }));
    this.#farm.fit(this.config);
  }

  #operatorOf({ store, folders, quarantine }: OpenState): Operator {
    return new Operator({
      store,
      folders,
      quarantine,
      generations: this.#generations,
      events: this.events,
      clock: systemClock,
      layered: (layers) => relayered(this.config, layers),
      readConfig: (layers) => this.#reloads.read(layers),
      isDraining: () => this.#draining !== null,
      reload: () => this.reload(),
      runCron: (unit, name) => this.#crons.run(unit, unit.app.crons.find((cron) => cron.name === name)!),
      codeVersion: async (app) => (await this.#workshop.toolsOf(this.config).bundle(app)).version,
    });
  }

  async #drain(): Promise<DrainResult> {
    const result = this.#begun === null ? { drainedRequests: 0, forcedClosed: 0 } : await drainHost({
      generations: this.#generations,
      events: this.events,
      clock: systemClock,
      stopTaking: () => {
        this.#watch?.[Symbol.dispose]();
        this.#dispatcher.startDraining();
        this.#first?.[Symbol.dispose]();
        this.#bundler.endInstallations();
      },
      stopJobs: () => this.#crons[Symbol.dispose](),
      bodiesRead: this.#dispatcher.bodiesRead,
      shutdown: () => this.#listeners!.shutdown(),
    });
    await this.#close();
    return result;
  }

  async #close(): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    // Apps of a start that failed or never began; those of a drain have ended.
    await Promise.all([...this.#generations.present.units.values()].map((unit) => unit.stop(0)));
    this.#first?.[Symbol.dispose]();
    // A drain may have come while it began.
    await this.#begun?.catch(() => {});
    await inTime(this.#listeners?.shutdown() ?? Promise.resolve(), CLOSE_MS);
    this.#crons[Symbol.dispose]();
    this.#observatory[Symbol.dispose]();
    await this.#farm[Symbol.asyncDispose]();
    this.#recorder?.[Symbol.dispose]();
    await this.#bundler[Symbol.asyncDispose]();
    await Promise.all([this.#data[Symbol.asyncDispose](), this.#sql[Symbol.asyncDispose]()]);
    this.#kept?.[Symbol.dispose]();
    this.#log.flush();
  }

  #warn(text: string): void {
    this.events.emit({ event: "warning", text });
  }
}
