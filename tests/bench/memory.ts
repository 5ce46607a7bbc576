/** Resident memory per live and per parked app. */
import { NanoProcess } from "../support/nano_process.ts";
import { benchProject } from "./bench_project.ts";
import { HELLO_APP } from "./bench_apps.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import { pause, reserveReady } from "./reserve_wait.ts";
import { startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

const MIB = 1024 * 1024;
/** Enough for every app to be seen alive before the first is parked. */
const IDLE_MS = 20_000;
/** V8 and the allocator give memory back some time after an isolate has ended. */
const SETTLE_MS = 3_000;

/** Prints the memory of the process with no app, with all apps live, and with all of them parked. */
export async function benchMemory(short: boolean): Promise<void> {
  const count = short ? 10 : 50;
  await using raw = await startRaw("plain");
  mustBeOk(await timedGetOnce(raw.url, "raw.bench"));
  const rawBytes = await rss(raw.pid);
  const empty = await emptyBytes();
  const names = Array.from({ length: count }, (_, index) => `app-${index}`);
  await using project = await benchProject(
    Object.fromEntries(names.map((name) => [name, { files: HELLO_APP, config: { idle_timeout_ms: IDLE_MS } }])),
  );
  await using nano = await NanoProcess.start(project.configFile, { timeoutMs: 120_000 });
  for (const name of names) mustBeOk(await timedGetOnce(nano.url, name));
  const spares = Math.min(4, Math.ceil(count / 4));
  await reserveReady(nano.pid, count + spares);
  const live = await rss(nano.pid);
  for (const name of names) {
    await nano.waitForEvent((record) => record.event === "app_exit" && record["app"] === name, 120_000);
  }
  await pause(SETTLE_MS);
  const parked = await rss(nano.pid);
  const mb = (bytes: number) => (bytes / MIB).toFixed(1);
  printTable(`Resident memory (MB; ${count} apps, ${spares} spare isolates)`, ["", "process", "/ raw", "per app"], [
    ["raw Deno.serve", mb(rawBytes), "1.00", ""],
    ["NANO without apps", mb(empty), (empty / rawBytes).toFixed(2), ""],
    ["NANO, all apps live", mb(live), (live / rawBytes).toFixed(2), mb((live - empty) / (count + spares))],
    ["NANO, all apps parked", mb(parked), (parked / rawBytes).toFixed(2), mb((parked - empty) / count)],
  ]);
}

async function emptyBytes(): Promise<number> {
  await using project = await benchProject({});
  await using nano = await NanoProcess.start(project.configFile);
  await timedGetOnce(nano.url, "nobody.bench");
  await pause(SETTLE_MS);
  return await rss(nano.pid);
}

/** VmRSS of a process, in bytes. */
async function rss(pid: number): Promise<number> {
  const kib = /VmRSS:\s+(\d+) kB/.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1];
  return Number(kib) * 1024;
}
