/** The recent past of one app: one value a tick of each figure, in a ring of plain numbers. */
import type { AppSnapshot } from "../terms/events.ts";
import type { AppSeries, AppTick } from "./observations.ts";
import { DURATION_BUCKETS_SECONDS, quantileSeconds, type RequestSeries } from "./request_series.ts";

/** Ticks that are kept: three minutes of one every two seconds. */
export const KEPT_TICKS = 90;

/** The figures of a tick, in the order of their columns; quantiles that are missing are NaN. */
const COLUMNS = [
  "requestsPerSecond",
  "errorsPerSecond",
  "p50Seconds",
  "p99Seconds",
  "inFlight",
  "heapBytes",
  "externalBytes",
  "cpu",
] as const satisfies readonly (keyof AppSeries & keyof AppTick)[];

/** The series of an app of which nothing is known. */
export const EMPTY_SERIES: AppSeries = {
  requestsPerSecond: [],
  errorsPerSecond: [],
  p50Seconds: [],
  p99Seconds: [],
  inFlight: [],
  heapBytes: [],
  externalBytes: [],
  cpu: [],
};

/**
 * Ticks of one app. A tick is 8 numbers, so 90 of them are 5.6 KiB, and 500 apps hold 2.8 MiB; a dashboard's curves need
 * no more than that, and what needs more reads the metrics.
 */
export class AppHistory {
  readonly #values = new Float64Array(COLUMNS.length * KEPT_TICKS);
  /** Ticks so far. */
  #ticks = 0;
  #requests: RequestSeries | null = null;
  #buckets = new Float64Array(DURATION_BUCKETS_SECONDS.length + 1);
  #errors = 0;
  #cpuSeconds = 0;

  /**
   * Takes a tick.
   * @param now.requests all requests of the app so far, or null when there was none
   * @param now.seconds since the tick before
   */
  tick(app: AppSnapshot, now: { readonly requests: RequestSeries | null; readonly seconds: number }): AppTick {
    const { requests, seconds } = now;
    // An app that was removed and added again counts from zero, as does the CPU time of a new version.
    if (requests !== this.#requests) {
      this.#requests = requests;
      this.#buckets.fill(0);
      this.#errors = 0;
    }
    const cpuSeconds = app.cpuSeconds >= this.#cpuSeconds ? app.cpuSeconds - this.#cpuSeconds : app.cpuSeconds;
    this.#cpuSeconds = app.cpuSeconds;
    const fresh = requests === null ? this.#buckets : requests.buckets.map((count, at) => count - this.#buckets[at]!);
    const errors = (requests?.errors ?? 0) - this.#errors;
    if (requests !== null) this.#buckets.set(requests.buckets);
    this.#errors += errors;
    const tick: AppTick = {
      ...stillTick(app),
      requestsPerSecond: fresh.reduce((sum, count) => sum + count, 0) / seconds,
      errorsPerSecond: errors / seconds,
      p50Seconds: quantileSeconds(fresh, 0.5),
      p99Seconds: quantileSeconds(fresh, 0.99),
      cpu: cpuSeconds / seconds,
    };
    const row = this.#ticks++ % KEPT_TICKS * COLUMNS.length;
    COLUMNS.forEach((name, column) => this.#values[row + column] = tick[name] ?? NaN);
    return tick;
  }

  /** All ticks that are kept, oldest first. */
  series(): AppSeries {
    const numbers = (name: typeof COLUMNS[number]) => this.#column(COLUMNS.indexOf(name));
    const maybe = (name: typeof COLUMNS[number]) => numbers(name).map((value) => Number.isNaN(value) ? null : value);
    return {
      requestsPerSecond: numbers("requestsPerSecond"),
      errorsPerSecond: numbers("errorsPerSecond"),
      p50Seconds: maybe("p50Seconds"),
      p99Seconds: maybe("p99Seconds"),
      inFlight: numbers("inFlight"),
      heapBytes: numbers("heapBytes"),
      externalBytes: numbers("externalBytes"),
      cpu: numbers("cpu"),
    };
  }

  #column(column: number): number[] {
    const kept = Math.min(this.#ticks, KEPT_TICKS);
    const oldest = this.#ticks - kept;
    return Array.from(
      { length: kept },
      (_, at) => this.#values[(oldest + at) % KEPT_TICKS * COLUMNS.length + column]!,
    );
  }
}

/** What a snapshot alone tells: nothing that needs two looks. */
export function stillTick(app: AppSnapshot): AppTick {
  return {
    app: app.name,
    state: app.state,
    crashes: app.crashes,
    requestsPerSecond: 0,
    errorsPerSecond: 0,
    p50Seconds: null,
    p99Seconds: null,
    inFlight: app.inFlight,
    queued: app.queued,
    heapBytes: app.heapBytes,
    externalBytes: app.externalBytes,
    cpu: 0,
  };
}
