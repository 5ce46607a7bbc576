/**
 * Writes answers.json anew, in Node: record_answers.mjs PATH, where PATH is that of an installed Wrangler's
 * bin/wrangler.js (`npm install wrangler@4.164.0` in a folder of its own). It answers offline, on a loopback port.
 */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import process from "node:process";
import { askCases } from "./asked.mjs";
import { startUpstream } from "./upstream.mjs";

const folder = new URL(".", import.meta.url).pathname;
const free = net.createServer().listen(0, "127.0.0.1");
await new Promise((resolve) => free.on("listening", resolve));
const { port } = free.address();
free.close();
const upstream = await startUpstream();
const options = ["--port", port, "--ip", "127.0.0.1", "--inspector-port", 0, "--var", `UPSTREAM:${upstream.url}`];
const wrangler = spawn(process.execPath, [process.argv[2], "dev", ...options.map(String)], {
  cwd: folder,
  env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" },
  stdio: "inherit",
});
const base = new URL(`http://127.0.0.1:${port}/`);
for (let tries = 0; tries < 120; tries++) {
  if (await fetch(base).then((answer) => answer.ok, () => false)) break;
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
writeFileSync(`${folder}answers.json`, `${JSON.stringify(await askCases(base), null, 1)}\n`);
wrangler.kill("SIGTERM");
await upstream.close();
