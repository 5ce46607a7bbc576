/** How long the first request of a parked app takes. */
import { NanoProcess } from "../support/nano_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { benchProject } from "./bench_project.ts";
import { HELLO_APP } from "./bench_apps.ts";
import { mustBeOk, timedGet } from "./keep_alive.ts";
import { reserveReady } from "./reserve_wait.ts";
import { median } from "./rounds.ts";
import { printTable } from "./table.ts";

const APPS = 4;

/** Prints the first request after parking against a request to the live app. */
export async function benchWake(short: boolean): Promise<void> {
  const names = Array.from({ length: APPS }, (_, index) => `sleepy-${index}`);
  const config = { idle_timeout_ms: 150 };
  await using project = await benchProject(
    Object.fromEntries(names.map((name) => [name, { files: HELLO_APP, config }])),
  );
  await using nano = await NanoProcess.start(project.configFile);
  const woken: number[] = [];
  const live: number[] = [];
  for (let round = 0; round < (short ? 2 : 6); round++) {
    for (const name of names) {
      using connection = await RawConnection.open(nano.url);
      await parked(nano, name);
      // All apps are parked, so what runs is the spare: one for four apps (runtime/pool/reserve.ts).
      await reserveReady(nano.pid, 1);
      woken.push(mustBeOk(await timedGet(connection, name)));
      live.push(mustBeOk(await timedGet(connection, name)));
    }
  }
  const row = (name: string, ms: readonly number[]) => [name, median(ms).toFixed(2), Math.max(...ms).toFixed(2)];
  printTable(`Wake of a parked app (${woken.length} times)`, ["", "p50 ms", "max ms"], [
    row("first request of a parked app", woken),
    row("next request", live),
  ]);
}

/** Waits until the last that was heard of an app is that it was parked. */
async function parked(nano: NanoProcess, app: string): Promise<void> {
  const started = nano.events.findLastIndex((record) => record.event === "app_starting" && record["app"] === app);
  await nano.waitForEvent(
    (record) => record.event === "app_exit" && record["app"] === app && record["reason"] === "parked",
    undefined,
    Math.max(0, started),
  );
}
