/** How long an app is away after it ran out of memory, with a reserve isolate ready. */
import { NanoProcess } from "../support/nano_process.ts";
import { benchProject } from "./bench_project.ts";
import { GREEDY_APP } from "./bench_apps.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import { isolateThreads, reserveReady } from "./reserve_wait.ts";
import { median } from "./rounds.ts";
import { printTable } from "./table.ts";

/** Every app dies once: a second death within seconds would measure the backoff. */
export async function benchRestart(short: boolean): Promise<void> {
  const names = Array.from({ length: short ? 4 : 12 }, (_, index) => `greedy-${index}`);
  const apps = Object.fromEntries(names.map((name) => [name, { files: GREEDY_APP, config: { memory_mb: 64 } }]));
  await using project = await benchProject(apps);
  await using nano = await NanoProcess.start(project.configFile);
  // One thread an app, and the spares that NANO keeps for so many apps (runtime/pool/reserve.ts: one for four, at most 4).
  const threads = names.length + Math.min(4, Math.ceil(names.length / 4));
  await reserveReady(nano.pid, threads);
  const exitToReady: number[] = [];
  const failureToAnswer: number[] = [];
  for (const name of names) {
    const { response } = await timedGetOnce(nano.url, name, "/oom");
    const failed = performance.now();
    if (response.get("nano-error") !== "APP_OUT_OF_MEMORY") throw new Error(`Got ${response.status} ${response.text}`);
    mustBeOk(await timedGetOnce(nano.url, name));
    failureToAnswer.push(performance.now() - failed);
    const of = (event: string) => ({ event: one, app }: { event: string; app?: unknown }) =>
      one === event && app === name;
    const exit = await nano.waitForEvent(of("app_exit"));
    const ready = await nano.waitForEvent(of("app_ready"), undefined, nano.events.indexOf(exit));
    exitToReady.push(Date.parse(String(ready["ts"])) - Date.parse(String(exit["ts"])));
    await reserveReady(nano.pid, threads);
  }
  const row = (name: string, ms: readonly number[]) => [name, median(ms).toFixed(1), Math.max(...ms).toFixed(1)];
  printTable(`Restart after out of memory (${names.length} deaths, ${await isolateThreads(nano.pid)} isolates)`, [
    "",
    "p50 ms",
    "max ms",
  ], [
    row("app_exit to app_ready", exitToReady),
    row("503 to the next 200", failureToAnswer),
  ]);
}
