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

/** What is kept of one app. */
export interface KeptOfApp {
  readonly row: KeptApp;
  /** Newest first. */
  readonly versions: readonly VersionRecord[];
}

/**
 * The layer of an app that something is kept about.
 * @param folderOf the absolute folder of a version
 */
export function keptLayer(
  { row, versions }: KeptOfApp,
  folderOf: (app: string, version: string) => string,
): AppLayer {
  const { name, entry, patch, hides, activeVersion, rollout } = row;
  return {
    name,
    entry,
    patch,
    hides,
    folder: activeVersion === null ? null : folderOf(name, activeVersion),
    versions: versions
      .filter(({ version, previewHost }) => previewHost !== null || version === rollout?.version)
      .map(({ version, previewHost }) => ({ version, folder: folderOf(name, version), hostname: previewHost })),
    rollout,
  };
}
