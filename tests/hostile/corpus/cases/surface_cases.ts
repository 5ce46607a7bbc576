/** Surface: bindings, `node:` modules and rules of static files, through which an app makes the host work for it. */
import type { CorpusScene } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";

const KV = { bindings: { NS: { kv: "corpus" } }, external_mb: 256, cpu_ms: 20_000 };

const R2 = { bindings: { FILES: { r2: "corpus" } }, external_mb: 256, cpu_ms: 20_000 };
const D1 = { bindings: { DB: { d1: "corpus" } }, cpu_ms: 20_000 };
const ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT";

const REDIRECTS = "redirects that take long to fail";
const HEADERS = "headers that grow with the path";
/** Of the static files of a case's app. */
const folderOf = (name: string) => ({ assets: `apps/surface-${name.replaceAll(" ", "-")}/public` });

/** Asks for a path of an app's files many times at once, then for the app. */
async function filesThenApp(scene: CorpusScene, app: string, path: string): Promise<string> {
  await Promise.all(Array.from({ length: 20 }, () => scene.see(app, path)));
  return scene.see(app, "/alive");
}

const ALIVE = `export default { fetch: () => new Response("alive") };`;

/** Attacks through what NANO does for an app in the host. */
export const SURFACE_CASES: readonly HostileCase[] = [
  {
    name: "long values of KV by hundreds of lists of keys at once",
    deed: `await env.NS.put("k", new Response(text(20e6)).body);
      for (let at = 0; at < 250; at++) env.NS.get(["k"]).catch(() => {});
      const end = performance.now() + 2000; while (performance.now() < end) await later(0);`,
    sees: ["200", "503 APP_OUT_OF_MEMORY"],
    limits: KV,
    lingers: true,
  },
  {
    name: "keys of KV as long as the heap",
    deed: `const key = text(10e6); const all = [];
      for (let at = 0; at < 250; at++) all.push(refused(() => env.NS.get(key)));
      await Promise.all(all);`,
    sees: ["200"],
    limits: KV,
  },
  {
    name: "objects that promise more than they have, by the hundred, and bodies that nobody reads",
    deed: `await env.FILES.put("k", new Uint8Array(2e6));
      for (let at = 0; at < 250; at++) env.FILES.put("p" + at, new FixedLengthStream(3e6).readable).catch(() => {});
      for (let at = 0; at < 250; at++) env.FILES.get("k").catch(() => {});
      await refused(() => env.FILES.put("../../x", "x", { customMetadata: { a: text(10e6) } }));
      await later(500);`,
    sees: ["200", "503 APP_OUT_OF_MEMORY"],
    limits: R2,
    lingers: true,
  },
  {
    name: "SQL that reaches for files",
    deed:
      `for (const sql of ["ATTACH '/etc/passwd' AS p", "ATTACH '../d1/other.db' AS p", "VACUUM INTO '/tmp/nano-corpus.db'",
        "PRAGMA journal_mode = OFF", "PRAGMA temp_store_directory = '/'", "SELECT load_extension('x')", "PRAGMA database_list"]) {
        await refused(() => env.DB.prepare(sql).all()); }`,
    sees: ["200"],
    limits: D1,
  },
  {
    name: "queries without end by the hundred",
    deed: `for (let at = 0; at < 200; at++) env.DB.prepare("${ENDLESS} count(*) FROM c").all().catch(() => {});
      await later(500);`,
    sees: ["200"],
    limits: D1,
    lingers: true,
  },
  {
    name: "rows without end",
    deed: `await refused(() => env.DB.prepare("${ENDLESS} x, randomblob(1000) FROM c").all());`,
    sees: ["200"],
    limits: D1,
    lingers: true,
  },
  {
    name: "paths as long as the heap",
    deed: `const { promises, readFileSync } = await import("node:fs"); const path = text(10e6); const all = [];
      for (let at = 0; at < 250; at++) all.push(refused(() => promises.stat(path)));
      await Promise.all(all); await refused(() => readFileSync(path));`,
    sees: ["200"],
  },
  {
    name: "calls of the host with what is no text",
    deed:
      `await import("node:fs"); const host = globalThis[Symbol.for("nano.host")]; const big = [new Uint8Array(10e6)];
      for (let at = 0; at < 250; at++) await refused(() => host.call("stat", big));
      for (const given of [[], ["read"], ["stat", null], ["stat", "/x", {}, 1], ["list", "/", -1], ["read", "/index.js", 0, 1e300],
        ["stat", "/", true, 1, 2, 3], ["__proto__", "/"], ["resolve", "x", {}]]) {
        await refused(() => host.call(...given)); await refused(() => host.callSync(...given)); }
      if ((await host.call("read", "/index.js", 0, 4)).byteLength !== 4) throw new Error("the room was lost");
      if (host.callSync("read", "/index.js", 0, 4).byteLength !== 4) throw new Error("the room was lost");`,
    sees: ["200"],
  },
  {
    name: "calls of the host while prototypes are the app's",
    deed: `const fs = await import("node:fs"); const seen = [];
      const { defineProperty, getOwnPropertyDescriptor } = Object; const { apply, ownKeys } = Reflect;
      for (const one of [EventTarget, MessagePort, MessageEvent, Event, Function, Promise, Array, Object, Map, WeakMap]) {
        for (const key of ownKeys(one.prototype)) {
          const found = getOwnPropertyDescriptor(one.prototype, key);
          if (key === "constructor" || !found.configurable || typeof found.value !== "function" && !found.get) continue;
          const part = found.value ? "value" : "get"; const native = found[part];
          found[part] = function (...given) {
            for (let at = -1; at < given.length; at++) { const one = at < 0 ? this : given[at];
              if (one instanceof MessagePort || one instanceof Event && (one.target instanceof MessagePort)) seen[seen.length] = one; }
            return apply(native, this, given); };
          try { defineProperty(one.prototype, key, found); } catch {}
        } }
      await fs.promises.readFile("index.js"); fs.readFileSync("index.js");
      if (seen.length > 0) throw new Error("reached a port");`,
    sees: ["200"],
    spoilsItself: true,
  },
  {
    name: "names that are looked up for ever",
    deed: `const dns = (await import("node:dns")).promises;
      for (let round = 0; round < 20; round++) {
        const all = []; for (let at = 0; at < 200; at++) all.push(dns.lookup("x" + round + "-" + at + ".invalid").catch(() => {}));
        await Promise.race([Promise.all(all), later(200)]); }`,
    sees: ["200"],
    lingers: true,
  },
  {
    name: REDIRECTS,
    app: {
      "index.js": ALIVE,
      "public/_redirects": Array.from(
        { length: 100 },
        (_, at) => `/*/${Array.from({ length: 32 }, (_, one) => `:a${one}`).join("/")}/x${at} /there`,
      ).join("\n"),
    },
    limits: folderOf(REDIRECTS),
    act: (scene, app) => filesThenApp(scene, app, "/a".repeat(2000)),
    sees: ["200 alive"],
  },
  {
    name: HEADERS,
    app: {
      "index.js": ALIVE,
      "public/_headers": `/:a\n${Array.from({ length: 1500 }, (_, at) => `  x-${at}: ${":a".repeat(600)}`).join("\n")}`,
    },
    limits: folderOf(HEADERS),
    act: (scene, app) => filesThenApp(scene, app, `/${"x".repeat(4000)}`),
    sees: ["200 alive"],
  },
];
