/** React on the server: a page of some thousand elements in plain Deno and in NANO, both with React's production build. */
import { fromFileUrl, REPO } from "../support/repo.ts";
import { cpuSeconds } from "./cpu_seconds.ts";
import { mustBeOk, timedGetOnce } from "./keep_alive.ts";
import type { LoadGenerator } from "./load.ts";
import { interleave, median, ratioOf } from "./rounds.ts";
import { type Server, startNano, startScript } from "./servers.ts";
import { printTable } from "./table.ts";

const INSTALL_MS = 120_000;
const CONCURRENCY = 8;

/** 400 rows of five elements, 40 KB. */
const PAGE = `
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";

function Row({ number }) {
  const name = "Item " + number;
  return h("tr", { className: number % 2 ? "odd" : "even" },
    h("td", null, number), h("td", null, h("a", { href: "/items/" + number, title: name }, name)), h("td", null, number * 3));
}

const Page = ({ rows }) => h("table", null, h("tbody", null, rows.map((number) => h(Row, { key: number, number }))));
const rows = Array.from({ length: 400 }, (_, number) => number);
const headers = { "content-type": "text/html; charset=utf-8" };

export default { fetch: () => new Response("<!doctype html>" + renderToString(h(Page, { rows })), { headers }) };
`;

const PLAIN = `
import page from "./index.mjs";
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ event: "server_start", url: "http://127.0.0.1:" + port })),
}, (_request) => page.fetch());
`;

/** Prints pages a second, and the CPU of one. */
export async function benchReact({ short, generator }: { short: boolean; generator: LoadGenerator }): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-react-" });
  try {
    await installReact(dir);
    await Deno.writeTextFile(`${dir}/app/index.mjs`, PAGE);
    await Deno.writeTextFile(`${dir}/app/plain.mjs`, PLAIN);
    const apps = [{ name: "react", path: "./app", hostname: "react.bench" }];
    await Deno.writeTextFile(`${dir}/nano.json`, JSON.stringify({ hostname: "127.0.0.1", admin: false, apps }));
    await using plain = await startScript(`${dir}/app/plain.mjs`, { NODE_ENV: "production" });
    await using nano = await startNano(`${dir}/nano.json`);
    // An app comes up after its host: what bundles and boots is no page.
    for (const { url } of [plain, nano]) mustBeOk(await timedGetOnce(url, "react.bench"));
    const cpuMs: Record<"raw" | "nano", number[]> = { raw: [], nano: [] };
    const load = ({ url, pid }: Server, costs: number[]) => async () => {
      const seconds = short ? 1 : 3;
      const before = cpuSeconds(pid);
      const headers = [["Host", "react.bench"]] as const;
      const { perSecond } = await generator.run({ url: `${url}/`, headers, concurrency: CONCURRENCY, seconds });
      costs.push((cpuSeconds(pid) - before) * 1000 / (perSecond * seconds));
      return perSecond;
    };
    const figures = await interleave({ raw: load(plain, cpuMs.raw), nano: load(nano, cpuMs.nano) }, short ? 3 : 7);
    const { raw, nano: ours } = figures as Record<"raw" | "nano", number[]>;
    printTable(
      "React, renderToString of 400 rows, production build (ratio: more is better for pages, less for CPU)",
      ["", "raw", "NANO", "NANO / raw"],
      [
        [`pages a second, c=${CONCURRENCY}`, median(raw).toFixed(0), median(ours).toFixed(0), ratioOf(ours, raw)],
        ["CPU ms a page", median(cpuMs.raw).toFixed(2), median(cpuMs.nano).toFixed(2), ratioOf(cpuMs.nano, cpuMs.raw)],
      ],
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** In the version of the corpus. */
async function installReact(dir: string): Promise<void> {
  const corpus = fromFileUrl(new URL("tests/corpus/all/package.json", REPO));
  const { dependencies } = JSON.parse(await Deno.readTextFile(corpus));
  await Deno.mkdir(`${dir}/app`);
  const { react, "react-dom": dom } = dependencies;
  const manifest = { private: true, type: "module", dependencies: { react, "react-dom": dom } };
  await Deno.writeTextFile(`${dir}/app/package.json`, JSON.stringify(manifest));
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    cwd: `${dir}/app`,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(INSTALL_MS),
  }).output();
  if (!success) throw new Error(`Cannot install React with npm: ${new TextDecoder().decode(stderr).trim()}`);
}
