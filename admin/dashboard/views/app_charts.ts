/** The charts of an app's page: what they show, how figures are written, which ink draws which line. */
import { bytesText, countText, cpuText, latencyText } from "../../schemas/figures.ts";
import type { MetricKey } from "./metrics.ts";

/** A colour of the style sheet; canvas reads it from an element of the class `ink-<name>`. */
export type Ink = "accent" | "second" | "bad";

/** One line of a chart. */
export interface ChartLine {
  readonly key: MetricKey;
  readonly label: string;
  readonly ink: Ink;
}

/** One chart. */
export interface AppChart {
  readonly id: string;
  readonly title: string;
  readonly text: (value: number) => string;
  /** The first one is told as a figure beside the title. */
  readonly lines: readonly [ChartLine, ...ChartLine[]];
}

/** In the order in which they stand. */
export const APP_CHARTS: readonly AppChart[] = [
  {
    id: "requests",
    title: "Requests per second",
    text: countText,
    lines: [
      { key: "requests_per_second", label: "answered", ink: "accent" },
      { key: "errors_per_second", label: "errors", ink: "bad" },
    ],
  },
  {
    id: "latency",
    title: "Latency",
    text: latencyText,
    lines: [
      { key: "p99_seconds", label: "p99", ink: "accent" },
      { key: "p50_seconds", label: "p50", ink: "second" },
    ],
  },
  {
    id: "in_flight",
    title: "In flight",
    text: countText,
    lines: [{ key: "in_flight", label: "in the isolate", ink: "accent" }],
  },
  { id: "heap", title: "Heap", text: bytesText, lines: [{ key: "heap_bytes", label: "in use", ink: "accent" }] },
  {
    id: "external",
    title: "External memory",
    text: bytesText,
    lines: [{ key: "external_bytes", label: "held", ink: "accent" }],
  },
  { id: "cpu", title: "CPU", text: cpuText, lines: [{ key: "cpu", label: "share of one core", ink: "accent" }] },
];
