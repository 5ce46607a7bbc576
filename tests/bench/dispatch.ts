/** Small requests through NANO, against raw Deno.serve and against raw Deno.serve with equal fidelity. */
import { benchProject } from "./bench_project.ts";
import { SERVE_APP } from "./bench_apps.ts";
import type { LoadGenerator } from "./load.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { startNano, startRaw } from "./servers.ts";
import { printTable } from "./table.ts";

/** What a browser sends with a navigation, beside Host: 12 headers. */
export const BROWSER_HEADERS: readonly (readonly [string, string])[] = [
  [
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
  ],
  ["accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"],
  ["accept-language", "en-GB,en;q=0.9,de;q=0.8"],
  ["accept-encoding", "gzip, deflate, br, zstd"],
  ["sec-ch-ua", '"Chromium";v="130", "Not?A_Brand";v="99"'],
  ["sec-ch-ua-mobile", "?0"],
  ["sec-ch-ua-platform", '"Linux"'],
  ["sec-fetch-site", "none"],
  ["sec-fetch-mode", "navigate"],
  ["sec-fetch-dest", "document"],
  ["upgrade-insecure-requests", "1"],
  ["cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"],
];

/** Prints requests a second and ratios by concurrency. */
export async function benchDispatch(options: { short: boolean; generator: LoadGenerator }): Promise<void> {
  const { short, generator } = options;
  await using project = await benchProject({ serve: { files: SERVE_APP, config: { hostname: "serve.bench" } } });
  await using nano = await startNano(project.configFile);
  await using plain = await startRaw("plain");
  await using faithful = await startRaw("faithful");
  // Written so: wrk adds a second Host header unless it recognises ours.
  const host = ["Host", "serve.bench"] as const;
  const rows: string[][] = [];
  for (const [name, more] of [["bare", []], ["12 browser headers", BROWSER_HEADERS]] as const) {
    for (const concurrency of [1, 32, 256]) {
      const load = (url: string, p50s: number[]) => async () => {
        const seconds = short ? 1 : 2;
        const figures = await generator.run({ url: `${url}/`, headers: [host, ...more], concurrency, seconds });
        p50s.push(figures.p50Ms);
        return figures.perSecond;
      };
      const p50s: Record<"raw" | "faithful" | "nano", number[]> = { raw: [], faithful: [], nano: [] };
      const { raw, equal, ours } = await interleave({
        raw: load(plain.url, p50s.raw),
        ours: load(nano.url, p50s.nano),
        equal: load(faithful.url, p50s.faithful),
      }, short ? 3 : 7) as Record<"raw" | "equal" | "ours", number[]>;
      rows.push([
        `${name}, c=${concurrency}`,
        thousands(raw),
        thousands(equal),
        thousands(ours),
        ratioOf(ours, raw),
        ratioOf(ours, equal),
        `${median(p50s.raw).toFixed(2)} / ${median(p50s.nano).toFixed(2)}`,
      ]);
    }
  }
  printTable(
    "Dispatch (requests a second; ratio: more is better)",
    ["", "raw", "raw, equal fidelity", "NANO", "NANO / raw", "NANO / equal fidelity", "p50 ms raw / NANO"],
    rows,
  );
}

function thousands(values: readonly number[]): string {
  return `${(median(values) / 1000).toFixed(1)}k`;
}
