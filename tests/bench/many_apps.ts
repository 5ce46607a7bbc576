/** What thousands of configured apps cost of which hardly any is asked for: start, memory, changes of one, lists. */
import { NanoProcess } from "../support/nano_process.ts";
import { rawZip } from "../support/raw_zip.ts";
import { StateStore } from "../../runtime/store/state_store.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import { pause } from "./reserve_wait.ts";
import { residentMb } from "../integration/life/host_threads.ts";
import { median } from "./rounds.ts";
import { printTable } from "./table.ts";

/** V8 and the allocator give memory of the start back some time after it. */
const SETTLE_MS = 3_000;
/** Longest wait for anything, as the slowest machine may need it. */
const PATIENCE_MS = 600_000;
const TOKEN = "bench-token";

/** Where the apps are written. */
type Place = "nano.json" | "state store";

/** Prints the figures of so many one-line apps, in nano.json and in the state store. */
export async function benchManyApps(count = 10_000): Promise<void> {
  for (const place of ["nano.json", "state store"] as const) {
    const dir = await Deno.makeTempDir({ prefix: "nano-many-" });
    try {
      const rows = await measure(dir, { count, place });
      printTable(
        `${count} apps in ${place === "nano.json" ? place : `the ${place}`}, lazy`,
        ["", "ms", "CPU ms"],
        rows,
      );
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  }
}

interface Many {
  readonly count: number;
  readonly place: Place;
}

async function measure(dir: string, many: Many): Promise<string[][]> {
  const rows: string[][] = [];
  const names = Array.from({ length: many.count }, (_, index) => `app-${index}`);
  for (const name of names) {
    await Deno.mkdir(`${dir}/apps/${name}`, { recursive: true });
    await Deno.writeTextFile(`${dir}/apps/${name}/index.js`, appText(name));
  }
  await writeConfig(dir, many, names, {});
  if (many.place === "state store") keep(dir, names);

  const began = performance.now();
  await using nano = await NanoProcess.start(`${dir}/nano.json`, { untilApps: false, timeoutMs: PATIENCE_MS });
  rows.push(["start to listening", ms(performance.now() - began), ms(cpuSeconds(nano.pid) * 1000)]);
  await pause(SETTLE_MS);
  rows.push(["RSS after the start, MB", residentMb(nano.pid).toFixed(0), ""]);

  const timed = async (what: string, work: () => Promise<unknown>, rounds = 5) => {
    const walls: number[] = [];
    const cpus: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const cpu = cpuSeconds(nano.pid);
      const from = performance.now();
      await work();
      walls.push(performance.now() - from);
      cpus.push((cpuSeconds(nano.pid) - cpu) * 1000);
    }
    rows.push([what, ms(median(walls)), ms(median(cpus))]);
  };
  const admin = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(nano.adminUrl + path, {
      ...init,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...init.headers },
    });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${body.slice(0, 300)}`);
    return body;
  };

  let next = 0;
  await timed("first request of an app", async () => mustBeOk(await timedGetOnce(nano.url, `${names[next++]}.bench`)));
  await timed("/metrics", () => admin("/metrics"));
  rows.push(["/metrics, bytes", String((await admin("/metrics")).length), ""]);
  await timed("a page of 50 of GET /admin/apps", () => admin("/admin/apps?limit=50&offset=500"));
  await timed("the same with a search", () => admin("/admin/apps?limit=50&q=app-77"));
  await timed("all of GET /admin/apps", () => admin("/admin/apps"), 3);
  await timed("one app", () => admin("/admin/apps/app-77"));
  let round = 0;
  if (many.place === "nano.json") {
    await timed("reload that changes one app", async () => {
      await writeConfig(dir, many, names, { "app-500": { ROUND: String(round++) } });
      await admin("/admin/reload", { method: "POST" });
    });
  }
  const patch = () => ({ method: "PATCH", body: JSON.stringify({ env: { ROUND: String(round++) } }) });
  await timed("PATCH of one app", () => admin("/admin/apps/app-501", patch()));
  await timed("deploy to one app", async () => {
    const body = rawZip([{ name: "index.js", content: appText(`deployed-${round++}`) }]);
    await admin("/admin/apps/app-502/versions", {
      method: "POST",
      body,
      headers: { "content-type": "application/zip" },
    });
  });
  const from = performance.now();
  const cpu = cpuSeconds(nano.pid);
  await Deno.writeTextFile(`${dir}/apps/app-0/index.js`, appText("edited"));
  await nano.waitForEvent(({ event }) => event === "config_reload", PATIENCE_MS, nano.events.length);
  rows.push(["edit of a live app's file", ms(performance.now() - from), ms((cpuSeconds(nano.pid) - cpu) * 1000)]);
  await pause(SETTLE_MS);
  const idle = cpuSeconds(nano.pid);
  await pause(10_000);
  rows.push(["CPU at rest, of 10 s", "", ms((cpuSeconds(nano.pid) - idle) * 1000)]);
  rows.push(["RSS at the end, MB", residentMb(nano.pid).toFixed(0), ""]);
  return rows;
}

function appText(name: string): string {
  return `export default { fetch: () => new Response("${name}") };\n`;
}

async function writeConfig(
  dir: string,
  { place }: Many,
  names: readonly string[],
  env: Readonly<Record<string, object>>,
): Promise<void> {
  const apps = place === "nano.json" ? names.map((name) => ({ ...entryOf(name), env: env[name] })) : [];
  const config = {
    hostname: "127.0.0.1",
    port: 0,
    admin: { hostname: "127.0.0.1", port: 0, token: TOKEN },
    apps,
  };
  await Deno.writeTextFile(`${dir}/nano.json`, JSON.stringify(config, null, 2));
}

function entryOf(name: string) {
  return { name, path: `./apps/${name}`, hostname: `${name}.bench` };
}

/** As if they had been added by the admin API, which would take a change for each. */
function keep(dir: string, names: readonly string[]): void {
  using store = StateStore.open(`${dir}/.nano`);
  store.commit({
    apps: names.map((name) => ({
      ...{ name, entry: entryOf(name), patch: null, hides: null },
      ...{ activeVersion: null, previousVersion: null, rollout: null },
    })),
  });
}

function ms(value: number): string {
  return value.toFixed(0);
}
