/// <reference lib="dom" />
/** The live log of an app's page: follows by stream, filters on the server. */
import type { LogLineView } from "../../schemas/host_schemas.ts";
import { EmptyRow, GapRow, LogRow } from "../views/log_row.tsx";
import { openStream } from "./connection.tsx";
import { LineList } from "./line_list.tsx";
import { elementOf } from "./page_elements.ts";

const FILTER_AFTER_MS = 250;
/** Who is this near to the end is at the end, in pixels: one line. */
const END_PX = 24;

type Told = LogLineView | { readonly dropped: number };

/** Follows the app's log into the panel. */
export function startLiveLog(app: string): void {
  const list = elementOf("log", HTMLOListElement);
  const filters = elementOf("log-filters", HTMLFormElement);
  const status = elementOf("log-status", HTMLElement);
  const pause = elementOf("log-pause", HTMLButtonElement);
  const scroll = elementOf("log-scroll", HTMLInputElement);
  const lines = new LineList(list, rowOf);
  let lastId = 0;
  filters.hidden = false;
  elementOf("log-controls", HTMLElement).hidden = false;

  clear();
  const stream = openStream(address(), (event, data) => {
    if (event === "line") {
      const line = data as LogLineView;
      // After a lost connection the server sends the last lines again
      if (line.id <= lastId) return;
      lastId = line.id;
      lines.add(line);
    } else if (event === "dropped") lines.add(data as { dropped: number });
    if (lines.isPaused) tell();
  });

  let timer: ReturnType<typeof setTimeout> | undefined;
  filters.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(filter, FILTER_AFTER_MS);
  });
  filters.addEventListener("reset", () => setTimeout(filter));
  filters.addEventListener("submit", (event) => event.preventDefault());
  pause.addEventListener("click", () => {
    lines.isPaused = !lines.isPaused;
    tell();
  });
  elementOf("log-clear", HTMLButtonElement).addEventListener("click", () => {
    clear();
    tell();
  });
  scroll.addEventListener("change", () => {
    lines.followsEnd = scroll.checked;
    if (scroll.checked) list.scrollTop = list.scrollHeight;
  });
  // Who scrolls up reads; who scrolls down to the end wants to follow again.
  list.addEventListener("scroll", () => {
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < END_PX;
    scroll.checked = isAtEnd;
    lines.followsEnd = isAtEnd;
  });

  function filter(): void {
    if (!filters.checkValidity()) return;
    lastId = 0;
    clear();
    stream.redirect(address());
  }

  function clear(): void {
    lines.clear(<EmptyRow text="Waiting for lines that match" />);
  }

  function tell(): void {
    pause.textContent = lines.isPaused ? "Resume" : "Pause";
    pause.setAttribute("aria-pressed", String(lines.isPaused));
    status.textContent = lines.isPaused ? `Paused, ${lines.waiting} new` : "";
  }

  function address(): string {
    const query = new URLSearchParams({ follow: "1" });
    for (const [key, value] of new FormData(filters)) {
      if (typeof value === "string" && value.trim() !== "") query.set(key, value.trim());
    }
    return `/admin/apps/${encodeURIComponent(app)}/logs?${query}`;
  }
}

function rowOf(told: Told) {
  if ("dropped" in told) return <GapRow text={`${told.dropped} lines came too fast and are not shown`} />;
  return <LogRow line={{ ...told, at: Date.parse(told.at) }} />;
}
