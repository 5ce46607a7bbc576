/** How a host with many apps comes up, on a machine that has much else to do, and while a package registry is slow. */
import { HeldRegistry } from "../support/held_registry.ts";
import { NanoProcess } from "../support/nano_process.ts";
import type { TempApp } from "../support/temp_project.ts";
import { benchProject } from "./bench_project.ts";
import { printTable } from "./table.ts";
import { freePort } from "../support/free_port.ts";

/** The fixed admin port is the only way to ask before the host has told where it listens. */
const LOOK_MS = 50;
const LONGEST_MS = 30 * 60_000;

/** When a quarter, half, three quarters and all of the apps were up, and what went wrong on the way. */
interface Rise {
  readonly livezMs: number;
  readonly upMs: readonly number[];
  readonly ended: Readonly<Record<string, number>>;
}

/** @param short fewer apps, without others that compute */
export async function benchManyBoots(short: boolean): Promise<void> {
  const apps = short ? 60 : 300;
  const burners = short ? 0 : 4;
  const rows: string[][] = [];
  for (const holdMs of [null, short ? 10_000 : 60_000]) {
    const { livezMs, upMs, ended } = await measure(apps, { burners, holdMs });
    const reasons = Object.entries(ended).map(([reason, count]) => `${reason} ${count}`).join(", ");
    const name = holdMs === null ? "all bundled from files" : `one waits ${holdMs / 1000} s for packages`;
    rows.push([name, ...[livezMs, ...upMs].map((ms) => (ms / 1000).toFixed(1)), reasons === "" ? "none" : reasons]);
  }
  const title = `${apps} one-line apps beside ${burners} CPU burners (s since the start of the process)`;
  printTable(title, ["", "/livez", "25 %", "50 %", "75 %", "all", "isolates that ended"], rows);
}

async function measure(count: number, how: { burners: number; holdMs: number | null }): Promise<Rise> {
  await using registry = new HeldRegistry();
  const apps = Array.from({ length: count }, (_, index): [string, TempApp] => {
    const files = how.holdMs !== null && index === 0
      ? registry.appFiles
      : `export default { fetch: () => new Response("${index}") };\n`;
    return [`app-${index}`, { files, config: { memory_mb: 64, start: "eager" } }];
  });
  const adminPort = freePort();
  await using project = await benchProject(Object.fromEntries(apps), {
    install: { registry: registry.url },
    admin: { hostname: "127.0.0.1", port: adminPort },
  });
  using _burners = burn(how.burners);
  const begin = performance.now();
  await using nano = await NanoProcess.spawn(["start", "--no-guardian", "--config", project.configFile]);
  const since = () => performance.now() - begin;
  const release = how.holdMs === null ? null : setTimeout(() => registry.release(), how.holdMs);
  let livezMs: number | null = null;
  const upMs: number[] = [];
  try {
    while (upMs.length < 4) {
      if (since() > LONGEST_MS) throw new Error(`Not all of ${count} apps came up:\n${nano.stderr}`);
      livezMs ??= await isAlive(adminPort) ? since() : null;
      const up = new Set(nano.events.filter(({ event }) => event === "app_ready").map(({ app }) => app)).size;
      while (upMs.length < 4 && up >= count * (upMs.length + 1) / 4) upMs.push(since());
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } finally {
    if (release !== null) clearTimeout(release);
  }
  const ended: Record<string, number> = {};
  for (const { event, reason } of nano.events) {
    if (event === "app_exit") ended[String(reason)] = (ended[String(reason)] ?? 0) + 1;
  }
  return { livezMs: livezMs ?? NaN, upMs, ended };
}

async function isAlive(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/livez`);
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Processes that do nothing but compute. */
function burn(count: number): Disposable {
  const children = Array.from(
    { length: count },
    () => new Deno.Command(Deno.execPath(), { args: ["eval", "for (;;);"], stdin: "null" }).spawn(),
  );
  return {
    [Symbol.dispose]() {
      for (const child of children) child.kill("SIGKILL");
    },
  };
}
