/** SIGKILLs to apps' processes at random moments, under load: what clients are told, and what stays behind. */
import { ADMIN } from "../integration/life/admin_client.ts";
import type { TempApp } from "../support/temp_project.ts";
import { childrenOf, isolateFolders, isRunning } from "../integration/life/host_threads.ts";
import { pause } from "../integration/life/until.ts";
import { NEIGHBOUR_APP, NeighbourLoad } from "../hostile/corpus/neighbour_load.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { benchProject } from "./bench_project.ts";
import { restingFigures } from "./process_figures.ts";
import { printTable } from "./table.ts";

const KILLS = 1000;
const VICTIMS = 6;
/** Clients of each victim, which ask again as soon as they are answered. */
const CLIENTS = 2;
/** Longest wait between two kills: a process is as often killed while it boots as while it answers. */
const MAX_WAIT_MS = 150;
/** No answer takes longer, however busy the machine. */
const ANSWER_MS = 120_000;
/** Before the first look: what grows once is no leak. */
const WARM_UP = 30;
/** After so many kills a line says how far it is. */
const TOLD_EVERY = 100;

const VICTIM_APP = `export default { async fetch(request) {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  return new Response("x".repeat(200_000));
} };
`;

/** Prints what clients were told and what NANO held before and after so many kills. */
export async function benchProcessKills(kills = KILLS): Promise<void> {
  const random = SeededRandom.fromEnv("kills of processes");
  const names = Array.from({ length: VICTIMS }, (_, index) => `victim-${index}`);
  const isolation = "process";
  const apps: Record<string, TempApp> = {
    ...Object.fromEntries(names.map((name) => [name, { files: VICTIM_APP, config: { isolation } }])),
    neighbour: { files: NEIGHBOUR_APP, config: { env: { NAME: "neighbour" } } },
  };
  await using project = await benchProject(apps, { admin: ADMIN });
  await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"], timeoutMs: 120_000 });
  const told = new Map<string, number>();
  const folders = new Set<string>();
  let isOver = false;
  const client = async (name: string) => {
    while (!isOver) {
      const answer = await ask(nano, name);
      told.set(answer, (told.get(answer) ?? 0) + 1);
      // After some deaths an app waits longer each time: by hand it is there again at once, to be killed once more.
      if (answer.startsWith("503")) await restart(nano, name);
    }
  };
  const kill = async (count: number) => {
    for (let done = 0; done < count;) {
      await pause(random.below(MAX_WAIT_MS));
      const all = isolateFolders(nano.pid);
      for (const { folder } of all) folders.add(folder);
      const one = all[random.below(Math.max(1, all.length))];
      // Between its start and its death nothing of an app runs: it is looked for again.
      if (one === undefined || !tryKill(one.process)) continue;
      done++;
      if (done % TOLD_EVERY === 0) console.error(`${done} kills so far`);
    }
  };

  const load = new NeighbourLoad(nano, ["neighbour"]);
  const clients = names.flatMap((name) => Array.from({ length: CLIENTS }, () => client(name)));
  await kill(Math.min(WARM_UP, kills));
  const before = await restingFigures(nano.pid);
  const began = performance.now();
  await kill(kills);
  const seconds = (performance.now() - began) / 1000;
  isOver = true;
  await Promise.all(clients);
  await load[Symbol.asyncDispose]();
  const after = await restingFigures(nano.pid);
  const held = childrenOf(nano.pid);
  const kept = [...folders].filter((folder) => isThere(folder)).length;
  const living = isolateFolders(nano.pid).length;
  const { code } = await nano.stop();

  printTable(`${kills} SIGKILLs in ${seconds.toFixed(0)} s: what clients of the apps were told`, ["", "requests"], [
    ...[...told].sort().map(([what, count]) => [what, String(count)]),
  ]);
  printTable("What NANO holds", ["", "before", "after"], [
    ["descriptors", String(before.descriptors), String(after.descriptors)],
    ["threads", String(before.threads), String(after.threads)],
    ["RSS, MB", before.residentMb.toFixed(0), after.residentMb.toFixed(0)],
  ]);
  console.log(
    `${kept} folders of ${folders.size} processes are left beside ${living} that live; ` +
      `${held.filter(isRunning).length} of its processes run on after its end (exit code ${code}); ` +
      `neighbour: ${load.answered} requests, ${load.failures.length} lost`,
  );
  for (const failure of load.failures.slice(0, 5)) console.log(`  ${failure}`);
}

/** How a request ended: whole, with a code, or cut. */
async function ask(nano: NanoProcess, name: string): Promise<string> {
  try {
    const response = await nano.fetch(name, "/", { signal: AbortSignal.timeout(ANSWER_MS) });
    const { length } = await response.text();
    if (response.status !== 200) return `${response.status} ${response.headers.get("nano-error") ?? "without a code"}`;
    return length === 200_000 ? "200, whole" : "200, shorter than its app made it";
  } catch (error) {
    return `cut, or never answered: ${String(error).slice(0, 50)}`;
  }
}

async function restart(nano: NanoProcess, name: string): Promise<void> {
  const headers = { authorization: `Bearer ${ADMIN.token}` };
  const signal = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(new URL(`/admin/apps/${name}/restart`, nano.adminUrl!), {
    method: "POST",
    headers,
    signal,
  });
  await response.body?.cancel();
}

/** @returns whether it still was there */
function tryKill(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || /\(os error 3\)/.test(String(error))) return false;
    throw error;
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
