/** The first module of an isolate's thread: it runs the bootstrap, whose text comes beside it, under a short name. */

/** What the bootstrap is called in the isolate: in stacks, which apps never see of NANO's own code, and in nothing else. */
const BOOTSTRAP = "nano:boot";

/**
 * A worker without permissions reads no file, so that its module has to be a `data:` URL; but whatever stands in one is
 * the module's name as well, of which Deno and V8 keep some twenty copies. With the bootstrap in it, an isolate of
 * 285 KB of source took 28 MB, and 14.5 with this module, which takes the text out of `workerData` and is its only hook
 * as long as the bootstrap loads (`tests/bench/idle_apps.ts`).
 */
const LOADER = `
import { registerHooks } from "node:module";
import { workerData } from "node:worker_threads";
let { bootSource: source } = workerData;
delete workerData.bootSource;
const isBoot = (name) => name === "${BOOTSTRAP}";
const hooks = registerHooks({
  resolve: (name, context, next) => isBoot(name) ? { url: name, format: "module", shortCircuit: true } : next(name, context),
  load(url, context, next) {
    if (!isBoot(url)) return next(url, context);
    const text = source;
    source = "";
    return { source: text, format: "module", shortCircuit: true };
  },
});
import("${BOOTSTRAP}").then(() => hooks.deregister());
`;

/** What an isolate's thread is started with; `workerData` has to have the bootstrap's text as `bootSource`. */
export const BOOT_MODULE: URL = new URL(`data:text/javascript,${encodeURIComponent(LOADER)}`);
