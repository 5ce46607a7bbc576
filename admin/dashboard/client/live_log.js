/** The live log of an app's page: follows by stream, filters on the server. */
import { openStream } from "./connection.js";
import { clockText } from "./figures.js";
import { gapLine, LineList, part } from "./line_list.js";

/** @param {string} app */
export function startLiveLog(app) {
  const list = elementOf("log");
  const filters = /** @type {HTMLFormElement} */ (elementOf("log-filters"));
  const status = elementOf("log-status");
  const pause = elementOf("log-pause");
  const scroll = /** @type {HTMLInputElement} */ (elementOf("log-scroll"));
  const lines = new LineList(list, lineElement);
  let lastId = 0;
  filters.hidden = false;
  elementOf("log-controls").hidden = false;

  list.replaceChildren(emptyLine());
  const stream = openStream(address(), (event, data) => {
    if (event === "line") {
      // After a lost connection the server sends the last lines again
      if (data.id <= lastId) return;
      lastId = data.id;
      lines.add(data);
    } else if (event === "dropped") {
      lines.add({ gap: `${data.dropped} lines came too fast and are not shown` });
    }
    if (lines.isPaused) tell();
  });

  let timer = 0;
  filters.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, 250);
  });
  filters.addEventListener("reset", () => setTimeout(filter));
  filters.addEventListener("submit", (event) => event.preventDefault());
  pause.addEventListener("click", () => {
    if (lines.isPaused) lines.resume();
    else lines.isPaused = true;
    tell();
  });
  elementOf("log-clear").addEventListener("click", () => {
    lines.clear();
    list.append(emptyLine());
    tell();
  });
  scroll.addEventListener("change", () => {
    lines.followsEnd = scroll.checked;
    if (scroll.checked) list.scrollTop = list.scrollHeight;
  });
  // Who scrolls up reads; who scrolls down to the end wants to follow again.
  list.addEventListener("scroll", () => {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
    scroll.checked = isAtEnd;
    lines.followsEnd = isAtEnd;
  });

  function filter() {
    if (!filters.checkValidity()) return;
    lastId = 0;
    lines.clear();
    list.append(emptyLine());
    stream.redirect(address());
  }

  function tell() {
    pause.textContent = lines.isPaused ? "Resume" : "Pause";
    pause.setAttribute("aria-pressed", String(lines.isPaused));
    status.textContent = lines.isPaused ? `Paused, ${lines.waiting} new` : "";
  }

  function address() {
    const query = new URLSearchParams({ follow: "1" });
    for (const [key, value] of new FormData(filters)) {
      if (typeof value === "string" && value.trim() !== "") query.set(key, value.trim());
    }
    return `/admin/apps/${encodeURIComponent(app)}/logs?${query}`;
  }
}

/** @param {any} line */
function lineElement(line) {
  if (line.gap !== undefined) return gapLine(line.gap);
  const element = document.createElement("li");
  element.dataset.id = line.id;
  element.dataset.level = line.level;
  element.dataset.kind = line.kind;
  const time = document.createElement("time");
  time.dateTime = line.at;
  time.textContent = clockText(Date.parse(line.at));
  element.append(time, part("level", line.level), part("text", line.text));
  return element;
}

function emptyLine() {
  const line = gapLine("Waiting for lines that match");
  line.dataset.empty = "";
  line.className = "empty";
  return line;
}

/** @param {string} id */
function elementOf(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
