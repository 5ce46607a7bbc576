/** Turns a booted, empty isolate into an app: surroundings, modules, handler. */
import { defineGlobal, getMember } from "../protocol/primordials.ts";
import { installWorkersRequests } from "./bodies/workers_requests.ts";
import { socketInternals } from "./traffic/socket.ts";
import { HTML_REWRITER_URL, type LoadMessage, type WorkersFacts } from "../protocol/messages.ts";
import { installDoors } from "./app_doors.ts";
import type { AppServer, LoadedApp } from "./traffic/app_server.ts";
import { TCP_NAME } from "./traffic/tcp_client.ts";
import { installAssetReads } from "./traffic/asset_reads.ts";
import { bindingObject } from "./binding_objects.ts";
import { missingBinding } from "./platform/missing_binding.ts";
import { type HostLine, installHostCalls } from "./platform/host_calls.ts";
import { installCaches } from "./platform/caches.ts";
import { installFunctionTexts } from "./platform/function_texts.ts";
import { installEnvironment } from "./platform/app_environment.ts";
import { bytesOfValue, valueOfBytes } from "./bodies/value_bytes.ts";
import type { BindingPort } from "../protocol/binding_call.ts";
import { limitExternalRoom } from "./bodies/external_room.ts";
import { NODE_MODULES_URL } from "../protocol/host_calls.ts";
import { findApp, runEntry } from "./find_app.ts";
import { mayListenLate, NODE_SERVER } from "./traffic/late_server.ts";
import { guardedBuiltin } from "./sandbox/guarded_builtins.ts";
import { hasBuiltinModules, installBuiltinModules, WORKERS_PLATFORM_URL } from "./sandbox/builtin_modules.ts";
import { limitExternalMemory } from "./sandbox/memory_quota.ts";
import type { registerModulePolicy } from "./sandbox/module_policy.ts";
import { installStreamPolyfill } from "./platform/stream_polyfill.ts";
import { settleGlobals } from "./platform/web_standards.ts";
import { installWorkersCrypto } from "./platform/workers_crypto.ts";
import { installWorkersGlobal } from "./platform/workers_global.ts";

/** What an app is loaded with. */
export interface LoadTools {
  readonly policy: ReturnType<typeof registerModulePolicy>;
  readonly server: AppServer;
  /** For an app that has `node:` modules which call the host. */
  readonly openHostLine: () => HostLine;
}

/** What runtime/bundle/entry_function.ts makes of an app's code: what runs it and resolves to its exports, if it has any. */
type EntryFunction = readonly [run: () => Promise<Record<string, unknown>>, hasExports: boolean];

/**
 * Loads the app's entry and finds its handler.
 *
 * @throws whatever the app throws at its top level, or a TypeError when it exports no handler
 * @boot
 */
export async function loadApp(
  message: LoadMessage,
  { policy, server, openHostLine }: LoadTools,
): Promise<LoadedApp> {
  // The app may replace them, and its own would not reach the log.
  const { error, warn } = console;
  const env = installEnvironment(message);
  Object.assign(env, message.jsonVars);
  for (const [name, text] of message.missingBindings) env[name] = missingBinding(text);
  const registrations = installDoors(server);
  if (message.workers !== null) followWorkers(message.workers);
  if (hasBuiltinModules(message.modules)) {
    installHostCalls(openHostLine(), message.externalBytes);
  }
  if (hasSockets(message.modules)) server.tcp.install();
  limitExternalRoom(message.externalBytes);
  limitExternalMemory(message.externalBytes);
  installFunctionTexts();
  installCaches(message.externalBytes, (request) => server.fetches.fetch(request));
  let kvPort: BindingPort | null = null;
  message.bindings.forEach((binding, place) => {
    const { kind, name } = binding;
    const port = server.calls.portOf(place);
    if (name !== null) env[name] = bindingObject(binding, port);
    if (kind === "deno_kv") kvPort = port;
    if (kind !== "assets") return;
    installAssetReads(Reflect.get(globalThis, "Deno"), (url) => port.fetch(url), message.assetsPrefix!);
  });
  policy.allow({ sources: { ...message.modules }, nodeCompat: message.nodeCompat });
  if (`${NODE_MODULES_URL}deno_files.js` in message.modules) {
    (await import(`${NODE_MODULES_URL}deno_files.js`)).install(getMember(globalThis, "Deno"));
  }
  const ownFile = `${NODE_MODULES_URL}own_file.js`;
  if (ownFile in message.modules) {
    // Not before the app asks: most that know their URL fetch nothing by it.
    server.fetches.useFiles(async (url) => await (await import(ownFile)).readOwnFile(url));
  }
  if (WORKERS_PLATFORM_URL in message.modules) {
    const place = { hashes: () => guardedBuiltin("crypto"), flags: message.workers?.flags ?? null };
    (await import(WORKERS_PLATFORM_URL)).install(globalThis, place);
  }
  // It gives the app's console its `Console`.
  const consoles = `${NODE_MODULES_URL}console.js`;
  if (consoles in message.modules) await import(consoles);
  if (`${NODE_MODULES_URL}deno_sockets.js` in message.modules) {
    (await import(`${NODE_MODULES_URL}deno_sockets.js`)).install(getMember(globalThis, "Deno"));
  }
  const kv = `${NODE_MODULES_URL}deno_kv.js`;
  if (kv in message.modules) {
    const codec = { bytesOf: bytesOfValue, valueOf: valueOfBytes };
    (await import(kv)).install(getMember(globalThis, "Deno"), { port: kvPort, codec });
  }
  const storage = `${NODE_MODULES_URL}local_storage.js`;
  if (storage in message.modules) (await import(storage)).install(globalThis);
  if (message.nodeCompat) await installBuiltinModules(message.modules);
  if (HTML_REWRITER_URL in message.modules) {
    const rewriter = await import(HTML_REWRITER_URL);
    rewriter.install(globalThis, rewriter);
  }
  // After Deno's modules for Node, which hide queueMicrotask again when they are loaded for the first time.
  settleGlobals();
  if (message.streams === "polyfill") await installStreamPolyfill();
  const hasServers = hasNodeServer(message.modules);
  const exports = Object.create(null);
  const classes = installWorkersGlobal(message.modules, {
    env,
    exports,
    waitUntil: (promise) => server.waitUntil(promise),
  });
  const [run, hasExports] = (await import(message.entry)).default as EntryFunction;
  // A Worker that exports nothing is one of the older format, which finds its bindings among its globals.
  if (message.workers !== null && !hasExports) {
    for (const name of Object.keys(env)) defineGlobal(name, env[name], true);
  }
  const exported = await runEntry(run, registrations.waits, error);
  return await findApp(exported, message, {
    server,
    registrations,
    surroundings: { env, exports, classes },
    warn,
    mayListenLate: () => hasServers && mayListenLate(message.modules[message.entry]!),
  });
}

/** What holds for a Workers project alone. @boot */
function followWorkers({ flags }: WorkersFacts): void {
  installWorkersRequests();
  installWorkersCrypto();
  if (flags.includes("websocket_standard_binary_type")) socketInternals.setPairedType("blob");
}

/** @boot */
function hasNodeServer(modules: Readonly<Record<string, string>>): boolean {
  return Object.values(modules).some((source) => source.includes(NODE_SERVER));
}

/** Whether a module of the app could open a connection: one of the library names the symbol of it. @boot */
function hasSockets(modules: Readonly<Record<string, string>>): boolean {
  return Object.values(modules).some((source) => source.includes(TCP_NAME));
}
