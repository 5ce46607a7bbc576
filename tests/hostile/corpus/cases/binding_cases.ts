/** Bindings: methods that lead nowhere, prototypes that an app has spoilt. */
import type { HostileCase } from "../hostile_case.ts";

const LOOP = "methods that call themselves without end";

/** An app that has a binding to an entrypoint of its own. */
function ownMethods(methods: string, deed: string): string {
  return `import { WorkerEntrypoint } from "cloudflare:workers";
    export class Own extends WorkerEntrypoint { ${methods} }
    export default { async fetch(request, env) {
      if (new URL(request.url).pathname === "/alive") return new Response("alive");
      ${deed}
      return new Response("done");
    } };`;
}

const ownBinding = (name: string) => ({
  bindings: { OWN: { service: `bindings-${name.replaceAll(" ", "-")}`, entrypoint: "Own" } },
  cpu_ms: 20_000,
});

/** Attacks through what the host keeps and passes on for an app. */
export const BINDING_CASES: readonly HostileCase[] = [
  {
    name: LOOP,
    app: ownMethods(
      `async again() { return await this.env.OWN.again(); }`,
      `const error = await env.OWN.again().catch((error) => error);
      if (error.code !== "LOOP") throw error;`,
    ),
    sees: ["200"],
    limits: ownBinding(LOOP),
  },
  {
    name: "messages that are thrown back as what is no error",
    app: `let delivered = 0; let told; const thrice = new Promise((resolve) => told = resolve);
      export default {
        async fetch(request, env) {
          if (new URL(request.url).pathname === "/alive") return new Response("alive");
          await env.JOBS.send("poison");
          await thrice;
          return new Response("done");
        },
        queue() {
          delivered++;
          if (delivered === 3) told();
          throw [null, Object.create(null), new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } })][delivered % 3];
        },
      };`,
    sees: ["200"],
    limits: {
      bindings: { JOBS: { queue: "corpus-poison" } },
      queues: { consumers: [{ queue: "corpus-poison", max_batch_timeout: 0 }] },
    },
  },
  {
    name: "options that every object has",
    deed:
      `Object.assign(Object.prototype, { signal: 1, metadata: "m", limit: -5, cursor: "zz", onlyIf: 1, range: { offset: 1e9 } });
      await env.NS.put("k", "v"); await env.FILES.put("k", "v");
      const seen = [await env.NS.get("k"), (await env.NS.list()).keys.length, await (await env.FILES.get("k")).text(),
        (await env.FILES.list()).objects.length, await env.DB.prepare("SELECT 1 AS one").first("one")];
      for (const name of ["signal", "metadata", "limit", "cursor", "onlyIf", "range"]) delete Object.prototype[name];
      if (seen.join() !== "v,1,v,1,1") throw new Error(seen.join());`,
    sees: ["200"],
    limits: {
      bindings: { NS: { kv: "corpus-options" }, FILES: { r2: "corpus-options" }, DB: { d1: "corpus-options" } },
      cpu_ms: 20_000,
    },
  },
];
