/**
 * Writes workers_answers.json anew, in Node: record_workers.mjs PATH, where PATH is that of an installed `miniflare`
 * (`npm install miniflare@4.20260426.0` in a folder of its own, then its node_modules/miniflare/dist/src/index.js).
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const { Miniflare } = await import(process.argv[2]);
const file = (name) => new URL(`./${name}`, import.meta.url);
const worker = (name, source, ...more) => ({
  name,
  modules: [source, ...more].map((path) => ({ type: "ESModule", path, contents: readFileSync(file(path), "utf8") })),
  compatibilityDate: "2026-01-01",
  compatibilityFlags: ["nodejs_compat"],
});
const miniflare = new Miniflare({
  workers: [
    {
      ...worker("shop", "workers_cases.js", "workers_edge_cases.js"),
      kvNamespaces: ["KV"],
      d1Databases: ["DB"],
      r2Buckets: ["R2"],
      queueProducers: { QUEUE: "jobs" },
      queueConsumers: ["jobs"],
      serviceBindings: {
        AUTH: { name: "auth" },
        ADMIN: { name: "auth", entrypoint: "Admin", props: { level: 3 } },
        PLAIN: { name: "auth", entrypoint: "plain" },
      },
    },
    worker("auth", "workers_service.js"),
  ],
});
const ask = async (name) => await (await miniflare.dispatchFetch(`http://x/${encodeURIComponent(name)}`)).json();
const answers = {};
for (const name of await ask("")) answers[name] = await ask(name);
writeFileSync(file("workers_answers.json"), `${JSON.stringify(answers, null, 2)}\n`);
await miniflare.dispose();
