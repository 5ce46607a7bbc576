/** The apps of the overview as the browser knows them: what the server has told, and every tick since. */
import { type AppRow, needsAttention, type OverviewView } from "../views/app_row.ts";
import { METRICS, type Past } from "../views/metrics.ts";
import { SPARK_POINTS } from "../views/sparkline.tsx";
import { sumOf, TOTALS } from "../views/total_tiles.tsx";
import type { LiveTick } from "./ticks.ts";

/** All apps; rows are replaced where a figure has changed, and kept as they are where none has. */
export class LiveApps {
  /** By name. */
  #rows: ReadonlyMap<string, AppRow> = new Map();
  /** Names of the apps that the last tick told of. */
  #ticking: ReadonlySet<string> = new Set();
  /** By name, for the apps that were on the screen. */
  readonly pasts = new Map<string, Past>();
  /** By the key of a tile. */
  readonly totals = new Map<string, number[]>();
  /** Of the server when it told of the apps, ms since the epoch. */
  now = 0;

  get rows(): AppRow[] {
    return [...this.#rows.values()];
  }

  /** The apps that need attention with their states, as one text. */
  get attention(): string {
    return this.rows.filter(needsAttention).map(({ name, state }) => `${name} ${state}`).sort()
      .join(", ");
  }

  /** Deaths in a row, of all apps. */
  get deaths(): number {
    return this.rows.reduce((sum, { crashes }) => sum + crashes, 0);
  }

  has(name: string): boolean {
    return this.#rows.has(name);
  }

  /** Takes what the server tells of all apps. */
  load({ rows, now }: OverviewView): void {
    this.#rows = new Map(rows.map((row) => [row.name, row]));
    this.now = now;
    for (const name of this.pasts.keys()) if (!this.#rows.has(name)) this.pasts.delete(name);
  }

  /**
   * Takes a tick of all apps that were asked for.
   * @returns whether all of them are known, and all of the tick before are among them
   */
  push(ticks: readonly LiveTick[]): boolean {
    const ticking = new Set(ticks.map(({ app }) => app));
    let isKnown = this.#ticking.isSubsetOf(ticking);
    this.#ticking = ticking;
    const rows = new Map(this.#rows);
    for (const tick of ticks) {
      const row = rows.get(tick.app);
      if (row === undefined) isKnown = false;
      else rows.set(tick.app, { ...row, state: tick.state, crashes: tick.crashes, figures: tick });
      const past = this.pasts.get(tick.app);
      if (past !== undefined) { for (const { key } of METRICS) append(past[key] ??= [], tick[key]); }
    }
    this.#rows = rows;
    const apps = ticks.map((tick) => ({ state: tick.state, figures: tick }));
    for (const total of TOTALS) {
      const values = this.totals.get(total.key) ?? [];
      this.totals.set(total.key, values);
      append(values, sumOf(total, apps));
    }
    return isKnown;
  }

  /** Takes the sums of the time before the first tick; they come in any order. */
  loadTotals(past: ReadonlyMap<string, readonly number[]>): void {
    for (const [key, values] of past) this.totals.set(key, [...values, ...this.totals.get(key) ?? []]);
  }
}

function append<Value>(values: Value[], value: Value): void {
  values.push(value);
  while (values.length > SPARK_POINTS) values.shift();
}
