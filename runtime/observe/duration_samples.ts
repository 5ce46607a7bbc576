/** A histogram of durations as Prometheus has it. */
import { DURATION_BUCKETS_SECONDS } from "./request_series.ts";

/** One line of a metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

/** Counts per bucket, each with all below it. */
export interface Durations {
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

/** The lines of one series. */
export function durationSamples(
  name: string,
  labels: Sample["labels"],
  { cumulative, count, sumSeconds }: Durations,
): Sample[] {
  const buckets = cumulative.map((value, index) => ({
    labels: { le: DURATION_BUCKETS_SECONDS[index] ?? "+Inf", ...labels },
    value,
    metricName: `${name}_bucket`,
  }));
  return [
    ...buckets,
    { labels, value: sumSeconds, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
