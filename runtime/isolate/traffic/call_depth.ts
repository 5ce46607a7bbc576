/** How many apps stand between a client and the running code: apps that call each other in a circle end by it. */
import { AsyncLocalStorage } from "node:async_hooks";

const storage = new AsyncLocalStorage<number>();
// The app gets the same class with node:async_hooks.
const { run, getStore } = AsyncLocalStorage.prototype;
const { apply } = Reflect;

/** Runs work for another app; what it leaves behind is as deep: awaits, timers, waitUntil. */
export function runAtDepth(depth: number, work: () => void): void {
  apply(run, storage, [depth, work]);
}

/** Of the running code; 0 for what a client has asked for. */
export function currentDepth(): number {
  return (apply(getStore, storage, []) as number | undefined) ?? 0;
}
