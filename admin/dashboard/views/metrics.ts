/** The figures of an app that the overview shows: where a tick holds them and how they are written. */
import { bytesText, countText, cpuText, latencyText } from "../../schemas/figures.ts";

/** Name of a figure in a tick and in a series. */
export type MetricKey =
  | "requests_per_second"
  | "p50_seconds"
  | "p99_seconds"
  | "errors_per_second"
  | "in_flight"
  | "heap_bytes"
  | "external_bytes"
  | "cpu";

/** An app's figures; null where nothing is known. */
export type Figures = Readonly<Record<MetricKey, number | null>>;

/** An app's recent past by figure, oldest value first. */
export type Past = Partial<Record<MetricKey, (number | null)[]>>;

/** One column of the overview. */
export interface Metric {
  readonly key: MetricKey;
  readonly label: string;
  /** What it means, in words. */
  readonly title: string;
  readonly text: (value: number) => string;
}

/** In the order of the columns. */
export const METRICS: readonly Metric[] = [
  { key: "requests_per_second", label: "Req/s", title: "Requests per second", text: countText },
  { key: "p50_seconds", label: "p50", title: "Half of the requests took at most this long", text: latencyText },
  { key: "p99_seconds", label: "p99", title: "99 of 100 requests took at most this long", text: latencyText },
  {
    key: "errors_per_second",
    label: "Errors/s",
    title: "Answers with status 500 or more, per second",
    text: countText,
  },
  { key: "in_flight", label: "In flight", title: "Requests inside the isolate", text: countText },
  { key: "heap_bytes", label: "Heap", title: "JavaScript heap in use", text: bytesText },
  { key: "external_bytes", label: "External", title: "Memory held outside the heap", text: bytesText },
  { key: "cpu", label: "CPU", title: "Share of one core", text: cpuText },
];

/** A figure as it is written; a dash when nothing is known. */
export function figureText({ text }: Metric, value: number | null): string {
  return value === null ? "–" : text(value);
}
