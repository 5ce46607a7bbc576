/** Every node: module can be imported; what reaches past the isolate throws when it is called, and names itself. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Module and a call that needs the machine; null where every call is harmless. */
const REACHING: Readonly<Record<string, string | null>> = {
  child_process: `spawn("true")`,
  cluster: null,
  console: null,
  constants: null,
  dgram: null,
  dns: null,
  "dns/promises": null,
  domain: null,
  fs: null,
  "fs/promises": null,
  repl: `start()`,
  sqlite: `DatabaseSync()`,
  http: null,
  http2: `createServer(() => {})`,
  https: null,
  inspector: null,
  module: null,
  net: null,
  os: `setPriority(1)`,
  perf_hooks: null,
  readline: null,
  "readline/promises": null,
  tls: null,
  tty: null,
  v8: `writeHeapSnapshot()`,
  vm: null,
  wasi: null,
  worker_threads: null,
};

const names = Object.keys(REACHING);
const imported = (name: string) => name.replaceAll(/[^a-z0-9]/g, "_");
const SURFACE = `
${names.map((name) => `import * as ${imported(name)} from "node:${name}";`).join("\n")}

const told = async (call) => { try { await call(); return "answered"; } catch (error) { return error.message; } };
export default { async fetch() {
  return Response.json({
    kinds: [${names.map((name) => `typeof ${imported(name)}.default`).join(", ")}],
    calls: [${
  names.flatMap((name) => REACHING[name] === null ? [] : [`await told(() => ${imported(name)}.${REACHING[name]})`])
    .join(", ")
}],
    harmless: [os.default.EOL, os.hostname(), os.tmpdir(), worker_threads.isMainThread, tty.isatty(1), module.isBuiltin("fs"),
      typeof perf_hooks.performance.now()],
  });
} };`;

const BUILTINS = `
import * as hooks from "node:async_hooks";
import crypto from "node:crypto";
import fs from "node:fs";
import buffer from "node:buffer";
import consumers from "node:stream/consumers";
export default { async fetch() {
  const get = process.getBuiltinModule;
  const same = (name, module) => get(name) === module && get("node:" + name) === module;
  return Response.json([
    get("async_hooks").AsyncLocalStorage === hooks.AsyncLocalStorage, same("crypto", crypto), same("buffer", buffer),
    same("stream/consumers", consumers), same("process", process), get("node:buffer").Blob === Blob,
    same("fs", fs), same("os", (await import("node:os")).default),
    get("diagnostics_channel").channel !== undefined, get("nope") ?? null, get("node:") ?? null,
  ]);
} };`;

Deno.test("An app imports any node: module, and a call that reaches past the isolate says so", async () => {
  await using project = await TempProject.create({
    surface: { files: SURFACE },
    builtins: { files: BUILTINS },
    without: { files: `import "node:fs";\nexport default { fetch() {} };`, config: { node_compat: false } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const { kinds, calls, harmless } = await (await nano.fetch("surface")).json();
  assertEquals(kinds, names.map((name) => name === "module" ? "function" : "object"));
  const reaching = names.filter((name) => REACHING[name] !== null);
  assertEquals(
    calls.map((text: string) =>
      text.replace(/^Cannot call node:(.*): it reaches past the isolate; apps with "compat": "full" may$/, "$1")
    ),
    reaching.map((name) => `${name}.${REACHING[name]!.split("(")[0]}`),
  );
  assertEquals(harmless, ["\n", "localhost", "/tmp", true, false, true, "number"]);
  assertEquals(await (await nano.fetch("builtins")).json(), [
    ...Array(9).fill(true),
    null,
    null,
  ]);
  const failed = await nano.waitForEvent(({ event, app }) => event === "app_failed" && app === "without");
  assertEquals(/"node:fs": "node_compat" of the app is off/.test(String(failed["error"])), true);
});
