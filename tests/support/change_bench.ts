/** The whole of NANO's changes on a real state folder, with units in the place of isolates: fast, and free to be killed. */
import { createHash } from "node:crypto";
import type { AppBundle } from "../../runtime/bundle/bundler.ts";
import { systemClock } from "../../runtime/clock.ts";
import { loadConfig } from "../../runtime/config/load.ts";
import type { AppLayer } from "../../runtime/config/layers.ts";
import { relayered } from "../../runtime/config/fit_layers.ts";
import type { AppConfig, NanoConfig } from "../../runtime/config/resolved_config.ts";
import { NanoError } from "../../runtime/errors.ts";
import { type AppSnapshot, EventHub, type NanoEvent } from "../../runtime/terms/events.ts";
import type { Fleet } from "../../runtime/fleet/fleet.ts";
import type { FleetStore } from "../../runtime/fleet/fleet_store.ts";
import { openFleet } from "../../runtime/fleet/open_fleet.ts";
import { Generations } from "../../runtime/generations/generations.ts";
import type { AppStateName, ExitReason } from "../../runtime/terms/lifecycle.ts";
import { Operator } from "../../runtime/operate/operator.ts";
import type { AppUnit } from "../../runtime/generations/reload.ts";
import { KeptData } from "../../runtime/data/kept_data.ts";
import { QuarantineFile } from "../../runtime/store/quarantine_file.ts";
import { StateStore } from "../../runtime/store/state_store.ts";
import { VersionFolders } from "../../runtime/store/version_folders.ts";

/** An app whose code is text: one that says "broken" cannot be bundled, one that says "failing" cannot start. */
class BenchUnit implements AppUnit {
  readonly pending = 0;
  readonly openSockets = 0;
  state: AppStateName = "idle";

  constructor(readonly app: AppConfig, readonly version: string | null, readonly text: string) {}

  fetch(): void {}

  start(): Promise<void> {
    const isFailing = this.text.includes("failing");
    this.state = isFailing ? "failed" : "running";
    if (!isFailing) return Promise.resolve();
    return Promise.reject(new NanoError("APP_FAILED", `Cannot start app "${this.app.name}": it is failing`));
  }

  stop(): Promise<ExitReason> {
    this.state = "stopped";
    return Promise.resolve("drained");
  }

  snapshot(): AppSnapshot {
    return {
      name: this.app.name,
      state: this.state,
      hostnames: this.app.hostnames,
      port: null,
      version: this.version,
      since: 0,
      restarts: {},
      crashes: 0,
      lastExit: null,
      error: this.state === "failed" ? "it is failing" : null,
      inFlight: 0,
      queued: 0,
      heapBytes: 0,
      externalBytes: 0,
      processId: null,
      kept: null,
      cpuSeconds: 0,
      startSeconds: 0,
    };
  }
}

/** Knows which versions are being removed: a fleet's node that follows does not wait for that, and NANO's end neither. */
class BenchFolders extends VersionFolders {
  readonly #removals = new Set<Promise<void>>();

  override remove(app: string, version: string): Promise<void> {
    const removal = super.remove(app, version).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return removal;
  }

  /** Settles when nothing is removed any more. */
  async settled(): Promise<void> {
    do {
      // Units of the bench end at once, so that the next removal has begun by then.
      await new Promise((resolve) => setImmediate(resolve));
      await Promise.allSettled(this.#removals);
    } while (this.#removals.size > 0);
  }
}

/** A running bench. */
export class ChangeBench implements Disposable {
  readonly operator: Operator;
  readonly store: StateStore;
  readonly generations: Generations;
  /** When the bench was opened with an engine. */
  fleet: Fleet | null = null;
  /** Everything that was told. */
  readonly events: NanoEvent[] = [];
  /** Whether NANO is going away. */
  draining = false;
  readonly #hub = new EventHub();
  readonly #configFile: string;
  readonly #folders: BenchFolders;

  private constructor(configFile: string, config: NanoConfig, store: StateStore) {
    this.#configFile = configFile;
    this.#folders = new BenchFolders(config.stateDir);
    this.store = store;
    this.#hub.listen((event) => this.events.push(event));
    this.generations = new Generations(config, {
      reloadTools: () => ({
        bundle,
        supervise: (app, { version, modules }) => new BenchUnit(app, version, modules[ENTRY]!),
        broken: (app) => new BenchUnit(app, null, "failing"),
        lazy: (app) => new BenchUnit(app, null, ""),
      }),
      openPorts: () => ({ commit() {}, discard() {} }),
      route: () => {},
      beforeBoot: () => Promise.resolve(),
      onChange: () => this.operator.follow(),
      again: () => {},
      emit: (event) => this.#hub.emit(event),
    });
    this.operator = new Operator({
      store,
      folders: this.#folders,
      generations: this.generations,
      events: this.#hub,
      clock: systemClock,
      layered: (layers) => relayered(this.generations.present.config, layers),
      readConfig: (layers) => loadConfig(configFile, { layers }),
      fleet: () => this.fleet,
      isDraining: () => this.draining,
      reload: () =>
        this.generations.queue(async () => {
          const config = await loadConfig(this.#configFile, { layers: this.operator.layers() });
          return await this.generations.advance(config, { strict: true, only: null });
        }),
      runCron: () => Promise.resolve(true),
      quarantine: new QuarantineFile(config.stateDir, () => {}),
      codeVersion: async (app) => (await bundle(app)).version,
      // Neither starts anything before it is asked.
      data: new KeptData(`${config.stateDir}/data`),
    });
    this.#hub.listen(this.operator.listen);
  }

  /** Opens what a state folder keeps, as a start of NANO does. @param engine of the fleet that nano.json asks for */
  static async open(configFile: string, engine: FleetStore | null = null): Promise<ChangeBench> {
    const config = await loadConfig(configFile);
    const store = StateStore.open(config.stateDir);
    const bench = new ChangeBench(configFile, config, store);
    if (engine !== null) {
      bench.fleet = await openFleet(config, {
        state: store,
        folders: bench.#folders,
        clock: systemClock,
        keptApps: () => bench.operator.keptApps(),
        follower: (files) => bench.operator.follower(files),
        onCame: (app) => bench.operator.touch(app),
        apps: () => [...bench.generations.present.units.values()].map((unit) => unit.snapshot()),
        config: () => bench.generations.present.config,
        emit: (event) => bench.#hub.emit(event),
      }, engine);
    }
    const known = store.allVersions().map(({ app, version }) => `${app}/${version}`);
    await bench.#folders.sweep(new Set(known));
    const layers: readonly AppLayer[] = bench.operator.layers();
    const whole = await relayered(config, layers);
    await bench.generations.queue(() => bench.generations.advance(whole, { strict: false, only: null }));
    return bench;
  }

  /** The configuration in force of an app, or null without it. */
  app(name: string): AppConfig | null {
    return this.generations.present.config.apps.find((app) => app.name === name) ?? null;
  }

  /** Settles when no version is being removed any more. */
  settled(): Promise<void> {
    return this.#folders.settled();
  }

  /** Tells an event, as an app's life would. */
  emit(event: NanoEvent): void {
    this.#hub.emit(event);
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
  }
}

const ENTRY = "app:///index.js";

async function bundle(app: AppConfig): Promise<AppBundle> {
  const text = await Deno.readTextFile(`${app.path}/index.ts`);
  if (text.includes("broken")) throw new NanoError("APP_FAILED", `Cannot start app "${app.name}": it is broken`);
  return {
    entry: ENTRY,
    modules: { [ENTRY]: text },
    assets: null,
    inputs: [],
    version: createHash("sha256").update(text).digest("hex").slice(0, 12),
    warnings: [],
  };
}
