/**
 * How the isolates of a NANO begin: under `nano start` before the rest of it is loaded, since a boot takes as long as
 * that. It imports little, and exports what is needed for it.
 */
import { join } from "node:path";
import { bundledIsolate, bundleIsolate, PROCESS_BOOTSTRAP } from "./bundle/isolate_bundle.ts";
import { nanoBundleCache } from "./bundle/nano_bundle_cache.ts";
import { systemClock } from "./clock.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import type { NanoError } from "./errors.ts";
import { BootAdmission } from "./pool/boot_admission.ts";
import { FlightRecorder, type FlightSink } from "./pool/flight_recorder.ts";
import { LateFarm } from "./pool/late_farm.ts";

export { configLoader } from "./config/load.ts";

/** What the guardian gives a host for its isolates. */
export interface FarmStartOptions {
  /** Keeps notes of what the isolates do where they survive the death of this process. */
  readonly flight?: FlightSink;
  /** Apps that may have ended the process before this one, the least suspected first: they boot last, and alone. */
  readonly suspects?: readonly string[];
}

/** Who hears of the farm. */
export interface FarmListener {
  readonly onWarning: (text: string) => void;
  /** No isolate lives any more, and none can be had. */
  readonly onDeath: (error: NanoError) => void;
}

const early = new WeakMap<NanoConfig, FarmStart>();

/** Begins the farm of whoever opens a NANO with this very configuration later in the process. */
export async function startFarmEarly(config: NanoConfig, options: FarmStartOptions): Promise<void> {
  const start = new FarmStart(config, options);
  early.set(config, start);
  await start.beginEarly();
}

/** The farm that has begun for a configuration, or a new one. */
export function farmStartOf(config: NanoConfig, options: FarmStartOptions): FarmStart {
  return early.get(config) ?? new FarmStart(config, options);
}

/** The farm on its way, with what it works with. */
export class FarmStart {
  readonly admission: BootAdmission;
  readonly recorder: FlightRecorder | null;
  readonly farm: LateFarm = new LateFarm();
  readonly #config: NanoConfig;
  readonly #listener = Promise.withResolvers<FarmListener>();
  #begun: Promise<void> | null = null;
  #isOver = false;

  constructor(config: NanoConfig, { flight, suspects }: FarmStartOptions = {}) {
    this.#config = config;
    this.admission = BootAdmission.onThisMachine(systemClock, suspects);
    this.recorder = flight === undefined ? null : new FlightRecorder(flight, systemClock);
  }

  /** Begins if an earlier start has bundled the isolates' code: nothing is written before the state folder is ours. */
  async beginEarly(): Promise<void> {
    const source = await bundledIsolate(this.#cache());
    if (source !== null) void this.#begin(() => Promise.resolve(source));
  }

  /** Tells somebody what it has to tell, from its beginning on. */
  listen(listener: FarmListener): void {
    this.#listener.resolve(listener);
  }

  /**
   * Creates the warden, and isolates for the apps that start first.
   * @throws {NanoError} INTERNAL when they cannot be created
   */
  begin(): Promise<void> {
    return this.#begun ?? this.#begin(() => bundleIsolate(this.#cache()));
  }

  /** The first apps have started: from now on the reserve is as large as is usual. */
  end(config: NanoConfig): void {
    this.#isOver = true;
    this.farm.fit(config);
  }

  /** Keeps a reserve that fits a changed configuration; not before the end, isolates are on their way for it. */
  fit(config: NanoConfig): void {
    if (this.#isOver) this.farm.fit(config);
  }

  #begin(source: () => Promise<string>): Promise<void> {
    this.#begun = this.#start(source);
    // Whoever begins hears of it, maybe later.
    this.#begun.catch(() => {});
    return this.#begun;
  }

  async #start(source: () => Promise<string>): Promise<void> {
    await this.farm.start(async () => ({
      first: this.#config,
      bootSource: await source(),
      processSource: () => bundleIsolate(this.#cache(), PROCESS_BOOTSTRAP),
      admission: this.admission,
      clock: systemClock,
      recorder: this.recorder,
      warn: (text) => void this.#listener.promise.then(({ onWarning }) => onWarning(text)),
      onDeath: (error) => void this.#listener.promise.then(({ onDeath }) => onDeath(error)),
    }));
  }

  #cache(): ReturnType<typeof nanoBundleCache> {
    return nanoBundleCache(join(this.#config.stateDir, "bundles"));
  }
}
