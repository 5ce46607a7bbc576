/**
 * undici, loaded while the first isolate of a process boots: that takes 0.1 s of CPU, for which no start has to wait, and
 * a host of static sites never needs it.
 */
import type * as Undici from "undici";

let loaded: typeof Undici | null = null;

/** Loads it once for all. */
export async function loadUndici(): Promise<void> {
  loaded ??= await import("undici");
}

/** What was loaded. */
export function undici(): typeof Undici {
  if (loaded === null) throw new Error("Cannot open an app's way out before undici is loaded");
  return loaded;
}
