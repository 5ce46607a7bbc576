/** What a node of a fleet costs while nothing happens: beside one that is alone, and with queues that it consumes. */
import { FleetScene } from "../integration/fleet/fleet_scene.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { NatsServer } from "../support/nats_server.ts";
import { residentMb } from "../integration/life/host_threads.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { printTable } from "./table.ts";

const NODES = 3;
const QUEUES = 10;
/** Isolates and bundlers have settled by then. */
const SETTLE_MS = 20_000;
const APP = "export default { fetch: () => new Response(), queue() {} };\n";

/** Prints the figures of a node a minute. */
export async function benchFleetIdle(short: boolean): Promise<void> {
  const forMs = short ? 30_000 : 120_000;
  const folder = await Deno.makeTempDir({ prefix: "nano-bench-" });
  await Deno.writeTextFile(`${folder}/index.js`, APP);
  const app = (queues: number) => ({
    name: "shop",
    path: folder,
    queues: { consumers: Array.from({ length: queues }, (_, at) => ({ queue: `jobs${at}` })) },
  });
  const rows: string[][] = [await alone(folder, app(0), forMs)];
  for (const queues of [0, QUEUES]) {
    const server = await NatsServer.start();
    const engine = () =>
      Promise.resolve({
        keys: { nats: [server.url], allow_old_server: true },
        ...{
          kill: () => server.kill(),
          killLeader: () => server.kill(),
          again: () => server.again(),
          wipe: () => server.wipe(),
        },
        ...{ keep: () => Promise.resolve(), lie: () => Promise.resolve() },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      });
    await using scene = await FleetScene.create(NODES, { engine, config: () => ({ apps: [app(queues)] }) });
    await pause(SETTLE_MS);
    const pids = scene.nodes.map(({ process }) => process!.pid);
    const messages = await server.messages();
    const spent = await spentBy(pids, forMs);
    const more = await server.messages() - messages;
    const perNode = more / NODES * 60_000 / forMs;
    rows.push([`in a fleet, ${queues} queues`, ...spent, perNode.toFixed(0)]);
  }
  await Deno.remove(folder, { recursive: true });
  printTable(
    `An idle node, a minute; ${NODES} in a fleet at one NATS server`,
    ["", "CPU ms", "RSS MB", "messages to NATS"],
    rows,
  );
}

async function alone(folder: string, app: unknown, forMs: number): Promise<string[]> {
  const config = {
    hostname: "127.0.0.1",
    port: 0,
    admin: { port: 0, token: "token" },
    state_dir: "state",
    apps: [app],
  };
  await Deno.writeTextFile(`${folder}/nano.json`, JSON.stringify(config));
  await using nano = await NanoProcess.start(`${folder}/nano.json`);
  await pause(SETTLE_MS);
  return ["alone", ...await spentBy([nano.pid], forMs), "-"];
}

/** CPU ms of one of them a minute, and the MB that it has then. */
async function spentBy(pids: readonly number[], forMs: number): Promise<string[]> {
  const sum = () => pids.reduce((all, pid) => all + cpuSeconds(pid), 0);
  const before = sum();
  await pause(forMs);
  const cpuMs = (sum() - before) * 1_000 / pids.length * 60_000 / forMs;
  const rssMb = pids.reduce((all, pid) => all + residentMb(pid), 0) / pids.length;
  return [cpuMs.toFixed(0), rssMb.toFixed(0)];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
