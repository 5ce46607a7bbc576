/** Counts the calls of bindings: by operation and outcome, by duration, and what their stores hold. */
import type { BindingCallEvent } from "../terms/events.ts";
import { durationSamples, type Sample } from "./duration_samples.ts";
import { DURATION_BUCKETS_SECONDS } from "./request_series.ts";

interface Series {
  /** By operation and outcome. */
  readonly counts: Map<string, { readonly operation: string; readonly outcome: string; value: number }>;
  readonly buckets: number[];
  sumSeconds: number;
  storedBytes: number | null;
}

/** What apps keep on the disk. */
export const STORAGE_METRIC = "nano_storage_bytes";

/** A metric as it is registered. */
export interface SeriesMetric {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly read: () => Sample[];
}

/** The bindings of all apps. */
export class BindingSeries {
  readonly #apps = new Map<string, Map<string, Series>>();

  /** Names of the apps that have called one. */
  apps(): IterableIterator<string> {
    return this.#apps.keys();
  }

  /** Takes one call. */
  observe({ app, binding, operation, outcome, durationMs, storedBytes }: BindingCallEvent): void {
    let bindings = this.#apps.get(app);
    if (bindings === undefined) this.#apps.set(app, bindings = new Map());
    let series = bindings.get(binding);
    if (series === undefined) bindings.set(binding, series = newSeries());
    const key = `${operation} ${outcome}`;
    const count = series.counts.get(key);
    if (count === undefined) series.counts.set(key, { operation, outcome, value: 1 });
    else count.value++;
    const seconds = durationMs / 1000;
    series.sumSeconds += seconds;
    const bucket = DURATION_BUCKETS_SECONDS.findIndex((most) => seconds <= most);
    series.buckets[bucket < 0 ? DURATION_BUCKETS_SECONDS.length : bucket]!++;
    series.storedBytes = storedBytes ?? series.storedBytes;
  }

  /** The app is gone. */
  forget(app: string): void {
    this.#apps.delete(app);
  }

  /** Its metrics; `read` gives their lines of the moment. */
  metrics(): readonly SeriesMetric[] {
    return [
      {
        name: "nano_binding_calls_total",
        type: "counter",
        help: "Calls of the app's bindings by outcome: ok, refused, failed in the host, or given_up.",
        read: () => this.#calls(),
      },
      {
        name: "nano_binding_seconds",
        type: "histogram",
        help: "Time from a call of a binding to its answer.",
        read: () => this.#durations("nano_binding_seconds"),
      },
      {
        name: STORAGE_METRIC,
        type: "gauge",
        help: "What the store of a binding holds, as of its last write; data/: what an app keeps in that folder.",
        read: () => this.#stored(),
      },
    ];
  }

  #calls(): Sample[] {
    return this.#each((labels, { counts }) =>
      [...counts.values()].map(({ operation, outcome, value }) => ({
        labels: { ...labels, operation, outcome },
        value,
      }))
    );
  }

  #durations(name: string): Sample[] {
    return this.#each((labels, { buckets, sumSeconds }) => {
      let count = 0;
      const cumulative = buckets.map((value) => count += value);
      return durationSamples(name, labels, { cumulative, count, sumSeconds });
    });
  }

  #stored(): Sample[] {
    return this.#each((labels, { storedBytes }) => storedBytes === null ? [] : [{ labels, value: storedBytes }]);
  }

  #each(read: (labels: Sample["labels"], series: Series) => Sample[]): Sample[] {
    return [...this.#apps].flatMap(([app, bindings]) =>
      [...bindings].flatMap(([binding, series]) => read({ app, binding }, series))
    );
  }
}

function newSeries(): Series {
  return {
    counts: new Map(),
    buckets: new Array<number>(DURATION_BUCKETS_SECONDS.length + 1).fill(0),
    sumSeconds: 0,
    storedBytes: null,
  };
}
