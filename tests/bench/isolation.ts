/** An app whose isolate is a thread against the same app in a process of its own: requests, streams, wakes, memory. */
import { isolateProcesses } from "../integration/life/host_threads.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { RESERVE, TempProject } from "../support/temp_project.ts";
import { HELLO_APP, SERVE_APP } from "./bench_apps.ts";
import { cpuSecondsOfTree } from "./cpu_seconds.ts";
import { mustBeOk, timedGet, timedGetOnce } from "./keep_alive.ts";
import type { LoadGenerator } from "./load.ts";
import { pause, reserveReady } from "./reserve_wait.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano } from "./servers.ts";
import { removeUploadFiles, transferMs } from "./streams.ts";
import { printTable } from "./table.ts";

const MB = 1024 * 1024;
const START_MS = 60_000;
const KINDS = ["worker", "process"] as const;
type Kind = typeof KINDS[number];

/** Prints both and the ratio of the process to the thread. */
export async function benchIsolation(
  { short, generator }: { short: boolean; generator: LoadGenerator },
): Promise<void> {
  await using worker = await project("worker");
  await using process = await project("process");
  {
    await using ofWorker = await startNano(worker.configFile);
    await using ofProcess = await startNano(process.configFile);
    await compare({ worker: ofWorker, process: ofProcess }, short, generator);
  }
  const rows = [];
  for (const kind of KINDS) rows.push([kind, ...await wakes(kind, short)]);
  printTable("First request of a parked app", ["", "p50 ms", "max ms", "PSS of an idle process MB"], rows);
}

function project(isolation: Kind): Promise<TempProject> {
  return TempProject.create({ serve: { files: SERVE_APP, config: { hostname: "serve.bench", isolation } } });
}

async function compare(servers: Readonly<Record<Kind, Server>>, short: boolean, generator: LoadGenerator) {
  for (const kind of KINDS) await serves(servers[kind]);
  const rounds = short ? 3 : 7;
  const rows: string[][] = [];
  for (const concurrency of [1, 32]) {
    const seconds = short ? 1 : 2;
    const p50s: Record<Kind, number[]> = { worker: [], process: [] };
    const load = async (kind: Kind) => {
      const { perSecond, p50Ms } = await generator.run({
        url: `${servers[kind].url}/`,
        headers: [["Host", "serve.bench"]],
        concurrency,
        seconds,
      });
      p50s[kind].push(p50Ms);
      return { rate: perSecond, done: perSecond * seconds / 1000 };
    };
    const { rates, cpuMs } = await inTurns(servers, load, rounds);
    rows.push(row(`requests/s, c=${concurrency}`, rates, 0));
    rows.push(row(`p50 ms, c=${concurrency}`, p50s, 2));
    rows.push(row(`CPU us a request, c=${concurrency}`, cpuMs, 0));
  }
  for (
    const [name, way, path, bytes] of [
      ["down in 64 KB chunks", "down", "/down", 100 * MB],
      ["up", "up", "/up", 100 * MB],
    ] as const
  ) {
    const move = async (kind: Kind) => {
      const ms = await transferMs(servers[kind], [way, path, String(bytes)]);
      return { rate: bytes / MB / (ms / 1000), done: bytes / MB };
    };
    const { rates, cpuMs } = await inTurns(servers, move, rounds);
    rows.push(row(`MB/s ${name}`, rates, 0));
    rows.push(row(`CPU ms a MB ${name}`, cpuMs, 2));
  }
  await removeUploadFiles();
  printTable("Isolation", ["", "worker", "process", "process / worker"], rows);
}

/** Rates of both in turns, and what CPU time NANO and its processes took for each that was done, in ms. */
async function inTurns(
  servers: Readonly<Record<Kind, Server>>,
  work: (kind: Kind) => Promise<{ readonly rate: number; readonly done: number }>,
  rounds: number,
) {
  const cpuMs: Record<Kind, number[]> = { worker: [], process: [] };
  const measure = (kind: Kind) => async () => {
    const before = cpuSecondsOfTree(servers[kind].pid);
    const { rate, done } = await work(kind);
    cpuMs[kind].push((cpuSecondsOfTree(servers[kind].pid) - before) * 1000 / done);
    return rate;
  };
  const rates = await interleave({ worker: measure("worker"), process: measure("process") }, rounds);
  return { rates, cpuMs };
}

/** Waits for the app itself: a first process may take longer than the first start of apps. */
async function serves({ url }: Server): Promise<void> {
  for (const deadline = performance.now() + START_MS; performance.now() < deadline; await pause(50)) {
    if ((await timedGetOnce(url, "serve.bench")).response.status === 200) return;
  }
  throw new Error(`The app does not answer after ${START_MS} ms`);
}

function row(name: string, figures: Readonly<Record<string, number[]>>, digits: number): string[] {
  const { worker, process } = figures as Record<Kind, number[]>;
  return [name, median(worker).toFixed(digits), median(process).toFixed(digits), ratioOf(process, worker)];
}

/** How long the first request takes of a parked app that finds an isolate in reserve, and what a process holds. */
async function wakes(isolation: Kind, short: boolean): Promise<readonly string[]> {
  const config = { isolation, idle_timeout_ms: 150 };
  await using project = await TempProject.create({ sleepy: { files: HELLO_APP, config } }, RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  const woken: number[] = [];
  let pssMb = "-";
  for (let round = 0; round < (short ? 3 : 12); round++) {
    using connection = await RawConnection.open(nano.url);
    const from = nano.events.length;
    mustBeOk(await timedGet(connection, "sleepy"));
    await nano.waitForEvent(({ event, reason }) => event === "app_exit" && reason === "parked", undefined, from);
    if (isolation === "worker") await reserveReady(nano.pid, 1);
    else await pause(1_500);
    woken.push(mustBeOk(await timedGet(connection, "sleepy")));
    const [pid] = isolateProcesses(nano.pid);
    if (pid !== undefined) pssMb = pssMbOf(pid);
    await pause(300);
  }
  return [median(woken).toFixed(1), Math.max(...woken).toFixed(1), pssMb];
}

function pssMbOf(pid: number): string {
  const kilobytes = /^Pss:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`))?.[1];
  return (Number(kilobytes) / 1024).toFixed(1);
}
