/** Node's modules that reach past the isolate, as modules that can be imported: what reaches out throws when called. */
import type { OnLoadResult, OnResolveResult, PluginBuild } from "esbuild";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
// Imported, so that a compiled NANO holds the package though its files are read by name only.
import unenv from "unenv/package.json" with { type: "json" };

/** Of the stubs, for what is made of them and kept. */
export const STUBS_VERSION: string = unenv.version;

/**
 * Modules that unenv has a stub of: constants and classes are there, what needs the machine throws and names itself.
 * Packages import these for a branch that never runs here; refusing the import would refuse the package.
 */
const STUBBED: ReadonlySet<string> = new Set([
  ...["child_process", "cluster", "console", "constants", "dgram", "dns", "dns/promises", "domain", "fs"],
  ...["fs/promises", "http2", "inspector", "inspector/promises", "module", "net", "os"],
  ...["perf_hooks", "readline", "readline/promises", "repl", "sqlite", "sys", "tls", "trace_events", "tty"],
  ...["v8", "vm", "wasi", "worker_threads"],
]);

/** Where unenv answers with an object on which nothing ever happens: its caller would wait for ever. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  dgram: ["createSocket"],
  tls: ["connect", "createServer"],
  worker_threads: ["Worker"],
  v8: ["writeHeapSnapshot", "getHeapSnapshot", "setFlagsFromString"],
};

/** What packages look for in a stub where they are loaded, by module and export. */
const ADDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // http2-wrapper, of got, takes a class of Node's out of a new socket.
  tls: {
    TLSSocket: "class TLSSocket extends stub.TLSSocket { _handle = { _parentWrap: new (class JSStreamSocket {})() }; }",
  },
};

const NAMESPACE = "nano-node-stub";
const REFUSING = "nano-node-refusing-stub";
/** In the one file of unenv that makes its errors. */
const UNENV_ERROR = "`[unenv] ${name} is not implemented yet!`";
const OUR_ERROR = "`Cannot call node:${name}: it reaches past the isolate`";

/** Whether there is a stub. @param name without `node:` */
export function isStubbed(name: string): boolean {
  return STUBBED.has(name);
}

/** What an import of one resolves to. */
export function stubPath(name: string): OnResolveResult {
  if (REFUSED[name] !== undefined) return { path: name, namespace: REFUSING, sideEffects: false };
  return { path: fileOf(name), namespace: NAMESPACE, sideEffects: false };
}

function fileOf(name: string): string {
  return fileURLToPath(import.meta.resolve(`unenv/node/${name}`));
}

/** The stub, with its own exports before those of unenv. */
function refusingSource(name: string): string {
  const refuse = (call: string) =>
    `function ${call}() { throw new Error("Cannot call node:${name}.${call}: it reaches past the isolate"); }`;
  const calls = REFUSED[name]!;
  const added = Object.entries(ADDED[name] ?? {});
  return `import stub from "./stub";\nexport * from "./stub";\n` +
    calls.map((call) => `export ${refuse(call)}\n`).join("") +
    added.map(([, text]) => `export ${text}\n`).join("") +
    `export default Object.assign({}, stub, { ${[...calls, ...added.map(([key]) => key)].join(", ")} });\n`;
}

/** Makes a build read them. */
export function loadStubs(build: PluginBuild): void {
  build.onResolve({ filter: /^\./, namespace: NAMESPACE }, ({ path, importer }) => ({
    path: resolve(dirname(importer), path),
    namespace: NAMESPACE,
    sideEffects: false,
  }));
  build.onResolve({ filter: /^\.\/stub$/, namespace: REFUSING }, ({ importer }) => ({
    path: fileOf(importer),
    namespace: NAMESPACE,
    sideEffects: false,
  }));
  build.onLoad({ filter: /.*/, namespace: REFUSING }, ({ path }) => ({ loader: "js", contents: refusingSource(path) }));
  build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ path }): Promise<OnLoadResult> => ({
    loader: "js",
    contents: (await Deno.readTextFile(path)).replace(UNENV_ERROR, OUR_ERROR),
  }));
}
