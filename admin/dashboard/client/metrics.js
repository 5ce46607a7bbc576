/** The figures of an app that the overview shows: where a tick holds them and how they are written. */
import { bytesText, countText, cpuText, latencyText } from "./figures.js";

/**
 * One column of the overview.
 * @typedef {object} Metric
 * @property {string} key name in a tick and in a series
 * @property {string} label
 * @property {string} title what it means, in words
 * @property {(value: number) => string} text
 */

/** @type {readonly Metric[]} */
export const METRICS = [
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

/** States that somebody has to look at. */
export const ATTENTION_STATES = ["quarantined", "failed", "crash_loop", "backoff", "starting", "draining", "stopped"];

/**
 * A state as people read it, a crash loop with its length.
 * @param {string} state
 * @param {number} crashes deaths in a row
 * @returns {string}
 */
export function stateText(state, crashes) {
  return state === "crash_loop" ? `crash loop, ${crashes} ${crashes === 1 ? "death" : "deaths"}` : state;
}

/**
 * How many apps are in each state beside running, as `2 failed, 3 idle`.
 * @param {readonly string[]} states one an app
 * @returns {string}
 */
export function statesText(states) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const state of states) if (state !== "running") counts.set(state, (counts.get(state) ?? 0) + 1);
  if (counts.size === 0) return "All serve";
  return [...ATTENTION_STATES, "idle"].filter((state) => counts.has(state)).map((state) =>
    `${counts.get(state)} ${state.replace("_", " ")}`
  ).join(", ");
}
