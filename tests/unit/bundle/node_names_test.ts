/** What stands for a module of Node exports every name that the module has: an import of a missing one ends a boot. */
import { assertEquals } from "@std/assert";
import { LIBRARY, libraryFile, librarySource, unenvText } from "../../../runtime/bundle/node_stubs.ts";

/** Names without a word in Node's documentation: parts of Deno that show, and what Node keeps for itself. */
const UNDOCUMENTED: Readonly<Record<string, string>> = {
  console: "indentLevel",
  fs: "BigIntStats CFISBIS SyncWriteStream Utf8Stream convertFileInfoToBigIntStats convertFileInfoToStats " +
    "mkdtempDisposableSync readFilePromise readlinkPromise readvPromise watchPromise",
  "fs/promises": "mkdtempDisposable",
  http: "ServerImpl _connectionListener",
  http2: "ClientHttp2Session Http2Session Http2Stream ServerHttp2Session addAbortListener",
  inspector: "DOMStorage",
  "inspector/promises": "DOMStorage",
  module: "getBuiltinModule",
  net: "_createServerHandle",
  perf_hooks: "enqueueNodePerformanceEntry",
  tls: "CryptoStream SecurePair convertALPNProtocols createSecurePair",
};

/** Old names, of which Node's documentation has none; and all constants in one, which it has where they belong. */
const isOld = (name: string) => name.startsWith("_") || name === "constants";

Deno.test("Names that modules of Node have can be imported from what stands for them", async () => {
  // What the bundler puts in its place
  Object.assign(globalThis, { __NANO_BUILTINS__: [] });
  const missing: Record<string, string[]> = {};
  for (const name of [...LIBRARY].filter((name) => !isOld(name))) {
    const real = await import(`node:${name}`).catch(() => ({}));
    const offered = await offeredNames(name);
    const known = new Set(UNDOCUMENTED[name]?.split(" "));
    const lacking = Object.keys(real).filter((one) => !offered.has(one) && !known.has(one));
    if (lacking.length > 0) missing[name] = lacking;
  }
  assertEquals(missing, {});
});

Deno.test("What unenv has no more than a name of refuses to be called in NANO's words, classes too", async () => {
  const text = await Deno.readTextFile(new URL(import.meta.resolve("unenv/_internal/utils")));
  assertEquals(text.split("[unenv] ${name}").length, 3);
  assertEquals(unenvText(text).split("Cannot call node:${name}: it reaches past the isolate").length, 3);
});

async function offeredNames(name: string): Promise<ReadonlySet<string>> {
  const file = libraryFile(name);
  if (file !== undefined) return new Set(Object.keys(await import(file)));
  const source = librarySource(name);
  const from = /export \* from "([^"]+)"/.exec(source)![1]!;
  const whole = await import(from.startsWith("node:") ? from : import.meta.resolve(from));
  const own = [...source.matchAll(/^export function (\w+)/gm)].map(([, one]) => one!);
  return new Set([...Object.keys(whole), "default", ...own]);
}
