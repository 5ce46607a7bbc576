/** The module `cloudflare:workers` as apps import it: their env, waitUntil, and the classes that entrypoints extend. */
import type { OnResolveResult, PluginBuild } from "esbuild";

/** What apps import. */
export const WORKERS_MODULE = "cloudflare:workers";

const NAMESPACE = "nano-workers-module";

/**
 * It runs in the app's realm and holds nothing that the app may not have: the isolate leaves the app's own env and
 * waitUntil under this symbol (runtime/isolate/platform/workers_global.ts), before any code of the app runs.
 */
const SOURCE = `const { env, exports, waitUntil, define } = globalThis[Symbol.for("nano.workers")];
class Based { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }
export { env, exports, waitUntil };
export class WorkerEntrypoint extends Based {}
export class DurableObject extends Based {}
export class WorkflowEntrypoint extends Based {}
export class RpcTarget {}
define({ entrypoint: WorkerEntrypoint, target: RpcTarget });
export class RpcStub {
  constructor() { throw new TypeError("Cannot make an RpcStub: NANO's RPC passes values, and no stubs"); }
}
export function withEnv(_env, call) {
  throw new TypeError("Cannot call withEnv: an app of NANO has one env");
}
`;

/** What an import of it resolves to. */
export function workersModule(): OnResolveResult {
  return { path: WORKERS_MODULE, namespace: NAMESPACE, sideEffects: false };
}

/** Makes a build read it. */
export function loadWorkersModule(build: PluginBuild): void {
  build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({ loader: "js", contents: SOURCE }));
}
