/** The module `cloudflare:workers` as apps import it: their env, waitUntil, and the classes that entrypoints extend; and mails. */
import type { OnResolveResult, PluginBuild } from "esbuild";

/** What apps import. */
export const WORKERS_MODULE = "cloudflare:workers";

const NAMESPACE = "nano-workers-module";

/**
 * It runs in the app's realm and holds nothing that the app may not have: the isolate leaves the app's own env and
 * waitUntil under this symbol (runtime/isolate/platform/workers_global.ts), before any code of the app runs.
 */
const SOURCE = `const { env: own, exports, waitUntil, scope, define } = globalThis[Symbol.for("nano.workers")];
const { current } = scope;
const env = new Proxy(own, Object.fromEntries(
  ["get", "set", "has", "deleteProperty", "ownKeys", "getOwnPropertyDescriptor", "defineProperty"].map((name) =>
    [name, (target, ...given) => Reflect[name](current() ?? target, ...name === "get" ? given.slice(0, 1) : name === "set" ? given.slice(0, 2) : given)]),
));
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
export function withEnv(env, call) {
  if (typeof env !== "object" || env === null) throw new TypeError("Cannot call withEnv: its env is no object");
  return scope.run(env, call);
}
`;

/** What apps make to send mail by a binding, which NANO does not have. */
export const EMAIL_MODULE = "cloudflare:email";

const EMAIL_SOURCE = `export class EmailMessage {
  constructor(from, to, raw) { this.from = String(from); this.to = String(to); this.raw = raw; }
}
`;

/** What an import of one of the two resolves to. */
export function workersModule(path: string): OnResolveResult {
  return { path, namespace: NAMESPACE, sideEffects: false };
}

/** Makes a build read them. */
export function loadWorkersModule(build: PluginBuild): void {
  build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
    loader: "js",
    contents: path === EMAIL_MODULE ? EMAIL_SOURCE : SOURCE,
  }));
}
