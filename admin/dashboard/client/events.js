/** The feed of everything that happens. */
import { openStream } from "./connection.js";
import { clockText } from "./figures.js";
import { LineList, part } from "./line_list.js";

const BAD = new Set(["app_failed", "app_quarantined", "config_rejected"]);
const WARN = new Set(["app_exit", "app_restart", "cron_skipped", "warning", "drain_start"]);
/** Shown in columns of their own. */
const LEFT_OUT = new Set(["event", "app", "ts", "at"]);

const list = elementOf("events");
const filters = /** @type {HTMLFormElement} */ (elementOf("event-filters"));
const pause = elementOf("events-pause");
const lines = new LineList(list, (/** @type {HTMLElement} */ element) => element);

openStream("/admin/events", (event, data) => {
  lines.add(lineElement(event, data));
  if (lines.isPaused) pause.textContent = `Resume (${lines.waiting})`;
});

pause.addEventListener("click", () => {
  if (lines.isPaused) lines.resume();
  else lines.isPaused = true;
  pause.textContent = lines.isPaused ? "Resume" : "Pause";
  pause.setAttribute("aria-pressed", String(lines.isPaused));
});
elementOf("events-clear").addEventListener("click", () => lines.clear());
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", () => {
  for (const line of list.children) if (line instanceof HTMLElement) line.hidden = !matches(line);
});

/**
 * @param {string} event
 * @param {any} data
 */
function lineElement(event, data) {
  const element = document.createElement("li");
  element.dataset.level = BAD.has(event) ? "error" : WARN.has(event) ? "warn" : "info";
  const at = typeof data.at === "string" ? Date.parse(data.at) : Date.now();
  const time = document.createElement("time");
  time.dateTime = new Date(at).toISOString();
  time.textContent = clockText(at);
  const text = document.createElement("span");
  text.className = "text";
  if (typeof data.app === "string") {
    const link = document.createElement("a");
    link.href = `/apps/${encodeURIComponent(data.app)}`;
    link.textContent = data.app;
    text.append(link, " ");
  }
  text.append(detailsOf(data));
  element.append(time, part("level", event), text);
  element.hidden = !matches(element);
  return element;
}

/** @param {Record<string, unknown>} data */
function detailsOf(data) {
  return Object.entries(data).filter(([key]) => !LEFT_OUT.has(key)).map(([key, value]) =>
    `${key.replaceAll("_", " ")}: ${typeof value === "string" ? value : JSON.stringify(value)}`
  ).join("  ");
}

/** @param {HTMLElement} line */
function matches(line) {
  const wanted = String(new FormData(filters).get("q") ?? "").trim().toLowerCase();
  return wanted === "" || (line.textContent ?? "").toLowerCase().includes(wanted);
}

/** @param {string} id */
function elementOf(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
