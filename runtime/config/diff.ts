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
  const inBoth = after.filter((app) => old.has(app.name));
  const same = new Set(inBoth.filter((app) => isDeepStrictEqual(app, old.get(app.name))));
  const names = (apps: readonly AppConfig[]) => apps.map((app) => app.name);
  return {
    added: names(after.filter((app) => !old.has(app.name))),
    removed: names(before.filter((app) => !kept.has(app.name))),
    changed: names(inBoth.filter((app) => !same.has(app))),
    unchanged: names(inBoth.filter((app) => same.has(app))),
  };
}
