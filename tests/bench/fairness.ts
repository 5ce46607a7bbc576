/** What a neighbour of busy apps waits for its answers, with and without priorities lowered for CPU debt. */
import { HOST_FLAGS } from "../../admin/guardian/guard.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { RawConnection } from "../support/raw_http.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { benchProject } from "./bench_project.ts";
import { HELLO_APP } from "./bench_apps.ts";
import { mustBeOk, timedGet } from "./keep_alive.ts";
import { printTable } from "./table.ts";

const HOGS = 8;
const CPU_MS = 1000;
/** Computes four fifths of cpu_ms, gives its event loop one turn, and goes on. */
const HOG_APP = `
const work = () => {
  for (const end = Date.now() + ${CPU_MS * 0.8}; Date.now() < end;);
  setTimeout(work, 0);
};
export default { fetch: () => (setTimeout(work, 0), new Response("started")) };
`;

/** Without CAP_SYS_NICE no priority could be restored, so NANO lowers none. */
const WITHOUT_RIGHT = ["--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"];

/** Prints the neighbour's waiting times; needs setpriv (util-linux) and the right CAP_SYS_NICE for the first row. */
export async function benchFairness(short: boolean): Promise<void> {
  const seconds = short ? 10 : 30;
  const main = fromFileUrl(new URL("admin/cli/main.ts", REPO));
  const command = [Deno.execPath(), "run", "--no-prompt", ...HOST_FLAGS, main] as const;
  const rows: string[][] = [];
  for (let round = 0; round < (short ? 1 : 2); round++) {
    rows.push(await measure("alone", seconds, 0, [...command]));
    rows.push(await measure("priorities lowered", seconds, HOGS, [...command]));
    rows.push(await measure("all priorities equal", seconds, HOGS, ["setpriv", ...WITHOUT_RIGHT, ...command]));
  }
  printTable(`A neighbour's answers beside ${HOGS} apps that compute`, [
    "",
    "answers",
    "p50 ms",
    "p99 ms",
    "max ms",
  ], rows);
}

async function measure(
  name: string,
  seconds: number,
  hogs: number,
  program: [string, ...string[]],
): Promise<string[]> {
  const apps = Object.fromEntries(Array.from({ length: HOGS }, (_, at) => [`hog-${at}`, {
    files: HOG_APP,
    config: { cpu_ms: CPU_MS },
  }]));
  await using project = await benchProject({ neighbour: { files: HELLO_APP }, ...apps });
  await using nano = await NanoProcess.start(project.configFile, { program });
  for (let at = 0; at < hogs; at++) mustBeOk(await get(nano.url, `hog-${at}`));
  using connection = await RawConnection.open(nano.url);
  const waited: number[] = [];
  // The first seconds belong to the debt, which has to be seen before anything can be done.
  const from = performance.now() + 5_000;
  const end = from + seconds * 1000;
  while (performance.now() < end) {
    const ms = mustBeOk(await timedGet(connection, "neighbour"));
    if (performance.now() >= from) waited.push(ms);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  waited.sort((a, b) => a - b);
  const at = (part: number) => waited[Math.min(waited.length - 1, Math.floor(waited.length * part))]!.toFixed(1);
  return [name, String(waited.length), at(0.5), at(0.99), at(1)];
}

async function get(url: string, host: string) {
  using connection = await RawConnection.open(url);
  return await timedGet(connection, host);
}
