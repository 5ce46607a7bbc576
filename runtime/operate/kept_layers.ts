/** What the state store keeps of the apps, as the layers that lie over nano.json. */
import type { AppLayer } from "../config/layers.ts";
import type { KeptApp, VersionRecord } from "../store/kept_state.ts";

/** Nothing kept under a name. */
export function emptyKeptApp(name: string): KeptApp {
  return {
    name,
    entry: null,
    patch: null,
    hides: null,
    activeVersion: null,
    previousVersion: null,
    rollout: null,
  };
}

/** Whether a row says anything at all. */
export function saysNothing({ name: _name, ...rest }: KeptApp): boolean {
  return Object.values(rest).every((value) => value === null);
}

/**
 * One layer for each app that something is kept about.
 *
 * @param apps the oldest change first
 * @param folderOf the absolute folder of a version
 */
export function keptLayers(
  apps: readonly KeptApp[],
  versions: readonly VersionRecord[],
  folderOf: (app: string, version: string) => string,
): AppLayer[] {
  const byApp = Map.groupBy(versions, ({ app }) => app);
  const rows = new Map(apps.map((app) => [app.name, app]));
  // An app of nano.json with a preview and no other change has versions and no row.
  for (const name of byApp.keys()) if (!rows.has(name)) rows.set(name, emptyKeptApp(name));
  return [...rows.values()].map(({ name, entry, patch, hides, activeVersion, rollout }) => ({
    name,
    entry,
    patch,
    hides,
    folder: activeVersion === null ? null : folderOf(name, activeVersion),
    versions: (byApp.get(name) ?? [])
      .filter(({ version, previewHost }) => previewHost !== null || version === rollout?.version)
      .map(({ version, previewHost }) => ({ version, folder: folderOf(name, version), hostname: previewHost })),
    rollout,
  }));
}
