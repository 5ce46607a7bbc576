/** Collects what Prometheus asks for: requests and restarts from events, the rest from a snapshot at scrape time. */
import type { Metric, Registry } from "prom-client";
import { type Descriptors, descriptors } from "../machine/descriptors.ts";
import type { AppSnapshot, NanoEvent, NanoListener } from "../terms/events.ts";
import { APP_STATE_NAMES, type ExitReason } from "../terms/lifecycle.ts";
import type { RequestSummary } from "./observations.ts";
import { BindingSeries, STORAGE_METRIC } from "./binding_series.ts";
import { ConnectionSeries } from "./connection_series.ts";
import { CronSeries } from "./cron_series.ts";
import { QueueSeries } from "./queue_series.ts";
import { durationSamples, type Sample } from "./duration_samples.ts";
import { type FleetFigures, fleetMetrics } from "./fleet_series.ts";
import { registryOf } from "./registry_of.ts";
import { RequestSeries } from "./request_series.ts";

/** What {@linkcode Metrics} is made with. */
export interface MetricsOptions {
  /** Every app that has something to tell, as it is now: one that nobody has asked for has not. */
  readonly snapshot: () => readonly AppSnapshot[];
  /** Whether there is an app; as the snapshot tells unless given. */
  readonly exists?: (app: string) => boolean;
  /** When the process began to serve, ms since the epoch. */
  readonly startedAt: number;
  /** Apps whose start waits for its turn. Default: none. */
  readonly bootsWaiting?: () => number;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
  /** Resident memory of the process, bytes. */
  readonly rss?: () => number;
  /** What the host knows of its isolates beside the apps. Default: nothing. */
  readonly isolates?: () => IsolatesSnapshot;
  /** How this node stands to its fleet. Default: there is none. */
  readonly fleet?: () => FleetFigures | null;
  /** Default: this process's. */
  readonly descriptors?: Pick<Descriptors, "count" | "limit">;
}

/** What all isolates of a host leave behind. */
export interface IsolatesSnapshot {
  /** Memory of the process that no isolate reports, bytes. */
  readonly unexplainedBytes: number;
  /** Threads of ended isolates that still run. */
  readonly endingThreads: number;
}

/**
 * The label of requests that belong to no app (a host nobody claims, a malformed request): the empty name, which no app
 * can have. What the client sent as host never becomes a label.
 */
const NO_APP = "";

/**
 * The metrics as a listener of events; series of an app end with the app.
 *
 * @example
 * ```ts
 * import { Metrics } from "./metrics.ts";
 * const metrics = new Metrics({ snapshot: () => [], startedAt: Date.now() });
 * await metrics.render(); // "# HELP nano_requests_total ..."
 * ```
 */
export class Metrics {
  /** Register this with an `EventHub`. */
  readonly listen: NanoListener = (event) => this.#take(event);
  readonly #metrics: Metric[] = [];
  #registry: Registry | null = null;
  readonly #snapshot: () => readonly AppSnapshot[];
  readonly #exists: (app: string) => boolean;
  readonly #startedAt: number;
  readonly #now: () => number;
  readonly #rss: () => number;
  readonly #isolates: () => IsolatesSnapshot;
  readonly #bootsWaiting: () => number;
  readonly #descriptors: Pick<Descriptors, "count" | "limit">;
  readonly #requests = new Map<string, RequestSeries>();
  readonly #restarts = new Map<string, Map<ExitReason, number>>();
  readonly #crons = new CronSeries();
  readonly #bindings = new BindingSeries();
  readonly #queues = new QueueSeries();
  readonly #connections = new ConnectionSeries();
  readonly #others = [this.#crons, this.#bindings, this.#queues, this.#connections];
  #apps: readonly AppSnapshot[] = [];
  /** The first configuration counts as a successful load: the process would not run otherwise. */
  #reload: { successful: boolean; at: number };

  constructor(options: MetricsOptions) {
    this.#snapshot = options.snapshot;
    this.#exists = options.exists ?? ((app) => this.#apps.some(({ name }) => name === app));
    this.#startedAt = options.startedAt;
    this.#now = options.now ?? Date.now;
    this.#bootsWaiting = options.bootsWaiting ?? (() => 0);
    this.#rss = options.rss ?? (() => Deno.memoryUsage().rss);
    this.#isolates = options.isolates ?? (() => ({ unexplainedBytes: 0, endingThreads: 0 }));
    this.#descriptors = options.descriptors ?? descriptors;
    this.#reload = { successful: true, at: options.startedAt };
    this.#register(options.fleet ?? (() => null));
  }

  /** The Prometheus text of this moment. */
  async render(): Promise<string> {
    this.#apps = this.#snapshot();
    // A request that ends after its app was removed would bring a series back that nobody would ever end.
    const own = [this.#requests, this.#restarts].flatMap((series) => [...series.keys()]);
    for (const name of [...own, ...this.#others.flatMap((series) => [...series.apps()])]) {
      if (name !== NO_APP && !this.#exists(name)) this.#forget(name);
    }
    return await (this.#registry ??= await registryOf(this.#metrics)).metrics();
  }

  /** The requests of one app since it was added; another object once it was removed and added again. */
  seriesOf(app: string): RequestSeries | null {
    return this.#requests.get(app) ?? null;
  }

  /** Totals and latency of one app since it was added. */
  summary(app: string): RequestSummary {
    const series = this.#requests.get(app);
    return {
      requests: series?.count ?? 0,
      errors: series?.errors ?? 0,
      p50Seconds: series?.quantileSeconds(0.5) ?? null,
      p99Seconds: series?.quantileSeconds(0.99) ?? null,
    };
  }

  #take(event: NanoEvent): void {
    switch (event.event) {
      case "request": {
        const app = event.app ?? NO_APP;
        let series = this.#requests.get(app);
        if (series === undefined) this.#requests.set(app, series = new RequestSeries());
        series.observe(event);
        return;
      }
      case "app_restart": {
        let reasons = this.#restarts.get(event.app);
        if (reasons === undefined) this.#restarts.set(event.app, reasons = new Map());
        reasons.set(event.reason, (reasons.get(event.reason) ?? 0) + 1);
        return;
      }
      case "cron_done":
        return this.#crons.observe(event.app, { cron: event.name, outcome: event.ok ? "ok" : "error" });
      case "cron_skipped":
        return this.#crons.observe(event.app, { cron: event.name, outcome: "skipped" });
      case "binding_call":
        return this.#bindings.observe(event);
      case "queue_batch":
        return this.#queues.observe(event);
      case "connection":
      case "connection_closed":
        return this.#connections.observe(event);
      case "app_removed":
        return this.#forget(event.app);
      case "config_reload":
        this.#reload = { successful: true, at: this.#now() };
        return;
      case "config_rejected":
        this.#reload = { successful: false, at: this.#now() };
        return;
    }
  }

  #forget(app: string): void {
    this.#requests.delete(app);
    this.#restarts.delete(app);
    for (const series of this.#others) series.forget(app);
  }

  #register(fleet: () => FleetFigures | null): void {
    const gauge = (name: string, help: string, read: () => Sample[]) => this.#add(name, "gauge", help, read);
    const counter = (name: string, help: string, read: () => Sample[]) => this.#add(name, "counter", help, read);
    const one = (value: number): Sample[] => [{ labels: {}, value }];

    counter(
      "nano_requests_total",
      'Finished requests by how they ended; app "" stands for those no app claims.',
      () =>
        this.#eachSeries((app, series) =>
          series.counts().map(({ method, status, end, count }) => ({
            labels: { app, method, status, end },
            value: count,
          }))
        ),
    );
    this.#add(
      "nano_request_duration_seconds",
      "histogram",
      "Time from a request's arrival to the end of its answer.",
      () =>
        this.#eachSeries((app, series) =>
          durationSamples("nano_request_duration_seconds", { app }, series.durations())
        ),
    );
    gauge("nano_requests_in_flight", "Requests inside the app's isolate.", () => this.#eachApp((app) => app.inFlight));
    gauge("nano_queue_length", "Requests that wait for the app's isolate.", () => this.#eachApp((app) => app.queued));
    gauge(
      "nano_app_state",
      "1 for the state the app is in, 0 for every other state; crash_loop covers starting, running and backoff.",
      () =>
        this.#apps.flatMap((app) =>
          APP_STATE_NAMES.map((state) => ({ labels: { app: app.name, state }, value: app.state === state ? 1 : 0 }))
        ),
    );
    counter(
      "nano_isolate_restarts_total",
      "Restarts of the app's isolate, by the reason of the exit before.",
      () =>
        [...this.#restarts].flatMap(([app, reasons]) =>
          [...reasons].map(([reason, value]) => ({ labels: { app, reason }, value }))
        ),
    );
    const others = [...this.#others.flatMap((series) => series.metrics()), ...fleetMetrics(fleet)];
    for (const { name, type, help, read } of others) {
      this.#add(name, type, help, name === STORAGE_METRIC ? () => [...read(), ...this.#folders()] : read);
    }
    gauge(
      "nano_isolate_start_seconds",
      "How long the app's last start took.",
      () => this.#eachApp((app) => app.startSeconds),
    );
    gauge(
      "nano_boots_waiting",
      "Apps whose start waits for its turn: a few start at a time.",
      () => one(this.#bootsWaiting()),
    );
    gauge(
      "nano_isolate_heap_bytes",
      "JS heap in use by the app's isolate.",
      () => this.#eachApp((app) => app.heapBytes),
    );
    gauge(
      "nano_isolate_external_bytes",
      "Memory the app's isolate holds outside its JS heap.",
      () => this.#eachApp((app) => app.externalBytes),
    );
    counter(
      "nano_isolate_cpu_seconds_total",
      "CPU time of the app's isolates.",
      () => this.#eachApp((app) => app.cpuSeconds),
    );
    gauge(
      "nano_config_last_reload_successful",
      "1 when the last load of the configuration was taken, else 0.",
      () => one(this.#reload.successful ? 1 : 0),
    );
    gauge(
      "nano_config_last_reload_timestamp_seconds",
      "When the configuration was last loaded or refused.",
      () => one(this.#reload.at / 1000),
    );
    const uptimeSeconds = () => (this.#now() - this.#startedAt) / 1000;
    gauge("nano_uptime_seconds", "Time since the host began to serve.", () => one(uptimeSeconds()));
    gauge(
      "nano_memory_unexplained_bytes",
      "Memory that the process took and no app reports; apps are ended for it only where it is known whose it is.",
      () => one(this.#isolates().unexplainedBytes),
    );
    gauge(
      "nano_ending_threads",
      "Threads of isolates that have ended and still run: one that stays is in a call that V8 cannot stop.",
      () => one(this.#isolates().endingThreads),
    );
    gauge(
      "nano_open_descriptors",
      "File descriptors of the host process: connections, files and more.",
      () => one(this.#descriptors.count()),
    );
    const most = () => one(this.#descriptors.limit);
    gauge("nano_descriptor_limit", "How many file descriptors the host process may have.", most);
    gauge("process_resident_memory_bytes", "Resident memory of the host process.", () => one(this.#rss()));
  }

  #add(name: string, type: "counter" | "gauge" | "histogram", help: string, read: () => Sample[]): void {
    const metric = { name, help, type, get: () => Promise.resolve({ name, help, type, values: read() }) };
    // The registry asks a metric for nothing but `name` and `get()`; its declared type wants the whole class, whose
    // label hashing is what the hot path must not pay.
    this.#metrics.push(metric as unknown as Metric);
  }

  /** Beside stores of bindings; no binding can have that name. */
  #folders(): Sample[] {
    const samples = this.#eachApp(({ kept }) => kept?.bytes ?? null);
    return samples.map(({ labels, value }) => ({ labels: { ...labels, binding: "data/" }, value }));
  }

  #eachApp(read: (app: AppSnapshot) => number | null): Sample[] {
    return this.#apps.flatMap((app) => {
      const value = read(app);
      return value === null ? [] : [{ labels: { app: app.name }, value }];
    });
  }

  #eachSeries(read: (app: string, series: RequestSeries) => Sample[]): Sample[] {
    return [...this.#requests].flatMap(([app, series]) => read(app, series));
  }
}
