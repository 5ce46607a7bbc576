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
  // Most changes move nobody: of ten thousand apps each is found at its place, without an index of all.
  const isInPlace = before.length === after.length && after.every(({ name }, at) => before[at]!.name === name);
  const old = isInPlace ? null : new Map(before.map((app) => [app.name, app]));
  const added: string[] = [];
  const changed: string[] = [];
  const unchanged: string[] = [];
  after.forEach((app, at) => {
    const one = old === null ? before[at] : old.get(app.name);
    if (one === undefined) added.push(app.name);
    // What was not resolved anew is the same object.
    else (one === app || isDeepStrictEqual(app, one) ? unchanged : changed).push(app.name);
  });
  const kept = new Set(isInPlace ? [] : after.map((app) => app.name));
  const removed = isInPlace ? [] : before.filter((app) => !kept.has(app.name)).map((app) => app.name);
  return { added, removed, changed, unchanged };
}
