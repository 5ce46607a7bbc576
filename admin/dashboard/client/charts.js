/** The charts of an app's page, drawn by uPlot, which is loaded as a script of its own. */
import { bytesText, countText, cpuText, latencyText } from "./figures.js";

/** @type {any} */
const uPlot = /** @type {any} */ (globalThis).uPlot;

const HEIGHT = 120;
/** Steps of an axis of bytes: its numbers are round in MiB, not in millions. */
const BYTE_STEPS = Array.from({ length: 32 }, (_, power) => 1024 * 2 ** power);
const CHARTS = [
  { id: "requests", keys: ["requests_per_second", "errors_per_second"], text: countText, inks: ["accent", "bad"] },
  { id: "latency", keys: ["p99_seconds", "p50_seconds"], text: latencyText, inks: ["accent", "second"] },
  { id: "in_flight", keys: ["in_flight"], text: countText, inks: ["accent"] },
  { id: "heap", keys: ["heap_bytes"], text: bytesText, inks: ["accent"] },
  { id: "external", keys: ["external_bytes"], text: bytesText, inks: ["accent"] },
  { id: "cpu", keys: ["cpu"], text: cpuText, inks: ["accent"] },
];

/** All charts of the page over one past. */
export class Charts {
  /** @type {{ chart: typeof CHARTS[number], place: HTMLElement, now: HTMLElement | null, plot: any }[]} */
  #plots = [];
  /** @type {number[]} */
  #times = [];
  /** @type {Record<string, (number | null)[]>} */
  #past;
  #length;

  /** @param {Record<string, any>} series as the admin API gives it */
  constructor(series) {
    this.#length = Math.max(60, series.cpu.length);
    this.#past = Object.fromEntries(
      CHARTS.flatMap(({ keys }) => keys).map((key) => [key, [...series[key] ?? []]]),
    );
    const now = Date.now() / 1000;
    const count = series.cpu.length;
    this.#times = Array.from({ length: count }, (_, at) => now - (count - 1 - at) * series.tick_seconds);
    for (const chart of CHARTS) {
      const figure = document.querySelector(`[data-chart="${chart.id}"]`);
      const place = figure?.querySelector(".plot");
      if (!(place instanceof HTMLElement)) continue;
      this.#plots.push({ chart, place, now: figure?.querySelector("[data-now]") ?? null, plot: null });
    }
    this.#create();
    addEventListener("nano-theme", () => this.#create());
    const resized = new ResizeObserver(() => {
      for (const { plot, place } of this.#plots) plot.setSize({ width: place.clientWidth, height: HEIGHT });
    });
    for (const { place } of this.#plots) resized.observe(place);
  }

  /** @param {Record<string, any>} tick */
  push(tick) {
    this.#times.push(Date.now() / 1000);
    if (this.#times.length > this.#length) this.#times.shift();
    for (const [key, values] of Object.entries(this.#past)) {
      values.push(tick[key] ?? null);
      if (values.length > this.#length) values.shift();
    }
    for (const { chart, plot, now } of this.#plots) {
      plot.setData(this.#data(chart));
      tell(now, chart, tick);
    }
  }

  #create() {
    const ink = inks();
    for (const one of this.#plots) {
      one.plot?.destroy();
      one.plot = new uPlot(options(one.chart, one.place.clientWidth, ink), this.#data(one.chart), one.place);
      const last = Object.fromEntries(one.chart.keys.map((key) => [key, this.#past[key]?.at(-1) ?? null]));
      tell(one.now, one.chart, last);
    }
  }

  /** @param {typeof CHARTS[number]} chart */
  #data({ keys }) {
    return [this.#times, ...keys.map((key) => this.#past[key])];
  }
}

/**
 * @param {HTMLElement | null} place
 * @param {typeof CHARTS[number]} chart
 * @param {Record<string, any>} tick
 */
function tell(place, { keys, text }, tick) {
  if (place === null) return;
  const value = tick[keys[0] ?? ""];
  place.textContent = value === null || value === undefined ? "–" : text(value);
}

/**
 * @param {typeof CHARTS[number]} chart
 * @param {number} width
 * @param {Record<string, string>} ink
 */
function options({ keys, text, inks: names }, width, ink) {
  const axis = {
    stroke: ink.second,
    font: "11px system-ui, sans-serif",
    grid: { stroke: ink.line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: HEIGHT,
    padding: [6, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false } },
    scales: {
      y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number} */ max) => [0, nice(max)] },
    },
    axes: [
      { ...axis, size: 22, space: 90, grid: { show: false } },
      {
        ...axis,
        size: 58,
        space: 36,
        ...text === bytesText ? { incrs: BYTE_STEPS } : {},
        gap: 4,
        values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((split) => text(split)),
      },
    ],
    series: [
      {},
      ...keys.map((key, at) => ({
        label: key,
        stroke: ink[names[at] ?? "accent"],
        width: 1.5,
        points: { show: false },
        spanGaps: false,
        ...at === 0 ? { fill: ink.soft } : {},
      })),
    ],
  };
}

/** @param {number | null} max */
function nice(max) {
  return max === null || max <= 0 ? 1 : max * 1.1;
}

/** Canvas needs colours as text; they are read from the style sheet, so that the theme decides. */
function inks() {
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of ["accent", "soft", "second", "bad", "line"]) {
    const probe = document.createElement("span");
    probe.className = `ink-${name}`;
    document.body.append(probe);
    found[name] = getComputedStyle(probe).color;
    probe.remove();
  }
  return found;
}
