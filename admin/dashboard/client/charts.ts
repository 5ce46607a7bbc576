/// <reference lib="dom" />
/** The charts of an app's page, drawn by uPlot, which is loaded as a script of its own. */
import type uPlot from "uplot";
import type { Series } from "../../schemas/app_schemas.ts";
import { APP_CHARTS, type AppChart } from "../views/app_charts.ts";
import { bytesText } from "../../schemas/figures.ts";
import type { MetricKey } from "../views/metrics.ts";
import { partBelow } from "./page_elements.ts";
import type { LiveTick } from "./ticks.ts";

/** From the classic script of uPlot. */
const { uPlot: Plotter } = globalThis as unknown as { readonly uPlot: typeof uPlot };
const HEIGHT_PX = 120;
/** Steps of an axis of bytes: its numbers are round in MiB, not in millions. */
const BYTE_STEPS = Array.from({ length: 32 }, (_, power) => 1024 * 2 ** power);
const INKS = ["accent", "soft", "second", "bad", "line"] as const;

type Inks = Readonly<Record<typeof INKS[number], string>>;

interface Plot {
  readonly chart: AppChart;
  readonly place: HTMLElement;
  readonly now: HTMLElement;
  plot: uPlot | null;
}

/** All charts of the page over one past. */
export class Charts {
  readonly #plots: Plot[];
  readonly #times: number[];
  readonly #past: Map<MetricKey, (number | null)[]>;
  readonly #length: number;

  /** @param series null when nothing is known of the past */
  constructor(series: Series | null) {
    const count = series?.cpu.length ?? 0;
    const now = Date.now() / 1000;
    this.#length = Math.max(60, count);
    this.#past = new Map(
      APP_CHARTS.flatMap(({ lines }) => lines).map(({ key }) => [key, [...series?.[key] ?? []]]),
    );
    this.#times = Array.from({ length: count }, (_, at) => now - (count - 1 - at) * (series?.tick_seconds ?? 1));
    this.#plots = APP_CHARTS.map((chart) => {
      const figure = partBelow(document, `[data-chart="${chart.id}"]`, HTMLElement);
      const place = partBelow(figure, ".plot", HTMLElement);
      return { chart, place, now: partBelow(figure, "[data-now]", HTMLElement), plot: null };
    });
    this.#create();
    addEventListener("nano-theme", () => this.#create());
    const resized = new ResizeObserver(() => {
      for (const { plot, place } of this.#plots) plot?.setSize({ width: place.clientWidth, height: HEIGHT_PX });
    });
    for (const { place } of this.#plots) resized.observe(place);
  }

  /** Takes one more value for every line. */
  push(tick: LiveTick): void {
    this.#times.push(Date.now() / 1000);
    if (this.#times.length > this.#length) this.#times.shift();
    for (const [key, values] of this.#past) {
      values.push(tick[key]);
      if (values.length > this.#length) values.shift();
    }
    for (const one of this.#plots) {
      one.plot?.setData(this.#data(one.chart));
      this.#tell(one);
    }
  }

  #create(): void {
    const inks = readInks();
    for (const one of this.#plots) {
      one.plot?.destroy();
      one.plot = new Plotter(optionsOf(one, inks), this.#data(one.chart), one.place);
      this.#tell(one);
    }
  }

  #data({ lines }: AppChart): uPlot.AlignedData {
    return [this.#times, ...lines.map(({ key }) => this.#past.get(key) ?? [])];
  }

  #tell({ chart: { lines: [{ key }], text }, now }: Plot): void {
    const value = this.#past.get(key)?.at(-1) ?? null;
    now.textContent = value === null ? "–" : text(value);
  }
}

function optionsOf({ chart: { lines, text }, place }: Plot, inks: Inks): uPlot.Options {
  const axis = {
    stroke: inks.second,
    font: "11px system-ui, sans-serif",
    grid: { stroke: inks.line, width: 1 },
    ticks: { show: false },
  };
  return {
    width: place.clientWidth,
    height: HEIGHT_PX,
    padding: [6, 4, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 5 }, drag: { x: false, y: false } },
    scales: { y: { range: (_, __, max) => [0, nice(max)] } },
    axes: [
      { ...axis, size: 22, space: 90, grid: { show: false } },
      {
        ...axis,
        size: 58,
        space: 36,
        ...text === bytesText ? { incrs: BYTE_STEPS } : {},
        gap: 4,
        values: (_, splits) => splits.map((split) => text(split)),
      },
    ],
    series: [
      {},
      ...lines.map(({ key, ink }, at): uPlot.Series => ({
        label: key,
        stroke: inks[ink],
        width: 1.5,
        points: { show: false },
        spanGaps: false,
        ...at === 0 ? { fill: inks.soft } : {},
      })),
    ],
  };
}

/** @param max null without a value */
function nice(max: number | null): number {
  return max === null || max <= 0 ? 1 : max * 1.1;
}

/** Canvas needs colours as text; they are read from the style sheet, so that the theme decides. */
function readInks(): Inks {
  const found = INKS.map((name) => {
    const probe = document.createElement("span");
    probe.className = `ink-${name}`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return [name, color] as const;
  });
  return Object.fromEntries(found) as Record<typeof INKS[number], string>;
}
