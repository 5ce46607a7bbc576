/** What an app costs that is live and has nothing to do: memory of the process and CPU of its start. */
import { NanoProcess } from "../support/nano_process.ts";
import { benchProject } from "./bench_project.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import { pause, reserveReady } from "./reserve_wait.ts";
import { median } from "./rounds.ts";
import { printTable } from "./table.ts";

/** Apps of the three processes; what the first one costs is mostly NANO itself. */
const COUNTS = [1, 21, 41] as const;
/** V8 and the allocator give memory of a boot back some time after it. */
const SETTLE_MS = 5_000;

interface Figures {
  readonly rssMb: number;
  readonly pssMb: number;
  readonly cpuMs: number;
}

/** Prints resident and proportional memory with one, 21 and 41 live one-line apps, and what one app adds. */
export async function benchIdleApps(short: boolean): Promise<void> {
  const rounds = short ? 1 : 3;
  const figures = new Map<number, Figures[]>(COUNTS.map((count) => [count, []]));
  for (let round = 0; round < rounds; round++) {
    for (const count of COUNTS) figures.get(count)!.push(await measure(count));
  }
  const middle = (count: number, of: keyof Figures) => median(figures.get(count)!.map((one) => one[of]));
  const names = ["rssMb", "pssMb", "cpuMs"] as const;
  const rows = COUNTS.map((count) => [`${count} apps, ${spares(count)} spares`, ...names.map((of) => text(count, of))]);
  const [first, , most] = COUNTS;
  const added = most + spares(most) - first - spares(first);
  rows.push(["one isolate more", ...names.map((of) => ((middle(most, of) - middle(first, of)) / added).toFixed(1))]);
  printTable(`Live idle apps (median of ${rounds})`, ["", "RSS MB", "PSS MB", "CPU ms"], rows);

  function text(count: number, of: keyof Figures): string {
    return middle(count, of).toFixed(0);
  }
}

/** As runtime/pool/reserve.ts keeps them. */
function spares(count: number): number {
  return Math.min(4, Math.max(2, Math.ceil(count / 4)));
}

async function measure(count: number): Promise<Figures> {
  const names = Array.from({ length: count }, (_, index) => `app-${index}`);
  await using project = await benchProject(Object.fromEntries(names.map((name) => [name, {
    files: `export default { fetch: () => new Response("${name}") };\n`,
  }])));
  await using nano = await NanoProcess.start(project.configFile);
  await reserveReady(nano.pid, count + spares(count));
  const cpuMs = cpuSeconds(nano.pid) * 1000;
  for (const name of names) mustBeOk(await timedGetOnce(nano.url, name));
  await pause(SETTLE_MS);
  return { rssMb: memoryMb(nano.pid, "Rss"), pssMb: memoryMb(nano.pid, "Pss"), cpuMs };
}

/** All mappings of a process together (proc_pid_smaps(5)). */
function memoryMb(pid: number, kind: "Rss" | "Pss"): number {
  const kib = new RegExp(`^${kind}:\\s+(\\d+) kB$`, "m").exec(Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`))?.[1];
  if (kib === undefined) throw new Error(`Cannot read the memory of process ${pid}`);
  return Number(kib) / 1024;
}
