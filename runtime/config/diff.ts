/** Which apps a new configuration adds, removes, changes and leaves alone. */
import { isDeepStrictEqual } from "node:util";
import type { AppConfig } from "./resolved_config.ts";

/** Names of apps: those that are left in the new order, removed ones in the old. */
export interface AppsDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
}

/**
 * Compares the apps of two configurations by name, in depth; the order of keys does not count.
 *
 * @example
 * ```ts
 * import { diffApps } from "./diff.ts";
 * diffApps([], []); // { added: [], removed: [], changed: [], unchanged: [] }
 * ```
 */
export function diffApps(before: readonly AppConfig[], after: readonly AppConfig[]): AppsDiff {
  const old = new Map(before.map((app) => [app.name, app]));
  const kept = new Set(after.map((app) => app.name));
  const added: string[] = [];
  const changed: string[] = [];
  const unchanged: string[] = [];
  for (const app of after) {
    const one = old.get(app.name);
    if (one === undefined) added.push(app.name);
    // What was not resolved anew is the same object.
    else (one === app || isDeepStrictEqual(app, one) ? unchanged : changed).push(app.name);
  }
  return { added, removed: before.filter((app) => !kept.has(app.name)).map((app) => app.name), changed, unchanged };
}
