/** How long an empty node takes until it serves a fleet's thousand apps, and a restart of it, with the engine and without. */
import { FleetScene, type Node, saying } from "../integration/fleet/fleet_scene.ts";
import { natsEngine, postgresEngine } from "../integration/fleet/scene_engine.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { StateStore } from "../../runtime/store/state_store.ts";
import { printTable } from "./table.ts";

/** Bytes of each app beside its code: nothing makes them smaller. */
const DATA_BYTES = 20_480;
/** Bounds a hang only. */
const PATIENCE_MS = 600_000;
const LOOK_MS = 50;

/** Prints the figures of both engines. */
export async function benchFleetJoin(short: boolean): Promise<void> {
  const apps = short ? 200 : 1_000;
  const rows: string[][] = [];
  for (const [name, engine] of [["NATS", natsEngine], ["PostgreSQL, fsync off", postgresEngine]] as const) {
    await using scene = await FleetScene.create(2, { engine, isFounded: false });
    const [first, second] = scene.nodes;
    await scene.kill(first!);
    await scene.kill(second!);
    await keepApps(first!, apps);
    await scene.start(first!);
    await scene.client(0).fleet.found();
    const joined = await started(second!, apps);
    await scene.kill(second!);
    const again = await started(second!, apps);
    await untilCame(second!);
    await scene.kill(second!);
    await scene.engine.kill();
    const without = await started(second!, apps);
    await scene.kill(second!);
    await withoutFleet(second!);
    const alone = await started(second!, apps);
    await scene.kill(second!);
    await scene.engine.again();
    rows.push([name, ...[joined, again, without, alone].flat().map((ms) => ms.toFixed(0))]);
  }
  const heads = [
    "joins: ready",
    "has all",
    "restart: ready",
    "has all",
    "without the engine: ready",
    "has all",
    "alone",
  ];
  printTable(`A node of ${apps} apps of 20 KB, ms from its start`, ["", ...heads, "has all"], rows);
}

/** Starts a node. @returns ms until it is ready, and until it knows all apps, and of CPU until then */
async function started(node: Node, apps: number): Promise<readonly [ready: number, whole: number, cpu: number]> {
  const began = performance.now();
  const process = await NanoProcess.start(`${node.dir}/nano.json`, { untilApps: false, timeoutMs: PATIENCE_MS });
  node.process = process;
  const ready = await when(began, async () => (await fetch(`${process.adminUrl}/readyz`).then(drained)).ok);
  const whole = await when(began, async () => {
    const headers = { authorization: "Bearer token" };
    const answer = await fetch(`${process.adminUrl}/admin/apps?limit=1`, { headers });
    return (await answer.json()).total === apps;
  });
  const cpu = cpuSeconds(process.pid) * 1_000;
  const last = await process.fetch(`app-${apps - 1}.test`);
  if (await last.text() !== `app-${apps - 1}`) throw new Error("The last app does not answer");
  return [ready, whole, cpu];
}

/** Files of apps follow their records: without its fleet a node has the apps whose files had come. */
async function untilCame({ process }: Node): Promise<void> {
  await when(performance.now(), async () => {
    const headers = { authorization: "Bearer token" };
    const { nodes } = await (await fetch(`${process!.adminUrl}/admin/fleet`, { headers })).json();
    return nodes.every((node: { files_coming: number }) => node.files_coming === 0);
  });
}

async function drained(answer: Response): Promise<Response> {
  await answer.body?.cancel();
  return answer;
}

async function when(began: number, isSo: () => Promise<boolean>): Promise<number> {
  while (!await isSo()) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`Not so within ${PATIENCE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return performance.now() - began;
}

/** As if they had been deployed one after the other. */
async function keepApps({ dir }: Node, count: number): Promise<void> {
  using store = StateStore.open(`${dir}/state`);
  const names = Array.from({ length: count }, (_, at) => `app-${at}`);
  for (const name of names) {
    const folder = `${dir}/state/versions/${name}/v1`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/index.ts`, saying(name));
    await Deno.writeFile(`${folder}/data.bin`, crypto.getRandomValues(new Uint8Array(DATA_BYTES)));
  }
  store.commit({
    apps: names.map((name) => ({
      ...{ name, entry: { name, hostname: `${name}.test` }, patch: null, hides: null },
      ...{ activeVersion: "v1", previousVersion: null, rollout: null },
    })),
    addVersions: names.map((app) => ({
      ...{ app, version: "v1", createdAt: Date.now(), bytes: DATA_BYTES, files: 2, actor: "bench", note: "" },
      previewHost: null,
    })),
  });
}

async function withoutFleet({ dir }: Node): Promise<void> {
  const { fleet: _fleet, ...rest } = JSON.parse(await Deno.readTextFile(`${dir}/nano.json`));
  await Deno.writeTextFile(`${dir}/nano.json`, JSON.stringify(rest));
}
