/** NANO itself: how its parts begin, work and end; decides nothing. */
import { systemClock } from "./clock.ts";
import { inTime } from "./deadline.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import { messageOf } from "./errors.ts";
import type { AppSnapshot, EventHub, ReloadSummary } from "./terms/events.ts";
import { FileWatch } from "./generations/file_watch.ts";
import { FirstStart } from "./generations/first_start.ts";
import { Listeners } from "./generations/listeners.ts";
import type { NanoOptions } from "./nano_options.ts";
import type { Observations } from "./observe/observations.ts";
import { NanoParts } from "./nano_parts.ts";
import { OtelTracer } from "./trace/otel_tracer.ts";
import type { Operations } from "./terms/operations.ts";
import { type Readiness, readinessOf } from "./generations/readiness.ts";
import { OpenState } from "./store/open_state.ts";
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
  readonly events: EventHub;
  readonly #options: NanoOptions;
  readonly #parts: NanoParts;
  #begun: Promise<void> | null = null;
  #draining: Promise<DrainResult> | null = null;

  private constructor(config: NanoConfig, options: NanoOptions, tracer: OtelTracer | null) {
    this.#options = options;
    this.#parts = new NanoParts(config, { options, tracer, isDraining: () => this.#draining !== null });
    this.events = this.#parts.events;
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
      await nano.#parts.first!.prepared;
      await inTime(nano.#parts.first!.over, FIRST_START_MS);
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
    return this.#parts.generations.present.config;
  }

  /** Where clients reach the public listener. */
  get url(): string {
    return this.#parts.listeners!.url;
  }

  /** Ports of apps with a listener of their own, by app name. */
  get ownPorts(): ReadonlyMap<string, number> {
    return this.#parts.listeners!.ownPorts();
  }

  /** Everything that changes something, beside editing nano.json; kept in the state folder. */
  get operations(): Operations {
    return this.#parts.operator;
  }

  /** Everything that can be watched. */
  get observations(): Observations {
    return this.#parts.observatory;
  }

  /**
   * Reads the configuration and the apps' code anew and puts what changed in force, all or nothing.
   * @throws {NanoError} CONFIG_INVALID with every mistake in `details`; nothing has changed then
   */
  reload(): Promise<ReloadSummary> {
    return this.#parts.reloads.reload(null);
  }

  /** Finishes what is in flight, then ends everything. Calling it again returns the same drain. */
  drain(): Promise<DrainResult> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** What can be read of every app now. */
  apps(): readonly AppSnapshot[] {
    return this.#parts.apps();
  }

  /** Whether requests are taken, and how the apps are. */
  readiness(): Readiness {
    const { first, fleet } = this.#parts;
    const starting = !(first?.isOver ?? false);
    const draining = this.#draining !== null;
    if (fleet === null) return readinessOf(this.apps(), { starting, draining });
    return readinessOf(this.apps(), { starting, draining, fleet: fleet.state, unheard: !fleet.isHeard });
  }

  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string> {
    return this.#parts.metrics.render();
  }

  /** Names of the apps that hold requests. */
  busyApps(): readonly string[] {
    const busy = [...this.#parts.generations.present.units.values()].filter((unit) => unit.pending > 0);
    return busy.map((unit) => unit.app.name);
  }

  /** Drains. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  async #open(config: NanoConfig): Promise<void> {
    const parts = this.#parts;
    const warn = (text: string) => parts.warn(text);
    parts.kept = await OpenState.open(config, { convictions: this.#options.convictions ?? [], warn });
    // Its thread and the isolates in reserve come up while the rest is read; whoever begins waits for it.
    // Whoever begins hears when it fails.
    parts.farmStart.begin().catch(() => {});
    parts.operator = parts.operatorOf(parts.kept);
    this.events.listen(parts.operator.listen);
    // Loaded by a node of a fleet only; before what is kept is read, as the fleet's order of the changes counts.
    if (config.fleet !== null) {
      const { openFleet } = await import("./fleet/open_fleet.ts");
      parts.fleet = await openFleet(config, parts.fleetTools(parts.kept));
      const { openFleetData } = await import("./fleet/data/open_fleet_data.ts");
      parts.data.outside = await openFleetData(config, parts.fleet, {
        warn,
        onSent: (queue) => parts.data.queues.wake(queue),
      });
    }
    const whole = await parts.reloads.withKept(config);
    parts.listeners = await Listeners.open(config, {
      dispatcher: parts.dispatcher,
      appNamed: (name) => parts.generations.target(name),
      warn,
    });
    parts.kept.folder.tell(parts.listeners.url);
    const makers = parts.workshop.toolsOf(whole);
    parts.first = new FirstStart(whole, { clock: systemClock, makers, late: parts.late });
    parts.generations.begin(parts.first.generation);
  }

  async #begin(): Promise<void> {
    const parts = this.#parts;
    parts.data.buckets.prepare().catch((error) => parts.warn(messageOf(error)));
    if (this.#options.watch === true && this.#draining === null) {
      parts.watch = new FileWatch(
        (only) => parts.reloads.reloadEdited(only),
        (error) => parts.warn(messageOf(error)),
      );
      // Before the code is read: an edit made meanwhile is noticed and takes effect right after.
      await inTime(parts.watch.follow(parts.generations.present), WATCH_READY_MS);
    }
    if (this.#options.dev === true) await parts.operator.migrate(this.config.apps);
    if (this.#draining === null) parts.first!.run(this.events);
    if (this.#draining === null) parts.fleet?.begin();
    await parts.farmStart.begin();
    if (this.#draining === null) parts.relief.begin();
    await inTime(parts.first!.quicklyOver, FIRST_START_MS);
    if (this.#draining === null) parts.farmStart.end(this.config);
  }

  async #drain(): Promise<DrainResult> {
    const parts = this.#parts;
    const result = this.#begun === null ? { drainedRequests: 0, forcedClosed: 0 } : await drainHost({
      generations: parts.generations,
      events: this.events,
      clock: systemClock,
      stopTaking: () => {
        parts.watch?.[Symbol.dispose]();
        parts.dispatcher.startDraining();
        parts.first?.[Symbol.dispose]();
        parts.late[Symbol.dispose]();
        parts.bundler.endInstallations();
      },
      stopJobs: () => parts.stopJobs(),
      bodiesRead: parts.dispatcher.bodiesRead,
      shutdown: () => parts.listeners!.shutdown(),
    });
    await this.#close();
    return result;
  }

  async #close(): Promise<void> {
    const parts = this.#parts;
    await parts.watch?.[Symbol.asyncDispose]();
    await inTime(parts.fleet?.[Symbol.asyncDispose]() ?? Promise.resolve(), CLOSE_MS);
    // Apps of a start that failed or never began; those of a drain have ended.
    await Promise.all([...parts.generations.present.units.values()].map((unit) => unit.stop(0)));
    parts.first?.[Symbol.dispose]();
    parts.late[Symbol.dispose]();
    // A drain may have come while it began.
    await this.#begun?.catch(() => {});
    await inTime(parts.listeners?.shutdown() ?? Promise.resolve(), CLOSE_MS);
    parts.stopJobs();
    parts.observatory[Symbol.dispose]();
    await parts.farm[Symbol.asyncDispose]();
    parts.farmStart.recorder?.[Symbol.dispose]();
    await parts.bundler[Symbol.asyncDispose]();
    await inTime(parts.consumers.ended(), CLOSE_MS);
    await parts.data[Symbol.asyncDispose]();
    parts.kept?.[Symbol.dispose]();
    parts.log.flush();
  }
}
