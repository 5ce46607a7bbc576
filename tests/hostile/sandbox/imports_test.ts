/** Forbidden modules, asked for in every form that JavaScript has, with every builtin that a check may lean on replaced. */
import { LIBRARY } from "../../../runtime/bundle/node_stubs.ts";
import { assert, assertEquals } from "@std/assert";
import { builtinModules } from "node:module";
import { until } from "../../integration/life/until.ts";
import { Arena } from "./arena.ts";

const SPECIFIERS = ("node:fs fs node:fs/promises node:module module node:child_process node:worker_threads node:vm " +
  "node:v8 node:os node:net node:inspector node:http node:https node:http2 node:repl node:test node:sqlite node:dns " +
  "node:dgram node:tls node:cluster node:perf_hooks node:wasi node:trace_events node:tty " +
  "node:readline node:console node:sys node:domain node:constants node:_stream_readable node:internal/fs NODE:fs " +
  "node:%66s node:buffer/../fs node:util/../fs npm:hono jsr:@std/assert file:///etc/passwd /etc/passwd " +
  "../../../../etc/passwd app:///../../etc/passwd app:///nothing data:text/javascript,export%20default%201 " +
  "blob:null/x http://127.0.0.1/x.js https://deno.land/x.js ext:core/mod.js ext:runtime/98_global_scope_shared.js " +
  "deno:core internal:x wasm:x nano:boot").split(" ");

const IMPORTER = `
// Made by Function, so that no bundler sees them.
const load = Function("specifier", "options", "return import(specifier, options)");
const GOT = "GOT ";
async function attempt(name, make) {
  try {
    const loaded = await make();
    if (loaded === undefined) throw new Error("nothing");
    // NANO's own module in the place of Node's: it reads no file of the host.
    const reads = typeof loaded.readFileSync === "function" ? loaded : loaded.default;
    if (typeof reads?.readFileSync === "function") {
      try {
        return [name, GOT + reads.readFileSync("/etc/passwd", "utf8")];
      } catch (error) {
        return [name, "OURS " + error.code];
      }
    }
    return [name, GOT + (loaded?.default ?? Object.keys(loaded ?? {}).join())];
  } catch (error) {
    return [name, String(error?.message)];
  }
}
const specifiers = ${JSON.stringify(SPECIFIERS)};
const forms = {
  "attribute text": () => load("file:///etc/passwd", { with: { type: "text" } }),
  "attribute bytes": () => load("file:///etc/passwd", { with: { type: "bytes" } }),
  "attribute json": () => load("file:///etc/passwd", { with: { type: "json" } }),
  "defer": () => Function("return import.defer('node:fs')")(),
  "source": () => Function("return import.source('file:///etc/passwd')")(),
  "require": () => Function("return require('fs')")(),
  "createRequire": async () => (await load("node:module")).createRequire("file:///x.js")("fs"),
  "indirect eval": () => (0, eval)("import('node:fs')"),
  "async function": () => (async () => {}).constructor("return await import('node:fs')")(),
  "generator": async () => (await (async function* () {}).constructor("yield await import('node:fs')")().next()).value,
  "changing toString": () => {
    let reads = 0;
    return load({ toString: () => reads++ === 0 ? "node:fs" : "node:path" });
  },
  "getBuiltinModule": () => process.getBuiltinModule("fs"),
  "real process": () => Function("return process")().binding("fs"),
  "wasm": () => WebAssembly.compileStreaming(fetch("file:///etc/passwd")),
  "fetch": async () => ({ default: await (await fetch("file:///etc/passwd")).text() }),
  "worker": () => new Worker("data:text/javascript,1"),
};
const S = String.prototype, O = Object, A = Array.prototype;
const { defineProperty: define, getOwnPropertyDescriptor: describe, keys } = O;
const { then } = Promise.prototype;
const calls = Reflect.apply;
const replaced = (holder, name, value) => {
  const before = describe(holder, name);
  define(holder, name, typeof value === "function" && !value.get
    ? { value, writable: true, configurable: true } : { ...value, configurable: true });
  return () => before === undefined ? delete holder[name] : define(holder, name, before);
};
const replacements = {
  slice: [[S, "slice", () => "app:///"]],
  startsWith: [[S, "startsWith", () => true]],
  regex: [[RegExp.prototype, "test", () => false], [RegExp.prototype, "exec", () => null]],
  has: [[Set.prototype, "has", () => true], [Map.prototype, "get", () => "export default 1"]],
  hasOwn: [[O, "hasOwn", () => true], [O.prototype, "hasOwnProperty", () => true]],
  apply: [[Reflect, "apply", () => "app:///"], [Function.prototype, "call", () => "app:///"]],
  iterator: [[A, Symbol.iterator, function* () {}], [A, "push", () => 0], [A, "includes", () => true]],
  href: [[URL.prototype, "href", { get: () => "node:fs" }], [URL.prototype, "toString", () => "node:fs"]],
  encoding: [[globalThis, "encodeURIComponent", () => ""], [globalThis, "decodeURIComponent", () => ""],
    [JSON, "stringify", () => '""); export * from "node:fs"; ("']],
  prototype: ["source", "url", "format", "shortCircuit", "sources", "nodeCompat", "parentURL"].map((name) =>
    [O.prototype, name, { get: () => name === "url" ? "node:fs" : name === "format" ? "builtin" : true, set() {} }]),
};
export default {
  async fetch() {
    const { stringify } = JSON;
    const found = [];
    const itself = await load("node:fs"), spawner = await load("node:child_process");
    try { spawner.spawn("true"); found.push(["spawn", GOT]); } catch {}
    for (const specifier of specifiers) found.push(await attempt(specifier, () => load(specifier)));
    for (const name in forms) found.push(await attempt(name, forms[name]));
    for (const name in replacements) {
      for (const specifier of ["node:fs", "node:child_process", "file:///etc/passwd", "data:text/javascript,1"]) {
        // The replacement stands exactly while the import is decided.
        const undo = [];
        let pending;
        for (let at = 0; at < replacements[name].length; at++) {
          // No destructuring: it would use the replaced iterator.
          const one = replacements[name][at];
          undo[at] = replaced(one[0], one[1], one[2]);
        }
        try {
          pending = load(specifier);
          pending = calls(then, pending, [(loaded) => [name + " " + specifier,
            specifier === "node:fs" && loaded === itself ? "OURS" : specifier === "node:child_process" &&
            loaded === spawner ? "OURS" : GOT + keys(loaded).length],
            (error) => [name + " " + specifier, error.message]]);
          found[found.length] = await pending;
        } finally {
          for (let at = 0; at < undo.length; at++) undo[at]();
        }
      }
    }
    return new Response(stringify(found));
  },
};`;

Deno.test("No form of import, and no replaced builtin, gives an app a module that it may not have", async () => {
  await using arena = await Arena.open({ importer: IMPORTER });
  const sight = await arena.attack("importer");
  assertEquals(sight.status, 200, sight.text);
  const found = JSON.parse(sight.text) as [string, string][];
  assert(found.length >= SPECIFIERS.length + 16 + 40, `only ${found.length} attempts came to an end`);
  for (const [name, outcome] of found) {
    // Asked for as text, an app gets the refusal's own source and not the file's.
    const isRefusalAsText = outcome.startsWith("GOT throw new TypeError(");
    const isOurs = LIBRARY.has(name.replace(/^node:/, ""));
    assert(!outcome.startsWith("GOT ") || isRefusalAsText || isOurs, `${name}: ${outcome.slice(0, 200)}`);
  }
  await arena.assertUnharmed([sight]);
  console.log(`${found.length} imports refused`);
});

/** Offered to apps; every other built-in of Deno must be refused, whatever it is. */
const OFFERED = new Set(
  ("assert assert/strict async_hooks buffer crypto diagnostics_channel events path path/posix path/win32 process punycode querystring stream " +
    "stream/consumers stream/promises stream/web string_decoder timers timers/promises url util util/types zlib")
    .split(" "),
);

Deno.test("A static import of any built-in that is not offered gives a stub, or fails the app's start and nothing else", async () => {
  const forbidden = builtinModules.map((name) => name.replace("node:", "")).filter((name) => !OFFERED.has(name));
  assert(forbidden.includes("worker_threads") && forbidden.length > 40);
  const apps = Object.fromEntries(
    forbidden.map((name, index) => [
      `static-${index}`,
      `import * as all from "node:${name}"; export default () => new Response(String(Object.keys(all).length > 0));`,
    ]),
  );
  await using arena = await Arena.open(apps, { config: { defaults: { memory_mb: 32 } } });
  for (const [index, name] of forbidden.entries()) {
    // On a busy machine so many apps come up one after the other
    const sight = await until(async () => {
      const one = await arena.attack(`static-${index}`);
      return one.code !== "APP_UNAVAILABLE" && one;
    }, `the start of static-${index} has failed`);
    const isOurs = LIBRARY.has(name);
    const told = [sight.status, sight.code, isOurs ? sight.text : null];
    assertEquals(told, isOurs ? [200, null, "true"] : [503, "APP_FAILED", null], `${name}: ${sight.text}`);
  }
  await arena.assertUnharmed();
});

Deno.test("A guarded built-in that is imported late shows its original to no patched builtin", async () => {
  const app = `export default async () => {
    const seen = [];
    const { assign, defineProperty, entries, keys } = Object;
    for (const name of ["assign", "defineProperty", "entries", "keys", "fromEntries"]) {
      const native = Object[name];
      Object[name] = function (...given) { seen.push(...given); return native.apply(this, given); };
    }
    const modules = [await import("node:crypto"), await import("node:buffer"), await import("node:stream/consumers")];
    const leaks = seen.filter((one) => typeof one?.pbkdf2Sync === "function" || typeof one?.Blob === "function");
    let bounded = false;
    try { modules[0].default.pbkdf2Sync("a", "b", 1e9, 64, "sha512"); } catch { bounded = true; }
    return Response.json([leaks.length, bounded, modules[1].default.Blob === Blob]);
  };`;
  await using arena = await Arena.open({ app });
  const sight = await arena.attack("app");
  assertEquals(sight.text, "[0,true,true]");
  await arena.assertUnharmed([sight]);
});

Deno.test("A static import of a guarded built-in gets the guarded one", async () => {
  const app = `import process_ from "node:process"; import { Blob as B, File as F } from "node:buffer";
    import { pbkdf2Sync } from "node:crypto";
    export default () => {
      let bounded = false;
      try { pbkdf2Sync("a", "b", 1e9, 64, "sha512"); } catch { bounded = true; }
      return Response.json([process_ === process, B === Blob, F === File, bounded]);
    };`;
  await using arena = await Arena.open({ app });
  const sight = await arena.attack("app");
  assertEquals(sight.text, `[true,true,true,true]`);
  await arena.assertUnharmed([sight]);
});
