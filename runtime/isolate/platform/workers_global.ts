/** What the module `cloudflare:workers` of an app finds: the app's own env and waitUntil, and whom to tell its classes. */
import { AsyncLocalStorage } from "node:async_hooks";
import { apply } from "../../protocol/primordials.ts";
import type { RpcClasses } from "../rpc/entrypoints.ts";

/** Named in runtime/bundle/workers_module.ts. */
const WORKERS = Symbol.for("nano.workers");
const NAME = "nano.workers";

/** What `withEnv` and its kind have put in the place of the app's own. */
interface StandIns {
  readonly env?: object;
  readonly exports?: object;
}

const storage = new AsyncLocalStorage<StandIns>();
// The app gets the same class with node:async_hooks.
const { run, getStore } = AsyncLocalStorage.prototype;
const scope = {
  run: (standIns: StandIns, call: () => unknown): unknown => apply(run, storage, [standIns, call]),
  current: (): StandIns | undefined => apply(getStore, storage, []) as StandIns | undefined,
};

/**
 * Leaves them for the module, where any module of the app asks for them.
 * @returns the classes that the app's entrypoints extend; null while it has none
 * @boot
 */
export function installWorkersGlobal(
  modules: Readonly<Record<string, string>>,
  found: {
    readonly env: Record<string, unknown>;
    /** Filled once the app's main module has run. */
    readonly exports: object;
    readonly waitUntil: (promise: unknown) => void;
  },
): () => RpcClasses | null {
  let classes: RpcClasses | null = null;
  if (!Object.values(modules).some((source) => source.includes(NAME))) return () => null;
  const define = ({ entrypoint, target }: RpcClasses) => void (classes ??= { entrypoint, target });
  Object.defineProperty(globalThis, WORKERS, {
    value: Object.freeze({ ...found, scope: Object.freeze({ ...scope }), define }),
  });
  return () => classes;
}
