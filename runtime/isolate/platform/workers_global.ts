/** What the module `cloudflare:workers` of an app finds: the app's own env and waitUntil. */

/** Named in runtime/bundle/workers_module.ts. */
const WORKERS = Symbol.for("nano.workers");
const NAME = "nano.workers";

/** Leaves them for the module, where any module of the app asks for them. @boot */
export function installWorkersGlobal(
  modules: Readonly<Record<string, string>>,
  found: { readonly env: Record<string, unknown>; readonly waitUntil: (promise: unknown) => void },
): void {
  if (!Object.values(modules).some((source) => source.includes(NAME))) return;
  Object.defineProperty(globalThis, WORKERS, { value: Object.freeze(found) });
}
