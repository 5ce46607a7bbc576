/** How long a deploy of 1 MB takes until three nodes serve it, and what it costs each; all of it on this machine. */
import { FleetScene, saying } from "../integration/fleet/fleet_scene.ts";
import { natsEngine, postgresEngine } from "../integration/fleet/scene_engine.ts";
import { rawZip } from "../support/raw_zip.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { printTable } from "./table.ts";

const NODES = 3;
const ARCHIVE_BYTES = 1_048_576;
/** Looks cost, too: they are in the CPU figures. */
const LOOK_MS = 25;
/** Bundlers are loaded and code is compiled by then. */
const WARM = 2;

/** Prints the figures of both engines. */
export async function benchFleetDeploys(short: boolean): Promise<void> {
  const rows: string[][] = [];
  for (const [name, engine] of [["NATS", natsEngine], ["PostgreSQL, fsync off", postgresEngine]] as const) {
    await using scene = await FleetScene.create(NODES, { engine });
    rows.push([name, ...await deploys(scene, short ? 10 : 100)]);
  }
  const heads = ["acknowledged p50 ms", "p99", "on all p50 ms", "p99", "CPU ms asked node", "CPU ms another", "load"];
  printTable(`A deploy of 1 MB on ${NODES} nodes`, ["", ...heads], rows);
}

async function deploys(scene: FleetScene, count: number): Promise<string[]> {
  const acknowledged: number[] = [];
  const served: number[] = [];
  const cpu = () => scene.nodes.map(({ process }) => cpuSeconds(process!.pid));
  let before = cpu();
  for (let n = -WARM; n < count; n++) {
    if (n === 0) before = cpu();
    const text = `text ${n}`;
    const archive = ReadableStream.from([archiveOf(text)]);
    const began = performance.now();
    await scene.client(0).deploy("shop", archive, { create: true, hostnames: ["shop.test"] });
    const ackMs = performance.now() - began;
    while ((await scene.answers("shop")).some((one) => one !== text)) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    if (n < 0) continue;
    acknowledged.push(ackMs);
    served.push(performance.now() - began);
  }
  const spent = cpu().map((seconds, at) => (seconds - before[at]!) * 1_000 / count);
  const others = spent.slice(1).reduce((sum, ms) => sum + ms, 0) / (NODES - 1);
  const figures = [...quantiles(acknowledged), ...quantiles(served), spent[0]!, others].map((ms) => ms.toFixed(0));
  return [...figures, Deno.loadavg()[0]!.toFixed(0)];
}

/** Random bytes beside the code: nothing makes it smaller. */
function archiveOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ARCHIVE_BYTES);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return rawZip([{ name: "index.ts", content: saying(text) }, { name: "data.bin", content: bytes }]);
}

function quantiles(values: readonly number[]): readonly number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [0.5, 0.99].map((part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!);
}
