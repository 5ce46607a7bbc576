/** Kills and restarts isolates by the thousand, under load: what stays behind, and what neighbours lose. */
import { ADMIN } from "../integration/life/admin_client.ts";
import { NEIGHBOUR_APP, NeighbourLoad } from "../hostile/corpus/neighbour_load.ts";
import { NanoProcess } from "../support/nano_process.ts";
import type { TempApp } from "../support/temp_project.ts";
import { benchProject } from "./bench_project.ts";
import { restingFigures } from "./process_figures.ts";
import { printTable } from "./table.ts";

const KILLS = 2000;
/** Apps that are killed, so that none of them waits long to be started again. */
const VICTIMS = 12;
const LANES = 4;
/** Before the first look: what grows once is no leak. */
const WARM_UP = 60;
/** No kill takes longer, however busy the machine; a run that gets nowhere stops by itself. */
const KILL_MS = 20_000;
/** After so many ends a line says how far it is. */
const TOLD_EVERY = 100;

const VICTIM_APP = `const kept = [];
export default { async fetch(request) {
  switch (new URL(request.url).pathname) {
    case "/loop": for (;;);
    case "/oom": for (;;) kept.push(new Array(1000).fill(kept.length));
    case "/buffers": for (;;) { kept.push(new Uint8Array(4 << 20).fill(1)); await new Promise((r) => setTimeout(r, 1)); }
    case "/microtasks": for (;;) await null;
  }
  return new Response("alive");
} };
`;
/** Two deaths of an app, then a restart by hand, which forgets them. */
const DEEDS = ["/loop", "/oom", "restart", "/microtasks", "/buffers", "restart", "throw"];

/** Prints threads, descriptors and memory before and after so many ends of isolates. */
export async function benchKills(kills = KILLS): Promise<void> {
  const limits = { memory_mb: 32, external_mb: 32, cpu_ms: 500, timeout_ms: 20_000, drain_timeout_ms: 1000 };
  const victims = Array.from({ length: VICTIMS }, (_, index) => `victim-${index}`);
  const neighbours = Array.from({ length: 4 }, (_, index) => `neighbour-${index}`);
  const apps: Record<string, TempApp> = {
    ...Object.fromEntries(victims.map((name) => [name, { files: VICTIM_APP, config: limits }])),
    ...Object.fromEntries(neighbours.map((name) => [name, { files: NEIGHBOUR_APP, config: { env: { NAME: name } } }])),
    thrower: { files: `throw new Error("at top level");` },
  };
  await using project = await benchProject(apps, { admin: ADMIN });
  await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"] });
  await using load = new NeighbourLoad(nano, neighbours);
  const seen = new Map<string, number>();
  const ended = () => nano.events.filter(({ event, app }) => event === "app_exit" && !neighbours.includes(String(app)));

  let toldAt = 0;
  const tellProgress = () => {
    if (ended().length < toldAt + TOLD_EVERY) return;
    toldAt = ended().length;
    console.error(`${toldAt} ends so far; neighbours: ${load.answered} requests, ${load.failures.length} lost`);
  };
  const killUntil = async (wanted: number) => {
    let turn = 0;
    const deadline = performance.now() + KILL_MS * wanted / LANES;
    await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
      while (ended().length < wanted) {
        if (performance.now() > deadline) throw new Error(`Only ${ended().length} of ${wanted} ends came in time`);
        const deed = DEEDS[turn % DEEDS.length]!;
        const app = victims[(lane + LANES * Math.floor(turn / DEEDS.length)) % victims.length]!;
        turn++;
        const told = await killOnce(nano, app, deed);
        seen.set(`${deed}: ${told}`, (seen.get(`${deed}: ${told}`) ?? 0) + 1);
        tellProgress();
      }
    }));
  };

  await killUntil(Math.min(WARM_UP, kills));
  const before = await restingFigures(nano.pid);
  const from = ended().length;
  const began = performance.now();
  await killUntil(from + kills);
  const seconds = (performance.now() - began) / 1000;
  const after = await restingFigures(nano.pid);
  const reasons = Map.groupBy(ended().slice(from), ({ reason }) => String(reason));
  printTable(`Answers of victims`, ["", "count"], [...seen].sort().map(([what, count]) => [what, String(count)]));
  printTable(
    `${ended().length - from} ends of isolates in ${seconds.toFixed(0)} s (${
      [...reasons].map(([reason, all]) => `${all.length} ${reason}`).join(", ")
    })`,
    ["", "before", "after", "growth"],
    [
      row("isolates' threads (more: stuck)", before.isolateThreads, after.isolateThreads),
      row("all threads", before.threads, after.threads),
      row("descriptors", before.descriptors, after.descriptors),
      row("RSS, MB", before.residentMb, after.residentMb),
    ],
  );
  const stuck = nano.events.filter(({ event, text }) => event === "warning" && /thread/.test(String(text))).length;
  console.log(`${stuck} warnings of threads; neighbours: ${load.answered} requests, ${load.failures.length} lost`);
  for (const failure of load.failures.slice(0, 5)) console.log(`  ${failure}`);
}

function row(name: string, before: number, after: number): string[] {
  const percent = ((after / before - 1) * 100).toFixed(1);
  return [name, before.toFixed(0), after.toFixed(0), `${(after - before).toFixed(0)} (${percent} %)`];
}

/** Ends one isolate; the code that its client was told. */
async function killOnce(nano: NanoProcess, app: string, deed: string): Promise<string> {
  const signal = AbortSignal.timeout(120_000);
  try {
    if (deed.startsWith("/")) {
      const response = await nano.fetch(app, deed, { signal });
      await response.body?.cancel();
      return response.headers.get("nano-error") ?? String(response.status);
    }
    const name = deed === "throw" ? "thrower" : app;
    const headers = { authorization: `Bearer ${ADMIN.token}` };
    const url = new URL(`/admin/apps/${name}/restart`, nano.adminUrl!);
    const response = await fetch(url, { method: "POST", headers, signal });
    await response.body?.cancel();
    return String(response.status);
  } catch (error) {
    return String(error).slice(0, 60);
  }
}
