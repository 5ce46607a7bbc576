/// <reference lib="dom" />
/** Keeps one app's page live: charts, state, statuses, log. */
import type { Series } from "../../schemas/app_schemas.ts";
import { stateText } from "../views/app_states.ts";
import { Charts } from "./charts.ts";
import { announce, openStream } from "./connection.tsx";
import { startDeploys } from "./deploy.ts";
import { startLiveLog } from "./live_log.tsx";
import { elementOf } from "./page_elements.ts";
import { onRefresh, refreshRegions } from "./refresh.ts";
import { ticksOf } from "./ticks.ts";

const STATUSES_EVERY_MS = 10_000;

const app = elementOf("app", HTMLElement).dataset["app"] ?? "";
let charts: Charts | null = null;
let state = elementOf("app-state", HTMLElement).dataset["state"];

startDeploys();
startLiveLog(app);
void startCharts();
onRefresh(() => {
  for (const opener of document.querySelectorAll("#app-head button[data-dialog][hidden]")) {
    opener.removeAttribute("hidden");
  }
});

openStream("/admin/stats", (event, data) => {
  const ticks = ticksOf(event, data);
  if (ticks === null) return;
  const tick = ticks.find((one) => one.app === app);
  if (tick === undefined) return refreshRegions(["app-head"]);
  charts?.push(tick);
  const shown = stateText(tick.state, tick.crashes);
  if (tick.state === state && document.getElementById("app-state")?.textContent === shown) return;
  if (tick.state !== state) announce(`${app} is ${shown}`);
  state = tick.state;
  refreshRegions(["app-head", "versions"]);
});

setInterval(() => {
  if (document.visibilityState === "visible") refreshRegions(["statuses", "process"]);
}, STATUSES_EVERY_MS);

async function startCharts(): Promise<void> {
  const response = await fetch(`/admin/apps/${encodeURIComponent(app)}/series`, { cache: "no-store" })
    .catch(() => null);
  // Without the past the charts begin with the next tick
  charts = new Charts(response?.ok ? await response.json() as Series : null);
}
