/** Node's modules that reach past the isolate, as modules that can be imported: what reaches out throws when called. */
import { builtinModules } from "node:module";
// Imported, so that a compiled NANO holds the package though its files are read by name only.
import unenv from "unenv/package.json" with { type: "json" };
import { NODE_MODULES_URL } from "../protocol/host_calls.ts";
import { OFFERED_BUILTINS } from "../protocol/node_builtins.ts";
import { pastIsolate } from "../protocol/past_isolate.ts";

/** Of the stubs, for what is made of them and kept. */
export const STUBS_VERSION: string = unenv.version;

/** Modules that unenv has a stub of. */
const STUBBED: readonly string[] = [
  ...["child_process", "constants", "domain"],
  ...["http2", "inspector", "inspector/promises"],
  ...["repl", "sqlite", "trace_events", "tty", "wasi"],
];

/** Modules of runtime/node/. */
const OWN: Readonly<Record<string, URL>> = {
  _http_common: new URL("../node/http_common.ts", import.meta.url),
  cluster: new URL("../node/cluster.ts", import.meta.url),
  console: new URL("../node/console.ts", import.meta.url),
  dgram: new URL("../node/dgram.ts", import.meta.url),
  dns: new URL("../node/dns.ts", import.meta.url),
  "dns/promises": new URL("../node/dns_promises.ts", import.meta.url),
  fs: new URL("../node/fs.ts", import.meta.url),
  "fs/promises": new URL("../node/fs_promises.ts", import.meta.url),
  http: new URL("../node/http.ts", import.meta.url),
  https: new URL("../node/https.ts", import.meta.url),
  module: new URL("../node/module.ts", import.meta.url),
  net: new URL("../node/net.ts", import.meta.url),
  os: new URL("../node/os.ts", import.meta.url),
  perf_hooks: new URL("../node/perf_hooks.ts", import.meta.url),
  readline: new URL("../node/readline.ts", import.meta.url),
  "readline/promises": new URL("../node/readline_promises.ts", import.meta.url),
  test: new URL("../node/test.ts", import.meta.url),
  "test/reporters": new URL("../node/test_reporters.ts", import.meta.url),
  tls: new URL("../node/tls.ts", import.meta.url),
  url: new URL("../node/url.ts", import.meta.url),
  v8: new URL("../node/v8.ts", import.meta.url),
  vm: new URL("../node/vm.ts", import.meta.url),
  worker_threads: new URL("../node/worker_threads.ts", import.meta.url),
};

/** Of runtime/node/ too, but no module of Node: what an app's `Deno` gets. */
export const DENO_FILES = "deno_files";
const DENO_FILES_URL = new URL("../node/deno_files.ts", import.meta.url);

/** Likewise, for its connections. */
export const DENO_SOCKETS = "deno_sockets";

/** Likewise, for the global of that name. */
export const LOCAL_STORAGE = "local_storage";

/** Likewise, for `openKv`. */
export const DENO_KV = "deno_kv";

/** Likewise, for what Workers have beside the web platform. */
export const WORKERS_PLATFORM = "workers_platform";

/** Likewise, for `fetch` of the app's own files. */
export const OWN_FILE = "own_file";

/** Modules of runtime/node/ that are none of Node's, by name. */
const NOT_NODES: Readonly<Record<string, URL>> = {
  [DENO_FILES]: DENO_FILES_URL,
  [DENO_SOCKETS]: new URL("../node/deno_sockets.ts", import.meta.url),
  [DENO_KV]: new URL("../node/deno_kv.ts", import.meta.url),
  [LOCAL_STORAGE]: new URL("../node/local_storage.ts", import.meta.url),
  [OWN_FILE]: new URL("../node/own_file.ts", import.meta.url),
  // It shares the servers of `node:http`.
  cloudflare_node: new URL("../node/cloudflare_node.ts", import.meta.url),
  [WORKERS_PLATFORM]: new URL("../node/workers_platform.ts", import.meta.url),
  cloudflare_sockets: new URL("../node/cloudflare_sockets.ts", import.meta.url),
  // For apps that have Node's own modules.
  native_servers: new URL("../node/native_servers.ts", import.meta.url),
};

/** Names of those that apps import, by the specifier. */
export const CLOUDFLARE_MODULES: Readonly<Record<string, string>> = {
  "cloudflare:node": "cloudflare_node",
  "cloudflare:sockets": "cloudflare_sockets",
};

/** Every name of the library. */
export function libraryNames(): readonly string[] {
  return [...LIBRARY, ...Object.keys(NOT_NODES)];
}

/** Where all of these lie. */
export const OWN_FOLDER: string = new URL(".", DENO_FILES_URL).href;

/** Old names of parts of modules; who imports them wants what the module itself has. */
const PARTS: Readonly<Record<string, string>> = {
  _http_agent: "http",
  _http_client: "http",
  _http_incoming: "http",
  _http_outgoing: "http",
  _http_server: "http",
  _stream_duplex: "stream",
  _stream_passthrough: "stream",
  _stream_readable: "stream",
  _stream_transform: "stream",
  _stream_wrap: "stream",
  _stream_writable: "stream",
  _tls_common: "tls",
  _tls_wrap: "tls",
  sys: "util",
};

/** Which class of a part is what a require of it gives. */
const CLASSES: Readonly<Record<string, string>> = {
  _stream_duplex: "Duplex",
  _stream_passthrough: "PassThrough",
  _stream_readable: "Readable",
  _stream_transform: "Transform",
  _stream_writable: "Writable",
};

/** Where unenv answers with an object on which nothing ever happens: its caller would wait for ever. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  sqlite: ["DatabaseSync", "StatementSync", "backup"],
  repl: ["start"],
  inspector: ["open", "Session"],
  "inspector/promises": ["open", "Session"],
};

/** Names without `node:` of all modules that an isolate gets from NANO and not from Deno. */
export const LIBRARY: ReadonlySet<string> = new Set([...Object.keys(OWN), ...STUBBED, ...Object.keys(PARTS)]);

/** Every module of Node that can be imported. */
export const OFFERED: ReadonlySet<string> = new Set([
  ...OFFERED_BUILTINS,
  ...LIBRARY,
  ...builtinModules.map((name) => name.replace(/^node:/, "")).filter((name) => LIBRARY.has(name)),
]);

/** What an import of one resolves to, whatever the isolate's hook says: in Deno 2.9 a static import slips past that when
 * the worker has loaded the real one. Undefined for what is Deno's own. */
export function moduleUrl(name: string): string | undefined {
  return LIBRARY.has(name) || NOT_NODES[name] !== undefined ? `${NODE_MODULES_URL}${name}.js` : undefined;
}

/** In the one file of unenv that makes its errors, of functions and of classes. */
const UNENV_ERROR = "`[unenv] ${name} is not implemented yet!`";
const OUR_ERROR = `\`${pastIsolate("node:${name}")}\``;

/** unenv's own text with our message. */
export function unenvText(text: string): string {
  return text.replaceAll(UNENV_ERROR, OUR_ERROR);
}

/**
 * The file that is one module of the library; undefined for one that is written here. No file stands around it: of a
 * module that exports all of an external one, esbuild passes on nothing.
 */
export function libraryFile(name: string): string | undefined {
  const own = NOT_NODES[name] ?? OWN[name];
  if (own !== undefined) return own.href;
  return PARTS[name] === undefined && REFUSED[name] === undefined
    ? import.meta.resolve(`unenv/node/${name}`)
    : undefined;
}

/** Source of one module of the library that is no file. */
export function librarySource(name: string): string {
  const part = PARTS[name];
  if (part !== undefined) {
    const chosen = CLASSES[name] === undefined ? "whole" : `whole.${CLASSES[name]}`;
    return `import whole from "node:${part}";\nexport * from "node:${part}";\nexport default ${chosen};`;
  }
  return stubSource(name, REFUSED[name] ?? []);
}

/** The stub, with its own exports before those of unenv. */
function stubSource(name: string, calls: readonly string[]): string {
  const file = JSON.stringify(`unenv/node/${name}`);
  const refuse = (call: string) =>
    `function ${call}() { throw new Error(${JSON.stringify(pastIsolate(`node:${name}.${call}`))}); }`;
  return `import stub from ${file};\nexport * from ${file};\n` +
    calls.map((call) => `export ${refuse(call)}\n`).join("") +
    `export default Object.assign({}, stub, { ${calls.join(", ")} });\n`;
}
