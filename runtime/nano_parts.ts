/** What NANO is made of, wired together; its life is in nano.ts. */
import { join } from "node:path";
import { CronSchedule } from "./app/cron_schedule.ts";
import { scheduledTrigger } from "./app/scheduled_trigger.ts";
import { QueueConsumers } from "./app/queue_consumers.ts";
import { type AppBundle, Bundler } from "./bundle/bundler.ts";
import { systemClock } from "./clock.ts";
import { relayered } from "./config/fit_layers.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import { type FarmStart, farmStartOf } from "./farm_start.ts";
import { KeptData } from "./data/kept_data.ts";
import { ConfigReloads } from "./generations/config_reloads.ts";
import { messageOf } from "./errors.ts";
import { type AppSnapshot, EventHub } from "./terms/events.ts";
import type { FileWatch } from "./generations/file_watch.ts";
import type { FirstStart } from "./generations/first_start.ts";
import type { Fleet } from "./fleet/fleet.ts";
import type { HostTools } from "./fleet/open_fleet.ts";
import { Generations } from "./generations/generations.ts";
import { LateUnits } from "./generations/late_units.ts";
import { MemoryRelief } from "./generations/memory_relief.ts";
import { Dispatcher } from "./http/dispatcher.ts";
import { PATIENCE } from "./http/patience.ts";
import type { LateFarm } from "./pool/late_farm.ts";
import type { Listeners } from "./generations/listeners.ts";
import type { NanoOptions } from "./nano_options.ts";
import { Log } from "./observe/log.ts";
import type { FleetFigures } from "./observe/fleet_series.ts";
import { Metrics } from "./observe/metrics.ts";
import { Observatory } from "./observe/observatory.ts";
import type { OtelTracer } from "./trace/otel_tracer.ts";
import { Operator } from "./operate/operator.ts";
import type { OpenState } from "./store/open_state.ts";
import { UnitWorkshop } from "./units/unit_workshop.ts";

/** What metrics tell of a fleet. */
function fleetFigures({ lastView, pullSeconds, repaired, conflicts }: Fleet): FleetFigures {
  const own = lastView.nodes.find(({ isSelf }) => isSelf)!;
  return {
    state: lastView.state,
    revision: lastView.revision,
    lag: own.lag,
    failedApps: own.failed.length,
    pullSeconds,
    repaired,
    conflicts,
  };
}

/** What the parts are made with. */
export interface PartsInit {
  readonly options: NanoOptions;
  readonly tracer: OtelTracer | null;
  readonly isDraining: () => boolean;
}

/** The parts of one NANO; those that may be null come with its start. */
export class NanoParts {
  readonly events: EventHub = new EventHub();
  readonly log: Log;
  readonly metrics: Metrics;
  readonly dispatcher: Dispatcher;
  readonly bundler: Bundler;
  readonly workshop: UnitWorkshop;
  readonly reloads: ConfigReloads;
  readonly crons: CronSchedule;
  readonly consumers: QueueConsumers;
  readonly generations: Generations;
  readonly late: LateUnits;
  readonly relief: MemoryRelief;
  readonly observatory: Observatory;
  readonly farmStart: FarmStart;
  readonly farm: LateFarm;
  readonly data: KeptData;
  /** Taken before anything is written, given back after everything has ended. */
  kept: OpenState | null = null;
  operator!: Operator;
  listeners: Listeners | null = null;
  first: FirstStart<AppBundle> | null = null;
  watch: FileWatch | null = null;
  fleet: Fleet | null = null;
  readonly #isDraining: () => boolean;

  constructor(config: NanoConfig, { options, tracer, isDraining }: PartsInit) {
    this.#isDraining = isDraining;
    this.data = new KeptData(join(config.stateDir, "data"));
    this.farmStart = farmStartOf(config, options);
    this.farm = this.farmStart.farm;
    this.generations = new Generations(config, {
      reloadTools: (next) => {
        const makers = this.workshop.toolsOf(next);
        return { ...makers, lazy: (app) => this.late.standIn(app, makers, { lazy: true }) };
      },
      openPorts: (next) => this.listeners!.prepare(next),
      route: (router) => this.dispatcher.use(router),
      beforeBoot: async (next, how) => {
        await this.watch?.expect(next, how);
        if (options.dev === true) await this.operator.migrate(next.apps);
      },
      onChange: (next) => {
        const { config, units } = next;
        this.dispatcher.trust(config.trustedProxies);
        this.log.configure(config.log);
        this.farmStart.fit(config);
        this.crons.follow(units.values());
        this.consumers.follow(units.values());
        this.operator.follow();
        void this.watch?.follow(next);
      },
      again: (app) => this.#again(app),
      emit: (event) => this.events.emit(event),
    });
    this.late = new LateUnits({
      clock: systemClock,
      adopt: (prepared) => this.generations.adopt(prepared),
      // Its files are watched before they are read: an edit made meanwhile is noticed.
      beforeLazy: () => this.watch?.followSoon(this.generations.present),
    });
    this.relief = new MemoryRelief({
      clock: systemClock,
      memory: () => this.farm.memory,
      units: () => this.generations.present.units.values(),
    });
    this.log = new Log({
      ...config.log,
      color: options.color ?? false,
      timeZone: options.timeZone,
      ...(options.write === undefined ? {} : { write: options.write }),
    });
    const { admission } = this.farmStart;
    this.metrics = new Metrics({
      snapshot: () => this.#toldApps(),
      exists: (app) => this.generations.present.units.has(app),
      startedAt: systemClock.wall(),
      bootsWaiting: () => admission.waiting,
      isolates: () => this.farm,
      fleet: () => this.fleet === null ? null : fleetFigures(this.fleet),
    });
    this.events.listen(this.log.listen);
    this.farmStart.listen({
      onWarning: (text) => this.warn(text),
      onDeath: (error) => {
        // Every app lived under it. The guardian starts the host anew.
        this.warn(error.message);
        this.log.flush();
        Deno.exit(1);
      },
    });
    this.events.listen(this.metrics.listen);
    this.observatory = new Observatory({ metrics: this.metrics, snapshot: () => this.#toldApps(), clock: systemClock });
    this.events.listen(this.observatory.listen);
    tracer?.follow(this.events);
    this.dispatcher = new Dispatcher(null, {
      trustedProxies: config.trustedProxies,
      reveal: options.dev ?? false,
      ...options.dev === true ? { aside: scheduledTrigger(systemClock) } : {},
      now: systemClock.now,
      tell: (event) => this.events.emit(event),
      warn: (text) => this.warn(text),
      patience: options.patience ?? PATIENCE,
      tracer,
    });
    this.crons = new CronSchedule({
      clock: systemClock,
      emit: (event) => this.events.emit(event),
      turn: (job) => this.fleet?.cronTurn(job) ?? null,
    });
    this.consumers = new QueueConsumers({
      clock: systemClock,
      hub: this.data.queues,
      emit: (event) => this.events.emit(event),
    });
    this.bundler = new Bundler({
      cacheDir: join(config.stateDir, "bundles"),
      installDependencies: true,
      onInstall: (progress) => {
        this.events.emit({ event: "app_install", ...progress });
        if (progress.step === "waiting") this.first?.skip(progress.app);
      },
    });
    this.workshop = new UnitWorkshop({
      bundler: this.bundler,
      clock: systemClock,
      admission,
      takeIsolate: (need) => this.farm.take(need),
      quarantineOf: (app, version) => this.kept!.quarantine.find(app, version),
      emit: (event) => this.events.emit(event),
      data: this.data,
      targetOf: (app) => this.generations.target(app),
      tracer,
      arrived: (path) => this.fleet?.coming.arrived(path),
      evaluate: options.evaluate ?? false,
      nodeEnv: options.dev === true ? "development" : "production",
    });
    this.reloads = new ConfigReloads({
      generations: this.generations,
      reloadConfig: options.reloadConfig,
      tolerant: options.dev ?? false,
      bundleAhead: (config, only) => this.workshop.bundleAhead(config, only),
      layers: () => this.operator.layers(),
      isDraining: () => isDraining(),
      onEnd: () => void this.watch?.follow(this.generations.present),
      emit: (event) => this.events.emit(event),
    });
  }

  /** What can be read of every app now. */
  apps(): readonly AppSnapshot[] {
    return [...this.generations.present.units.values()].map((unit) => this.reloads.snapshotOf(unit));
  }

  /** The same without those that nobody has asked for: of ten thousand hardly any has something to tell. */
  #toldApps(): readonly AppSnapshot[] {
    const told: AppSnapshot[] = [];
    for (const unit of this.generations.present.units.values()) {
      if (unit.isUnread !== true || this.metrics.seriesOf(unit.app.name) !== null) told.push(unit.snapshot());
    }
    return told;
  }

  /** Reads the code of an app anew. */
  #again(app: string): void {
    this.reloads.reloadEdited(new Set([app])).catch((error) => this.warn(messageOf(error)));
  }

  /** Tells the log. */
  warn(text: string): void {
    this.events.emit({ event: "warning", text });
  }

  /** No job and no batch of messages begins any more, and nobody is parked. */
  stopJobs(): void {
    this.crons[Symbol.dispose]();
    this.consumers[Symbol.dispose]();
    this.relief[Symbol.dispose]();
  }

  /** What a fleet works with on this node. */
  fleetTools({ store, folders }: OpenState): HostTools {
    return {
      state: store,
      folders,
      clock: systemClock,
      keptApps: () => this.operator.keptApps(),
      follower: (files) => this.operator.follower(files),
      onCame: (app, { wasMissed }) => {
        this.operator.touch(app);
        if (wasMissed) this.#again(app);
      },
      apps: () => this.apps(),
      config: () => this.generations.present.config,
      emit: (event) => this.events.emit(event),
    };
  }

  /** Opens what changes something, over the kept state. */
  operatorOf({ store, folders, quarantine }: OpenState): Operator {
    return new Operator({
      store,
      folders,
      quarantine,
      generations: this.generations,
      events: this.events,
      clock: systemClock,
      layered: (layers) => relayered(this.generations.present.config, layers),
      readConfig: (layers) => this.reloads.read(layers),
      fleet: () => this.fleet,
      isDraining: () => this.#isDraining(),
      reload: () => this.reloads.reload(null),
      runCron: (unit, name) => this.crons.run(unit, unit.app.crons.find((cron) => cron.name === name)!),
      data: this.data,
      codeVersion: async (app) => (await this.workshop.toolsOf(this.generations.present.config).bundle(app)).version,
    });
  }
}
