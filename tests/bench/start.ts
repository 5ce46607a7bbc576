/** From nothing to the first answer: the host against a raw Deno.serve process, and an app in a reserve isolate. */
import { NanoProcess } from "../support/nano_process.ts";
import { benchProject } from "./bench_project.ts";
import { HELLO_APP } from "./bench_apps.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import { reserveReady } from "./reserve_wait.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano, startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

/** Prints ms to the first answer, with the bundle cache cold and warm, and ms to load one app more. */
export async function benchStart(short: boolean): Promise<void> {
  const apps = { hello: { files: HELLO_APP, config: { hostname: "hello.bench" } } };
  await using project = await benchProject(apps);
  const cold = async () => {
    await Deno.remove(`${project.dir}/.nano`, { recursive: true }).catch((error: unknown) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // the first start finds none
    });
    return await firstAnswerMs(() => startNano(project.configFile));
  };
  const figures = await interleave({
    raw: () => firstAnswerMs(() => startRaw("plain")),
    cold,
    warm: () => firstAnswerMs(() => startNano(project.configFile)),
  }, short ? 3 : 7) as Record<"raw" | "cold" | "warm", number[]>;
  const { raw, cold: first, warm } = figures;
  printTable("Start of the process, to the first answer (ms; ratio: less is better)", ["", "ms", "/ raw"], [
    ["raw Deno.serve", median(raw).toFixed(0), ""],
    ["NANO, bundle cache empty", median(first).toFixed(0), ratioOf(first, raw)],
    ["NANO, bundle cache filled", median(warm).toFixed(0), ratioOf(warm, raw)],
  ]);
  await benchAddedApp(short ? 3 : 10);
}

async function firstAnswerMs(start: () => Promise<Server>): Promise<number> {
  await using server = await start();
  return server.startMs + mustBeOk(await timedGetOnce(server.url, "hello.bench"));
}

/** How long the isolate of an app takes that a reload adds, as NANO itself tells it. */
async function benchAddedApp(rounds: number): Promise<void> {
  await using project = await benchProject({ hello: { files: HELLO_APP } });
  await using nano = await NanoProcess.start(project.configFile);
  const figures: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const app = `added-${round}`;
    // Without a booted spare this would measure the 500 ms by which Deno delays a nested worker.
    const present = round + 1;
    await reserveReady(nano.pid, present + Math.min(4, Math.ceil(present / 4)));
    await project.setApp(app, { files: HELLO_APP });
    nano.signal("SIGHUP");
    const ready = await nano.waitForEvent((record) => record.event === "app_ready" && record["app"] === app);
    figures.push(Number(ready["start_ms"]));
    mustBeOk(await timedGetOnce(nano.url, app));
  }
  const row = ["app_starting to app_ready", median(figures).toFixed(1), Math.max(...figures).toFixed(1)];
  printTable(`Start of one app more in a running host (${rounds} apps)`, ["", "p50 ms", "max ms"], [row]);
}
