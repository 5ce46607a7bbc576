/** Reach: what an app must not get hold of: the host's API, its modules, its files and secrets, and other apps. */
import { HOST_SECRET } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";

const KEPT_OUT = ["200"];

/** Each throws when it reaches something, so that "done" means that it did not. */
const DEEDS: Readonly<Record<string, string>> = {
  "files by Deno":
    `for (const name of ["readTextFile", "readFile", "open", "stat", "lstat", "realPath", "readTextFileSync"])
      await refused(() => Deno[name]("/etc/passwd"));
    await refused(() => Deno.writeTextFile("/etc/nano-corpus-evil", "x")); await refused(() => Deno.writeTextFile("/index.js", "x"));
    const listed = [...Deno.readDirSync("/")].map(({ name }) => name).join(); if (listed !== "index.js,tmp" && listed !== "index.js") throw new Error("reached " + listed);`,
  "programs": `await refused(() => new Deno.Command("id").outputSync()); await refused(() => Deno.run({ cmd: ["id"] }));
    await refused(() => process.binding("spawn_sync")); await refused(() => process.getBuiltinModule("child_process").execSync("id"));
    await refused(() => process.getBuiltinModule("child_process").spawn("id"));`,
  "the host's environment": `const all = JSON.stringify({ ...process.env, ...Deno.env.toObject() });
    if (/HOME|PATH"|${HOST_SECRET}/.test(all)) throw new Error("reached " + all);
    for (const name of ["NANO_HOST_SECRET", "HOME", "PATH", "NANO_ADMIN_TOKEN"]) await refused(() => Deno.env.get(name));`,
  "the inside of Deno":
    `await refused(() => Deno[Deno.internal]); await refused(() => Deno.core); await refused(() => globalThis.__bootstrap);
    for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
      const value = globalThis[symbol]; if (value?.core || value?.ops) throw new Error("reached " + String(symbol)); }
    for (const symbol of Object.getOwnPropertySymbols(Deno)) {
      const value = Deno[symbol]; if (value?.core || value?.ops) throw new Error("reached " + String(symbol)); }`,
  "constructors through prototypes": `const global = (async () => {}).constructor("return globalThis")();
    await refused(() => global.__bootstrap); await refused(() => (function* () {}).constructor("return require")().next().value("fs"));
    await refused(() => global.process.binding("fs"));`,
  "signals and ends of the process":
    `for (const name of ["kill", "abort", "reallyExit", "_kill", "dlopen", "chdir", "setuid", "exit"]) {
      let called = true; try { process[name](process.pid, "SIGKILL"); } catch { called = false; }
      if (called) throw new Error("reached process." + name); }
    await refused(() => Deno.exit(1)); await refused(() => Deno.kill(Deno.pid)); await refused(() => Deno.addSignalListener("SIGTERM", () => {}) ?? 1);`,
  "threads": `await refused(() => new Worker("data:text/javascript,1")); await refused(() => new SharedWorker("x"));
    await refused(() => import("node:worker_threads").then(({ Worker }) => new Worker("data:text/javascript,1")));
    await refused(() => import(["node:", "worker_threads"].join("")).then(({ Worker }) => new Worker("data:text/javascript,1")));
    const { parentPort, workerData, getEnvironmentData } = await import("node:worker_threads");
    if (parentPort || workerData || getEnvironmentData?.("x")) throw new Error("reached a port");`,
  "the inspector and flags of V8":
    `const found = {}; for (const name of ["v8", "vm", "inspector", "repl", "wasi", "sqlite"]) found[name] = (await import("node:" + name)).default;
    await refused(() => found.v8.setFlagsFromString("--expose-gc") ?? 1); await refused(() => found.v8.writeHeapSnapshot()); await refused(() => found.inspector.open() ?? 1);
    await refused(() => new found.inspector.Session().connect() ?? 1); await refused(() => found.repl.start()); await refused(() => new found.wasi.WASI({ version: "preview1" }));
    await refused(() => new found.sqlite.DatabaseSync("/tmp/x.db")); await refused(() => found.vm.runInNewContext("Deno.readTextFileSync('/etc/passwd')"));
    await refused(() => found.vm.runInNewContext("this.constructor.constructor('return Deno.env.get(\\"NANO_HOST_SECRET\\")')()", { a: 1 }));`,
  "files by node:fs": `const fs = await import("node:fs"); const promises = await import("node:fs/promises");
    await refused(() => fs.readFileSync("/etc/passwd", "utf8")); await refused(() => promises.readFile("/etc/passwd"));
    await refused(() => fs.existsSync("/etc/passwd") || undefined); await refused(() => fs.readdirSync("/etc"));
    await refused(() => new Promise((resolve, reject) => fs.createReadStream("/etc/passwd").on("data", resolve).on("error", reject)));
    await refused(() => fs.statSync("/etc/passwd")); await refused(() => fs.writeFileSync("/index.js", "x") ?? 1);
    for (const link of ["/../etc/passwd", "/%2e%2e/etc/passwd", "/proc/self/environ", "/dev/zero", "/tmp/../../etc/passwd"]) await refused(() => fs.readFileSync(link));`,
  "files by imports":
    `for (const specifier of ["file:///etc/passwd", "/etc/passwd", "../../../../etc/passwd", "app:///../../etc/passwd"])
      for (const options of [undefined, { with: { type: "text" } }, { with: { type: "json" } }, { with: { type: "bytes" } }])
        await refused(() => Function("s", "o", "return import(s, o)")(specifier, options)
          // As a text, a refusal is the module that would have thrown it
          .then((module) => /^throw new TypeError\\("Cannot import/.test(module.default) ? undefined : module));`,
  "code from elsewhere":
    `for (const specifier of ["npm:hono", "jsr:@std/assert", "http://127.0.0.1:" + env.TRAP + "/x.js", "https://deno.land/x.js",
        "data:text/javascript,export default 1", "ext:core/mod.js", "blob:null/x"])
      await refused(() => Function("s", "return import(s)")(specifier));`,
  "imports by deferral and by source":
    `await refused(() => Function("return import.defer('file:///etc/passwd')")()); await refused(() => Function("return import.source('file:///etc/passwd')")());
    await refused(() => Function("return require('fs')")()); await refused(() => import("node:module").then((m) => m.createRequire("file:///x.js")("/etc/passwd")));
    await refused(() => import("node:module").then((m) => m.createRequire("file:///x.js")("fs").readFileSync("/etc/passwd")));`,
  "paths in stacks": `const stacks = [];
    for (const make of [() => null.x, () => JSON.parse("{"), () => new URL("x"), () => fetch("x:"), () => new Response("", { status: 1 }), () => structuredClone(() => {})])
      try { await make(); } catch (error) { stacks.push(error.stack, error.message); }
    Error.prepareStackTrace = (_error, frames) => frames.map((frame) => frame.getFileName() + " " + frame.getScriptNameOrSourceURL()).join();
    stacks.push(new Error().stack); const all = stacks.join();
    if (/file:\\/\\/|runtime\\/isolate|\\/apps\\/|\\/tmp\\//.test(all)) throw new Error("reached " + all);`,
  "this of callers":
    `const seen = []; Error.prepareStackTrace = (_error, frames) => frames.map((frame) => [frame.getThis?.(), frame.getFunction?.()]);
    for (const [self, callee] of new Error().stack ?? []) if (self?.postMessage || callee?.caller) seen.push(String(callee));
    if (seen.length > 0) throw new Error("reached " + seen);`,
  "channels of other apps":
    `await refused(() => { const channel = new BroadcastChannel("nano"); channel.postMessage("x"); return channel.name; });
    await refused(() => import("node:" + "worker_threads").then(({ postMessageToThread }) => postMessageToThread(1, "x")));`,
  "locks of other apps":
    `const locks = globalThis.navigator?.locks; if (locks) { const { held = [] } = await locks.query(); if (held.length > 0) throw new Error("reached " + held.length); }`,
  "listeners":
    `await refused(() => Deno.listen({ port: 0 })); await refused(() => Deno.listenDatagram({ port: 0, transport: "udp" }));
    await refused(() => Deno.connect({ path: "/var/run/docker.sock", transport: "unix" })); await refused(() => import("node:net").then((net) => net.createServer().listen(0)));
    await refused(() => import(["node:", "net"].join("")).then((net) => net.createServer().listen(0)));`,
  "permissions": `await refused(async () => (await Deno.permissions.request({ name: "read" })).state === "granted");
    await refused(() => Deno.permissions.revokeSync({ name: "net" })); await refused(() => prompt("x")); await refused(() => confirm("x"));`,
  "databases and native code":
    `await refused(() => Deno.openKv("https://api.deno.com/databases/x/connect")); await refused(() => Deno.dlopen("libc.so.6", {}));
    await refused(() => sessionStorage.setItem("x", "y") ?? sessionStorage.getItem("x")); await refused(() => navigator.gpu?.requestAdapter());`,
  "the machine":
    `for (const name of ["hostname", "networkInterfaces", "osRelease", "systemMemoryInfo", "uid", "gid", "execPath", "mainModule"])
      await refused(() => typeof Deno[name] === "function" ? Deno[name]() : Deno[name]);
    const os = await import("node:os"); const told = os.hostname() + os.release() + os.version() + Object.keys(os.networkInterfaces()) + os.userInfo().username;
    // What it holds and how long it runs is the app's own
    if (told !== "localhostapp" || os.totalmem() > 2 ** 29 || os.cpus().length !== 1) throw new Error("reached " + told + os.totalmem());`,
  "private ports of the wall":
    `const { parentPort, workerData } = globalThis; if (parentPort || workerData) throw new Error("reached a port");
    const seen = []; const { addEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (...given) { seen.push(this); return addEventListener.apply(this, given); };
    const { dispatchEvent } = EventTarget.prototype; EventTarget.prototype.dispatchEvent = function (e) { seen.push(this); return dispatchEvent.call(this, e); };
    console.log("a line"); await later(50); EventTarget.prototype.addEventListener = addEventListener; EventTarget.prototype.dispatchEvent = dispatchEvent;
    if (seen.some((one) => one instanceof MessagePort)) throw new Error("reached a port");`,
};

/** Static imports, at which the bundle or the start must fail, and nothing else. */
const IMPORTS: Readonly<Record<string, string>> = {
  "a static import of a neighbour":
    `import other from "../neighbour-a/index.ts"; export default () => new Response(String(other.fetch));`,
  "a static import of a file of the host":
    `import text from "/etc/passwd" with { type: "text" }; export default () => new Response(text);`,
  "a static import by file:":
    `import text from "file:///etc/passwd" with { type: "text" }; export default () => new Response(text);`,
  "a static import of the admin token":
    `import text from "../../nano.json" with { type: "text" }; export default () => new Response(text);`,
  "a static import by http:": `import x from "http://127.0.0.1:1/x.js"; export default () => new Response(x);`,
};

/** Attacks that want to get hold of something. */
export const REACH_CASES: readonly HostileCase[] = [
  ...Object.entries(DEEDS).map(([name, deed]): HostileCase => ({ name, deed, sees: KEPT_OUT, spoilsItself: true })),
  ...Object.entries(IMPORTS).map(([name, app]): HostileCase => ({
    name,
    app,
    sees: ["400 CONFIG_INVALID", "503 APP_FAILED"],
    spoilsItself: true,
  })),
  {
    name: "files, at other places of its life",
    deed:
      `await refused(() => Deno.readTextFile("/etc/passwd")); await refused(() => process.getBuiltinModule("fs").readFileSync("/etc/passwd"));`,
    places: ["timer", "after the response", "top level", "drain"],
    sees: KEPT_OUT,
  },
  {
    name: "a port of the machine by servers of Node",
    app: `import * as http from "node:http"; import * as https from "node:https";
      export default { async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/alive") return new Response("alive");
        const port = Number(pathname.slice(1)); const told = [];
        for (const { createServer } of [http, https]) for (const host of ["127.0.0.1", "0.0.0.0", "::", undefined]) {
          const server = createServer(() => {}); const { promise, resolve } = Promise.withResolvers();
          server.on("listening", () => resolve(server.address().port)).on("error", (error) => resolve(error.code));
          try { host ? server.listen(port, host) : server.listen({ port }); } catch (error) { resolve(error.code); }
          told.push(await promise); if (server._handle) told.push("handle");
        }
        return new Response(told.includes(port) && !told.includes("handle") ? "done" : told.join());
      } };`,
    act: async (scene, app) => {
      const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = free.addr;
      free.close();
      const seen = await scene.see(app, `/${port}`);
      try {
        using _open = await Deno.connect({ hostname: "127.0.0.1", port });
        return "a port of the machine is open";
      } catch (error) {
        if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      }
      return seen;
    },
    sees: KEPT_OUT,
  },
  {
    name: "another app's cache",
    app: `export default { async fetch(request) {
      if (new URL(request.url).pathname === "/alive") return new Response("alive");
      const cache = await caches.open("shared"); const found = await cache.match("http://shared/x");
      await cache.put("http://shared/x", new Response("mine"));
      return new Response(found ? "reached " + await found.text() : "done"); } };`,
    act: async (scene, app) => {
      const other = "cache-of-another";
      const source = `export default { async fetch() { const cache = await caches.open("shared");
        await cache.put("http://shared/x", new Response("theirs")); return new Response("done"); } };`;
      await scene.add(other, { files: { "index.js": source }, limits: {} });
      const filled = await scene.see(other);
      const seen = await scene.see(app);
      await scene.remove(other);
      return filled === "200" ? seen : filled;
    },
    sees: KEPT_OUT,
  },
];
