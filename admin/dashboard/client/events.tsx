/// <reference lib="dom" />
/** The feed of everything that happens. */
import { EventRow, eventText, type ToldEvent } from "../views/event_row.tsx";
import { openStream } from "./connection.tsx";
import { LineList } from "./line_list.tsx";
import { elementOf, fieldText } from "./page_elements.ts";

const list = elementOf("events", HTMLOListElement);
const filters = elementOf("event-filters", HTMLFormElement);
const pause = elementOf("events-pause", HTMLButtonElement);
const lines = new LineList(list, (told: ToldEvent) => <EventRow told={told} hidden={!matches(eventText(told))} />);

openStream("/admin/events", (event, told) => {
  const data = told as Readonly<Record<string, unknown>>;
  const { at } = data;
  lines.add({ event, at: typeof at === "string" ? Date.parse(at) : Date.now(), data });
  if (lines.isPaused) pause.textContent = `Resume (${lines.waiting})`;
});

pause.addEventListener("click", () => {
  lines.isPaused = !lines.isPaused;
  pause.textContent = lines.isPaused ? "Resume" : "Pause";
  pause.setAttribute("aria-pressed", String(lines.isPaused));
});
elementOf("events-clear", HTMLButtonElement).addEventListener("click", () => lines.clear());
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("input", () => {
  for (const line of list.querySelectorAll<HTMLElement>("li[data-level]")) line.hidden = !matches(line.textContent);
});

function matches(text: string): boolean {
  return text.toLowerCase().includes(fieldText(new FormData(filters), "q").toLowerCase());
}
