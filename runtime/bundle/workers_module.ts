/** The module `cloudflare:workers` as apps import it: their env, waitUntil, and the classes that entrypoints extend; and mails. */
import type { OnResolveResult, PluginBuild } from "esbuild";

/** What apps import. */
export const WORKERS_MODULE = "cloudflare:workers";

const NAMESPACE = "nano-workers-module";

/**
 * It runs in the app's realm and holds nothing that the app may not have: the isolate leaves the app's own env and
 * waitUntil under this symbol (runtime/isolate/platform/workers_global.ts), before any code of the app runs.
 */
const SOURCE =
  `const { env: own, exports: ownExports, waitUntil, scope, define } = globalThis[Symbol.for("nano.workers")];
const { current } = scope;
const standIn = (own, name) => new Proxy(own, Object.fromEntries(
  ["get", "set", "has", "deleteProperty", "ownKeys", "getOwnPropertyDescriptor", "defineProperty"].map((trap) =>
    [trap, (target, ...given) => Reflect[trap](current()?.[name] ?? target, ...trap === "get" ? given.slice(0, 1) : trap === "set" ? given.slice(0, 2) : given)]),
));
const env = standIn(own, "env");
const exports = standIn(ownExports, "exports");
const within = (method, given, call) => {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "object" || value === null) throw new TypeError(\`Cannot call \${method}: its \${name} is no object\`);
  }
  return scope.run({ ...current(), ...given }, call);
};
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
class Given { constructor() { throw new TypeError("Illegal constructor"); } }
export class RpcPromise extends Given {}
export class RpcProperty extends Given {}
export class ServiceStub extends Given {}
export function withEnv(env, call) { return within("withEnv", { env }, call); }
export function withExports(exports, call) { return within("withExports", { exports }, call); }
export function withEnvAndExports(env, exports, call) { return within("withEnvAndExports", { env, exports }, call); }
class Span {
  get isTraced() { return false; }
  setAttribute() {}
  end() {}
}
const enterSpan = (_name, call, ...given) => call(new Span(), ...given);
export const tracing = { enterSpan, startActiveSpan: enterSpan, Span };
export const cache = {
  purge: () => Promise.reject(new Error("Cannot purge: NANO keeps no answers of apps")),
};
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
