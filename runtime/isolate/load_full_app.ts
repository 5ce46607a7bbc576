/**
 * Makes a process that has all of Deno an app: what NANO takes over of it, and then the app's first module as Deno runs
 * it.
 */
import { registerHooks } from "node:module";
import { NativePromise, promiseThen, stringStartsWith } from "../protocol/primordials.ts";
import { NATIVE_SERVERS_URL } from "../protocol/host_calls.ts";
import type { LoadMessage } from "../protocol/messages.ts";
import { type FullParts, PROGRAM_PATH } from "../protocol/process_cell.ts";
import { installDoors } from "./app_doors.ts";
import { bindingObject } from "./binding_objects.ts";
import { findApp, runEntry } from "./find_app.ts";
import { installCaches } from "./platform/caches.ts";
import { type ConsoleSink, createConsole } from "./platform/console.ts";
import { missingBinding } from "./platform/missing_binding.ts";
import type { AppServer, LoadedApp } from "./traffic/app_server.ts";

const NativeUrl = URL;
const { readFile } = Deno;

/** What it is loaded with. */
export interface FullLoadTools {
  readonly full: FullParts;
  readonly server: AppServer;
  readonly log: ConsoleSink;
  /** Sends what waits. */
  readonly flush: () => void;
}

/** What its process was given for it; all else of its variables came by the programs that started it. */
const GIVEN = /^(?:HOME|LANG|LC_ALL|NO_COLOR|TMPDIR|TZ)$/;

/**
 * Lets Deno run the app's first module, and finds its handler.
 *
 * @throws {TypeError} when it has none; an error of its own ends the process, as Deno has it
 * @boot
 */
export async function loadFullApp(
  message: LoadMessage,
  { full, server, log, flush }: FullLoadTools,
): Promise<LoadedApp> {
  const env = installFullEnvironment(message);
  Object.assign(console, createConsole(log));
  const { error, warn } = console;
  const registrations = installDoors(server, full);
  installCaches(message.externalBytes, (request) => server.fetches.fetch(request));
  message.bindings.forEach((binding, place) => {
    if (binding.name !== null) env[binding.name] = bindingObject(binding, server.calls.portOf(place));
  });
  server.fetches.useFiles((url) => readFile(new NativeUrl(url)));
  const { sockets } = server;
  await installServers(message.modules, { createPair: () => sockets.createPair(), respondWith: sockets.respondWith });
  const main = Deno.mainModule;
  const hasRun = new NativePromise<void>((resolve) => addEventListener("load", () => resolve(), { once: true }));
  promiseThen(hasRun, full.hold);
  promiseThen(registrations.serves, full.hold);
  flush();
  full.runMain();
  const exports = Object.create(null);
  const exported = await runEntry(() => whenRun(main, hasRun), registrations.waits, error);
  return await findApp(exported, message, {
    server,
    registrations,
    surroundings: { env, exports, classes: () => null },
    warn,
    // Nobody has read its code.
    mayListenLate: () => true,
  });
}

/** Variables of the process, as what it starts has them too. @returns the env object for the handler @boot */
function installFullEnvironment(
  { env, nodeEnv, jsonVars, missingBindings }: LoadMessage,
): Record<string, unknown> {
  for (const name of Object.keys(Deno.env.toObject())) if (!GIVEN.test(name)) Deno.env.delete(name);
  for (const [name, value] of Object.entries({ PATH: PROGRAM_PATH, NODE_ENV: nodeEnv, ...env })) {
    Deno.env.set(name, value);
  }
  const missing = missingBindings.map(([name, text]) => [name, missingBinding(text)]);
  return { ...env, ...jsonVars, ...Object.fromEntries(missing) };
}

/** Servers of Node's modules listen at NANO's door from now on. @boot */
async function installServers(modules: LoadMessage["modules"], sockets: object): Promise<void> {
  const hooks = registerHooks({
    resolve(name, { parentURL }, next) {
      const url = stringStartsWith(name, ".") && parentURL !== undefined && parentURL in modules
        ? new NativeUrl(name, parentURL).href
        : name;
      return url in modules ? { url, format: "module", shortCircuit: true } : next(name);
    },
    load(url, context, next) {
      return url in modules ? { source: modules[url]!, format: "module", shortCircuit: true } : next(url, context);
    },
  });
  const { install } = await import(NATIVE_SERVERS_URL);
  install(sockets);
  hooks.deregister();
}

/**
 * The exports of the first module, once Deno says that it has run. Whoever imported it before would keep it from being
 * the first: `import.meta.main` and `require.main` would not name it.
 */
async function whenRun(main: string, hasRun: Promise<void>): Promise<Record<string, unknown>> {
  await hasRun;
  return await import(main);
}
