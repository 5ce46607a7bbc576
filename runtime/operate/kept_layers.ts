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

/** Where the files of versions are. */
export interface KeptFolders {
  /** The absolute folder of a version. */
  readonly folderOf: (app: string, version: string) => string;
  /** Whether it is on its way here. */
  readonly isComing: (app: string, version: string) => boolean;
}

/** The layer of an app that something is kept about. */
export function keptLayer({ row, versions }: KeptOfApp, { folderOf, isComing }: KeptFolders): AppLayer {
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
    coming: versions.filter(({ version }) => isComing(name, version)).map(({ version }) => folderOf(name, version)),
  };
}
