/** Bindings and connections of an app, against SQLite and sockets used directly, and against `wrangler dev`. */
import { benchProject } from "./bench_project.ts";
import { AT_ONCE, BINDINGS_APP } from "./binding_apps.ts";
import { benchBuckets } from "./buckets.ts";
import { cpuSecondsOfTree } from "./cpu_seconds.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import { LineProcess } from "./line_process.ts";
import type { LoadGenerator } from "./load.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano } from "./servers.ts";
import { printTable } from "./table.ts";
import { startWrangler, WRANGLER_DATA } from "./wrangler.ts";

const HOST = "serve.bench";
const CONCURRENCY = 32;

/** A server of the app. */
type Contestant = Pick<Server, "url" | "pid">;

/** Prints calls a second inside a request, requests that need one call each, and what objects of R2 move. */
export async function benchBindings({ short, generator }: { short: boolean; generator: LoadGenerator }): Promise<void> {
  const ms = short ? 1000 : 2000;
  const rounds = short ? 3 : 7;
  await using project = await benchProject({
    serve: {
      files: { "index.ts": BINDINGS_APP },
      config: {
        hostname: HOST,
        outbound: "any",
        bindings: { CACHE: { kv: "bench" }, DB: { d1: "bench" } },
      },
    },
  });
  const folder = await Deno.makeTempDir({ prefix: "nano-bench-" });
  try {
    await using direct = new LineProcess(folder);
    await using echo = new LineProcess("echo");
    await direct.line();
    const port = await echo.line();
    await using nano = await startNano(project.configFile);
    await using wrangler = await startWrangler(folder, BINDINGS_APP);
    await ask(nano, "/fill");
    if (wrangler !== null) await ask(wrangler, "/fill");
    const rows: string[][] = [];
    for (
      const [name, line, path] of [
        ["KV get", `kv ${ms}`, `/kv-loop?ms=${ms}`],
        ["D1 point query", `d1 ${ms}`, `/d1-loop?ms=${ms}`],
        ["D1 point query, new each time", `d1-new ${ms}`, `/d1-file-loop?ms=${ms}`],
        ["D1 100 rows", `rows ${ms}`, `/d1-rows-loop?ms=${ms}`],
        ["TCP echo of 1 KiB", `echo ${ms} ${port}`, `/echo-loop?ms=${ms}&port=${port}`],
      ] as const
    ) {
      const cpus: number[] = [];
      const figures = await interleave({
        direct: () => direct.ask(line),
        nano: async () => {
          const before = cpuSecondsOfTree(nano.pid);
          const perSecond = Number(await ask(nano, path));
          cpus.push((cpuSecondsOfTree(nano.pid) - before) / (perSecond * ms / 1000));
          return perSecond;
        },
        ...wrangler === null || !WRANGLER_DATA.has(name)
          ? {}
          : { wrangler: async () => Number(await ask(wrangler, path)) },
      }, rounds) as Record<"direct" | "nano" | "wrangler", number[]>;
      rows.push([name, ...cells(figures), (median(cpus) * 1e6).toFixed(1)]);
    }
    printTable(
      `Calls inside a request, ${AT_ONCE} at once (a second; ratio: more is better)`,
      ["", "direct", "NANO", "NANO / direct", "wrangler dev", "NANO / wrangler", "NANO's CPU us"],
      rows,
    );
    await benchRequests({ nano, wrangler, generator, rounds, seconds: ms / 1000 });
    await benchBuckets(short);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function benchRequests({ nano, wrangler, generator, rounds, seconds }: {
  nano: Contestant;
  wrangler: Contestant | null;
  generator: LoadGenerator;
  rounds: number;
  seconds: number;
}): Promise<void> {
  const rows: string[][] = [];
  for (const [name, path] of [["KV get a request", "/kv"], ["D1 query a request", "/d1"]] as const) {
    const cpus: number[] = [];
    const load = async (url: string) => {
      const headers = [["Host", HOST]] as const;
      return (await generator.run({ url, headers, concurrency: CONCURRENCY, seconds })).perSecond;
    };
    const figures = await interleave({
      direct: () => load(`${nano.url}/hello`),
      nano: async () => {
        const before = cpuSecondsOfTree(nano.pid);
        const perSecond = await load(nano.url + path);
        cpus.push((cpuSecondsOfTree(nano.pid) - before) / (perSecond * seconds));
        return perSecond;
      },
      ...wrangler === null ? {} : { wrangler: () => load(wrangler.url + path) },
    }, rounds) as Record<"direct" | "nano" | "wrangler", number[]>;
    rows.push([name, ...cells(figures), (median(cpus) * 1e6).toFixed(1)]);
  }
  printTable(
    `Requests with one call each, c=${CONCURRENCY} (a second; ratio: more is better)`,
    ["", "hello", "NANO", "NANO / hello", "wrangler dev", "NANO / wrangler", "NANO's CPU us"],
    rows,
  );
}

function cells(figures: Record<"direct" | "nano", number[]> & { wrangler?: number[] }): string[] {
  const { direct, nano, wrangler } = figures;
  const shown = (values: readonly number[]) => Math.round(median(values)).toString();
  const against = wrangler === undefined ? ["-", "-"] : [shown(wrangler), ratioOf(nano, wrangler)];
  return [shown(direct), shown(nano), ratioOf(nano, direct), ...against];
}

async function ask({ url }: Contestant, path: string): Promise<string> {
  const timed = await timedGetOnce(url, HOST, path);
  mustBeOk(timed);
  return timed.response.text;
}
