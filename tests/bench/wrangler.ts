/** `wrangler dev` with the app of the bench, from the npm registry. */
import { freePort } from "../support/free_port.ts";
import type { Server } from "./servers.ts";

/** Pinned, so that two runs compare the same; it brings its own workerd. */
const WRANGLER = "wrangler@4.86.0";
const INSTALL_MS = 120_000;
const START_MS = 60_000;
/** The rows that it can take part in. */
export const WRANGLER_DATA: ReadonlySet<string> = new Set([
  ...["KV get", "D1 point query", "D1 point query, new each time", "D1 100 rows"],
]);

/**
 * Installs and starts it.
 * @param folder to work in
 * @returns null, with a line that says why, where it cannot be had
 */
export async function startWrangler(
  folder: string,
  app: string,
): Promise<(Pick<Server, "url" | "pid"> & AsyncDisposable) | null> {
  const dir = `${folder}/wrangler`;
  await Deno.mkdir(dir);
  await Deno.writeTextFile(`${dir}/package.json`, "{}");
  const npm = new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", WRANGLER],
    cwd: dir,
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(INSTALL_MS),
  });
  const isThere = await npm.output().then(({ success }) => success, () => false);
  if (!isThere) {
    console.log(`Left out: npm does not give ${WRANGLER}`);
    return null;
  }
  await Deno.writeTextFile(`${dir}/index.js`, app);
  await Deno.writeTextFile(
    `${dir}/wrangler.json`,
    JSON.stringify({
      name: "bench",
      main: "index.js",
      compatibility_date: "2026-01-01",
      send_metrics: false,
      kv_namespaces: [{ binding: "CACHE", id: "bench" }],
      d1_databases: [{ binding: "DB", database_name: "bench", database_id: "bench" }],
    }),
  );
  const port = freePort();
  const child = new Deno.Command("node", {
    args: ["node_modules/wrangler/bin/wrangler.js", "dev", "--port", String(port), "--ip", "127.0.0.1", "--local"],
    cwd: dir,
    env: { CI: "1", WRANGLER_SEND_METRICS: "false", HOME: dir },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  async function stop(): Promise<void> {
    // Its own end takes workerd along.
    child.kill("SIGTERM");
    await child.status;
  }
  for (const deadline = performance.now() + START_MS; performance.now() < deadline;) {
    const isUp = await fetch(`${url}/hello`).then((answer) => answer.text().then(() => answer.ok), () => false);
    if (isUp) return { url, pid: child.pid, [Symbol.asyncDispose]: stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  console.log(`Left out: ${WRANGLER} does not listen after ${START_MS} ms`);
  return null;
}
