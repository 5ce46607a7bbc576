/** Keeps one app's page live: charts, state, statuses, log. */
import { Charts } from "./charts.js";
import { announce, openStream } from "./connection.js";
import "./deploy.js";
import { startLiveLog } from "./live_log.js";
import { stateText } from "./metrics.js";
import { onRefresh, refreshRegions } from "./refresh.js";

const STATUSES_EVERY_MS = 10_000;

const app = document.getElementById("app")?.dataset.app ?? "";
/** @type {Charts | null} */
let charts = null;
let state = shownState();

startLiveLog(app);
startCharts();
onRefresh(() => {
  for (const opener of document.querySelectorAll("#app-head button[data-dialog][hidden]")) {
    opener.removeAttribute("hidden");
  }
});

openStream("/admin/stats", (event, data) => {
  if (event !== "tick") return;
  const tick = data.find((/** @type {any} */ one) => one.app === app);
  if (tick === undefined) return refreshRegions(["app-head"]);
  charts?.push(tick);
  const shown = stateText(tick.state, tick.crashes);
  if (tick.state === state && document.getElementById("app-state")?.textContent === shown) return;
  if (tick.state !== state) announce(`${app} is ${shown}`);
  state = tick.state;
  refreshRegions(["app-head", "versions"]);
});

setInterval(() => {
  if (document.visibilityState === "visible") refreshRegions(["statuses"]);
}, STATUSES_EVERY_MS);

async function startCharts() {
  const response = await fetch(`/admin/apps/${encodeURIComponent(app)}/series`, { cache: "no-store" }).catch(() =>
    null
  );
  // Without the past the charts begin with the next tick
  const nothing = { tick_seconds: 1, cpu: [] };
  charts = new Charts(response?.ok ? await response.json() : nothing);
}

function shownState() {
  return document.getElementById("app-state")?.dataset.state ?? "";
}
