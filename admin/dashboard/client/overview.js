/** Keeps the overview live. Only rows on the screen are drawn, so that 500 apps cost as much as 20. */
import { announce, openStream } from "./connection.js";
import "./deploy.js";
import { bytesText, countText, cpuText } from "./figures.js";
import { ATTENTION_STATES, METRICS, statesText, stateText } from "./metrics.js";
import { onRefresh, refreshRegions } from "./refresh.js";
import { createSpark, drawSpark } from "./spark.js";
import { TableView } from "./table_view.js";

const POINTS = 60;
/** Rows that jump while one reads them are worse than an order that is a few seconds old. */
const SORT_EVERY_MS = 5000;
const TOTALS = [
  { key: "running", text: String, sum: (/** @type {any} */ tick) => tick.state === "running" ? 1 : 0 },
  { key: "requests_per_second", text: countText },
  { key: "errors_per_second", text: countText, className: "bad" },
  { key: "in_flight", text: countText },
  { key: "memory", text: bytesText, sum: (/** @type {any} */ tick) => tick.heap_bytes + tick.external_bytes },
  { key: "cpu", text: cpuText },
];

/**
 * @typedef {import("./table_view.js").Row & {
 *   isVisible: boolean,
 *   cells: { key: string, cell: HTMLElement, figure: HTMLElement, spark: SVGElement | null }[],
 *   badge: HTMLElement,
 *   past: Record<string, (number | null)[]> | null,
 * }} LiveRow
 */

/** @type {Map<string, LiveRow>} */
let rows = new Map();
/** @type {Map<Element, LiveRow>} */
let byElement = new Map();
/** @type {Set<string>} */
const missing = new Set();
/** @type {Map<string, number[]>} */
const totalsPast = new Map();
let attention = "";
let deathsShown = 0;
let sortedAt = 0;

const observer = new IntersectionObserver(onIntersection, { rootMargin: "200px 0px" });

if (document.getElementById("apps") !== null) {
  const view = new TableView(() => applyView(view));
  index();
  onRefresh(() => {
    index();
    applyView(view);
  });
  fetchTotals();
  openStream("/admin/stats", (event, data) => {
    if (event === "tick") onTick(data, view);
  });
} else {
  // The first app of all may come from somewhere else
  openStream("/admin/stats", (event, data) => {
    if (event === "tick" && data.length > 0) location.reload();
  });
}

function index() {
  const before = rows;
  rows = new Map();
  byElement = new Map();
  observer.disconnect();
  for (const element of document.querySelectorAll("#apps tr[data-app]")) {
    if (!(element instanceof HTMLElement)) continue;
    const name = element.dataset.app ?? "";
    const old = before.get(name);
    /** @type {LiveRow} */
    const row = {
      name,
      element,
      state: element.dataset.state ?? "",
      tick: old?.tick ?? null,
      past: old?.past ?? null,
      isVisible: false,
      cells: [],
      badge: /** @type {HTMLElement} */ (element.querySelector(".state")),
    };
    rows.set(name, row);
    byElement.set(element, row);
    observer.observe(element);
  }
  attention = attentionKey();
}

/** @param {TableView} view */
function applyView(view) {
  const body = document.querySelector("#apps tbody");
  if (body instanceof HTMLElement) view.apply([...rows.values()], body);
  sortedAt = performance.now();
}

/**
 * @param {readonly Record<string, any>[]} ticks
 * @param {TableView} view
 */
function onTick(ticks, view) {
  let isKnown = ticks.length === rows.size;
  for (const tick of ticks) {
    const row = rows.get(tick.app);
    if (row === undefined) {
      isKnown = false;
      continue;
    }
    row.tick = tick;
    row.state = tick.state;
    if (row.past !== null) {
      for (const { key } of METRICS) {
        const values = row.past[key] ??= [];
        values.push(tick[key]);
        if (values.length > POINTS) values.shift();
      }
    }
    if (row.isVisible) draw(row);
  }
  drawTotals(ticks);
  if (!isKnown) refreshRegions(["apps", "attention"]);
  const deaths = ticks.reduce((sum, { crashes }) => sum + crashes, 0);
  const key = attentionKey();
  if (key !== attention || deaths !== deathsShown) refreshRegions(["attention"]);
  deathsShown = deaths;
  if (key !== attention) {
    attention = key;
    announce(key === "" ? "No app needs attention" : `Apps need attention: ${key.replaceAll(",", ", ")}`);
  }
  const table = document.getElementById("apps");
  const isUsed = table !== null && (table.matches(":hover") || table.contains(document.activeElement));
  if (view.isLive && !isUsed && performance.now() - sortedAt >= SORT_EVERY_MS) applyView(view);
}

function attentionKey() {
  return [...rows.values()].filter(({ state }) => ATTENTION_STATES.includes(state)).map(({ name, state }) =>
    `${name} ${state}`
  ).sort().join(",");
}

/** @param {IntersectionObserverEntry[]} entries */
function onIntersection(entries) {
  for (const { target, isIntersecting } of entries) {
    const row = byElement.get(target);
    if (row === undefined) continue;
    row.isVisible = isIntersecting;
    if (!isIntersecting) continue;
    if (row.past === null) missing.add(row.name);
    draw(row);
  }
  if (missing.size > 0) fetchPast();
}

let isFetching = false;

async function fetchPast() {
  if (isFetching) return;
  isFetching = true;
  while (missing.size > 0) {
    const names = [...missing].slice(0, 100);
    for (const name of names) missing.delete(name);
    try {
      const query = new URLSearchParams(names.map((name) => ["app", name]));
      const response = await fetch(`/series?${query}`, { cache: "no-store" });
      if (!response.ok) break;
      for (const [name, past] of Object.entries(await response.json())) {
        const row = rows.get(name);
        if (row === undefined) continue;
        row.past = past;
        if (row.isVisible) draw(row);
      }
    } catch {
      // Without the past a sparkline begins with the next tick.
      for (const name of names) {
        const row = rows.get(name);
        if (row !== undefined) row.past ??= {};
      }
    }
  }
  isFetching = false;
}

async function fetchTotals() {
  const response = await fetch("/series/total", { cache: "no-store" }).catch(() => null);
  // Without the past the lines begin with the next tick
  if (!response?.ok) return;
  const { heap_bytes: heap, external_bytes: external, ...past } = await response.json();
  past.memory = heap.map((/** @type {number} */ bytes, /** @type {number} */ at) => bytes + external[at]);
  for (const [key, values] of Object.entries(past)) totalsPast.set(key, [...values, ...totalsPast.get(key) ?? []]);
}

/** @param {LiveRow} row */
function draw(row) {
  if (row.cells.length === 0) {
    row.cells = METRICS.map(({ key }) => {
      const cell = /** @type {HTMLElement} */ (row.element.querySelector(`[data-metric="${key}"]`));
      const figure = /** @type {HTMLElement} */ (cell.querySelector(".figure"));
      // A refresh of the table keeps its elements, with the line that was drawn there before.
      return { key, cell, figure, spark: /** @type {SVGElement | null} */ (cell.querySelector("svg")) };
    });
  }
  const { tick, past } = row;
  row.cells.forEach((one, at) => {
    const metric = METRICS[at];
    if (metric === undefined) return;
    if (tick !== null) {
      const value = tick[metric.key];
      const text = value === null ? "–" : metric.text(value);
      if (one.figure.textContent !== text) one.figure.textContent = text;
      const zero = String(!value);
      if (one.cell.dataset.zero !== zero) one.cell.dataset.zero = zero;
    }
    const values = past?.[metric.key];
    if (values === undefined) return;
    if (one.spark === null) {
      one.spark = createSpark(metric.key === "errors_per_second" ? "bad" : "");
      one.cell.append(one.spark);
    }
    drawSpark(one.spark, values, POINTS);
  });
  const shown = stateText(row.state, row.tick?.crashes ?? 0);
  if (row.tick !== null && row.badge.textContent !== shown) {
    row.badge.dataset.state = row.state;
    row.badge.textContent = shown;
    row.badge.removeAttribute("title");
    row.element.dataset.state = row.state;
  }
}

/** @param {readonly Record<string, any>[]} ticks */
function drawTotals(ticks) {
  for (const { key, text, sum, className } of TOTALS) {
    const tile = document.querySelector(`#totals [data-total="${key}"]`);
    if (tile === null) continue;
    const total = ticks.reduce((all, tick) => all + (sum === undefined ? tick[key] : sum(tick)), 0);
    const values = totalsPast.get(key) ?? [];
    totalsPast.set(key, values);
    values.push(total);
    while (values.length > POINTS) values.shift();
    const figure = tile.querySelector("[data-value]");
    if (figure !== null) figure.textContent = text(total);
    if (key === "running") {
      const unit = tile.querySelector("[data-unit]");
      if (unit !== null) unit.textContent = `of ${ticks.length}`;
      const states = tile.querySelector("[data-states]");
      if (states !== null) states.textContent = statesText(ticks.map(({ state }) => state));
      continue;
    }
    let spark = tile.querySelector("svg");
    if (spark === null) {
      spark = createSpark(className);
      tile.append(spark);
    }
    drawSpark(spark, values, POINTS);
  }
}
