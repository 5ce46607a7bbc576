/// <reference lib="dom" />
/** Keeps the overview live. Only rows on the screen are drawn again, so that 500 apps cost as much as 20. */
import { flushSync, memo } from "hono/jsx/dom";
import { createRoot } from "hono/jsx/dom/client";
import { type AppRow, countOfRows, type OverviewView, selectRows } from "../views/app_row.ts";
import { AppTable, AppTableRow } from "../views/app_table.tsx";
import { AttentionPanel } from "../views/attention_panel.tsx";
import { TotalTiles } from "../views/total_tiles.tsx";
import { announce, openStream } from "./connection.tsx";
import { startDeploys } from "./deploy.ts";
import { LiveApps } from "./live_apps.ts";
import { fetchOverview, fetchPasts, fetchTotals } from "./overview_data.ts";
import { elementOf, partBelow } from "./page_elements.ts";
import { RowWatch } from "./row_watch.ts";
import { TableControls } from "./table_controls.ts";
import { type LiveTick, ticksOf, totalOf } from "./ticks.ts";

/** Rows that jump while one reads them are worse than an order that is a few seconds old. */
const SORT_EVERY_MS = 5000;
/** Between two times that the server is asked for all apps. */
const PAUSE_MS = 1000;

const LiveRow = memo(AppTableRow);

startDeploys();
if (document.getElementById("apps") !== null) startOverview();
else {
  // The first app of all may come from somewhere else
  openStream("/admin/stats", (event, data) => {
    if ((totalOf(event, data) ?? 0) > 0) location.reload();
  });
}

function startOverview(): void {
  const apps = new LiveApps();
  const table = elementOf("apps", HTMLElement);
  const count = elementOf("count", HTMLElement);
  const csrf = partBelow(document, "meta[name=csrf]", HTMLMetaElement).content;
  const roots = {
    totals: createRoot(elementOf("totals", HTMLElement)),
    attention: createRoot(elementOf("attention", HTMLElement)),
    table: createRoot(table),
  };
  /** What is drawn, in order: rows off the screen as they were when they were last on it. */
  let shown: AppRow[] = [];
  let sortedAt = 0;
  let attention: string | null = null;
  let deaths = 0;
  let isLoading = false;
  let isOutdated = false;

  const controls = new TableControls(sort);
  const watch = new RowWatch((names) => {
    drawTable();
    void loadPasts(names.filter((name) => !apps.pasts.has(name)));
  });

  void load();
  void fetchTotals().then((past) => {
    apps.loadTotals(past);
    if (apps.rows.length > 0) drawTotals();
  });
  openStream("/admin/stats", (event, data) => {
    const ticks = ticksOf(event, data);
    if (ticks !== null) onTick(ticks);
    const total = totalOf(event, data);
    // Apps that nobody has asked for come and go without a tick
    if (total !== null && apps.now !== 0 && total !== apps.rows.length) void load();
  });

  function onTick(ticks: readonly LiveTick[]): void {
    const isKnown = apps.push(ticks);
    // What ticks do not tell may have changed with it: the reasons, and which apps there are
    if (!isKnown || apps.attention !== attention || apps.deaths !== deaths) void load();
    if (apps.now === 0) return;
    if (apps.attention !== attention) {
      announce(apps.attention === "" ? "No app needs attention" : `Apps need attention: ${apps.attention}`);
    }
    noteAttention();
    drawTotals();
    const isUsed = table.matches(":hover") || table.contains(document.activeElement);
    if (controls.isLive && !isUsed && performance.now() - sortedAt >= SORT_EVERY_MS) sort();
    else drawTable();
  }

  /** Asks for all apps, soon; calls while it is under way are gathered into one. */
  async function load(): Promise<void> {
    isOutdated = true;
    if (isLoading) return;
    isLoading = true;
    while (isOutdated) {
      isOutdated = false;
      const view = await fetchOverview();
      // Without any app the page has other words
      if (view?.rows.length === 0) return location.reload();
      if (view !== null) show(view);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    isLoading = false;
  }

  function show(view: OverviewView): void {
    const isFirst = apps.now === 0;
    apps.load(view);
    if (isFirst) noteAttention();
    roots.attention.render(<AttentionPanel rows={apps.rows} csrf={csrf} now={apps.now} />);
    drawTotals();
    sort();
  }

  function noteAttention(): void {
    attention = apps.attention;
    deaths = apps.deaths;
  }

  async function loadPasts(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    // Until it comes, and without it, a sparkline begins with the next tick
    for (const name of names) apps.pasts.set(name, {});
    for (const [name, past] of await fetchPasts(names)) if (apps.has(name)) apps.pasts.set(name, past);
    drawTable();
  }

  function drawTotals(): void {
    roots.totals.render(<TotalTiles apps={apps.rows} past={apps.totals} />);
  }

  /** Draws the rows that match, in the order that holds now. */
  function sort(): void {
    if (apps.now === 0) return;
    const order = selectRows(apps.rows, controls.query);
    const drawn = new Map(shown.map((row) => [row.name, row]));
    shown = order.map((row) => watch.isVisible(row.name) ? row : drawn.get(row.name) ?? row);
    sortedAt = performance.now();
    const text = countOfRows(shown.length, apps.rows.length);
    if (count.textContent !== text) count.textContent = text;
    drawTable();
  }

  /** Draws the rows on the screen as they are, all others as they were. */
  function drawTable(): void {
    const present = new Map(apps.rows.map((row) => [row.name, row]));
    shown = shown.map((row) => watch.isVisible(row.name) ? present.get(row.name) ?? row : row);
    flushSync(() =>
      roots.table.render(<AppTable rows={shown} query={controls.query} pasts={apps.pasts} Row={LiveRow} />)
    );
    watch.watch(table);
  }
}
