/** What the state store keeps of the apps, at hand: a change reads its own app anew and no other. */
import type { AppLayer } from "../config/layers.ts";
import type { KeptApp, StateChange, StateStore, VersionRecord } from "../store/state_store.ts";
import { emptyKeptApp, type KeptFolders, keptLayer, type KeptOfApp, saysNothing } from "./kept_layers.ts";

/** What a change writes about an app. */
export interface KeptChange extends Pick<StateChange, "addVersions" | "setPreview" | "removeVersions"> {
  /** The app's row afterwards. */
  readonly row: KeptApp;
}

/** What changes of apps write, as one. */
export function writtenBy(changes: readonly KeptChange[]): StateChange {
  const rows = changes.map(({ row }) => row);
  return {
    // A row that says nothing is none.
    forgetApps: rows.filter(saysNothing).map(({ name }) => name),
    apps: rows.filter((row) => !saysNothing(row)),
    addVersions: changes.flatMap(({ addVersions = [] }) => addVersions),
    setPreview: changes.flatMap(({ setPreview = [] }) => setPreview),
    removeVersions: changes.flatMap(({ removeVersions = [] }) => removeVersions),
  };
}

/** What makes one list of versions of an app out of another one. */
export function diffVersions(
  before: readonly VersionRecord[],
  after: readonly VersionRecord[],
): Pick<StateChange, "addVersions" | "setPreview" | "removeVersions"> {
  const had = new Map(before.map((one) => [one.version, one]));
  const has = new Set(after.map(({ version }) => version));
  return {
    addVersions: after.filter(({ version }) => !had.has(version)),
    removeVersions: before.filter(({ version }) => !has.has(version)).map(({ app, version }) => ({ app, version })),
    setPreview: after.filter(({ version, previewHost }) =>
      had.has(version) && had.get(version)!.previewHost !== previewHost
    )
      .map(({ app, version, previewHost }) => ({ app, version, previewHost })),
  };
}

/** Follows the store. */
export class KeptApps {
  readonly #store: StateStore;
  readonly #folders: KeptFolders;
  /** The oldest change first. */
  readonly #apps = new Map<string, KeptOfApp>();
  /** Nothing of what they are made of changes: an app that stays has the same object. */
  readonly #layers = new WeakMap<KeptOfApp, AppLayer>();

  constructor(store: StateStore, folders: KeptFolders) {
    this.#store = store;
    this.#folders = folders;
    const versions = Map.groupBy(store.allVersions(), ({ app }) => app);
    for (const row of store.keptApps()) this.#apps.set(row.name, { row, versions: versions.get(row.name) ?? [] });
    // An app of nano.json with a preview and no other change has versions and no row.
    for (const [name, own] of versions) {
      if (!this.#apps.has(name)) this.#apps.set(name, { row: emptyKeptApp(name), versions: own });
    }
  }

  /** Names of all apps that something is kept about. */
  names(): readonly string[] {
    return [...this.#apps.keys()];
  }

  /** What is kept about an app; all null when nothing is. */
  row(app: string): KeptApp {
    return this.#apps.get(app)?.row ?? emptyKeptApp(app);
  }

  /** Newest first. */
  versions(app: string): readonly VersionRecord[] {
    return this.#apps.get(app)?.versions ?? [];
  }

  /** All that is kept, as layers over nano.json. */
  layers(): AppLayer[] {
    return [...this.#apps.values()].map((kept) => this.#layerOf(kept));
  }

  /** As if the changes were written. Their apps come last: where two collide, the later one gives way. */
  layersAfter(...changes: readonly KeptChange[]): AppLayer[] {
    const after = new Map<string, KeptOfApp>();
    for (const change of changes) {
      // The row's own app is the last of them.
      for (const app of appsOf(change)) {
        const { row, versions } = after.get(app) ?? { row: this.row(app), versions: this.versions(app) };
        after.delete(app);
        const isOwn = app === change.row.name;
        after.set(app, { row: isOwn ? change.row : row, versions: versionsAfter(versions, app, change) });
      }
    }
    const others = [...this.#apps].filter(([name]) => !after.has(name)).map(([, kept]) => this.#layerOf(kept));
    return [...others, ...[...after.values()].map((kept) => keptLayer(kept, this.#folders))];
  }

  /** Versions of the row's app as a change leaves them. @param before those that it begins at, newest first */
  versionsAfter(change: KeptChange, before: readonly VersionRecord[]): readonly VersionRecord[] {
    return versionsAfter(before, change.row.name, change);
  }

  /** Reads what a change has written. */
  follow(change: KeptChange): void {
    this.reread(appsOf(change));
  }

  /** Something has changed that the store knows nothing of, as whether files are there. */
  touch(app: string): void {
    const kept = this.#apps.get(app);
    if (kept !== undefined) this.#layers.delete(kept);
  }

  /** Reads these apps anew. */
  reread(apps: Iterable<string>): void {
    for (const app of apps) {
      const row = this.#store.keptApp(app);
      const versions = this.#store.versions(app);
      this.#apps.delete(app);
      if (row !== null || versions.length > 0) this.#apps.set(app, { row: row ?? emptyKeptApp(app), versions });
    }
  }

  #layerOf(kept: KeptOfApp): AppLayer {
    const known = this.#layers.get(kept);
    if (known !== undefined) return known;
    const layer = keptLayer(kept, this.#folders);
    this.#layers.set(kept, layer);
    return layer;
  }
}

/** Apps that a change touches, that of its row last. */
function appsOf({ row, addVersions = [], setPreview = [], removeVersions = [] }: KeptChange): Set<string> {
  const apps = new Set([...addVersions, ...setPreview, ...removeVersions].map(({ app }) => app));
  apps.delete(row.name);
  return apps.add(row.name);
}

function versionsAfter(
  present: readonly VersionRecord[],
  app: string,
  { addVersions = [], setPreview = [], removeVersions = [] }: KeptChange,
): VersionRecord[] {
  const isOwn = (one: { readonly app: string }) => one.app === app;
  const removed = new Set(removeVersions.filter(isOwn).map(({ version }) => version));
  const hosts = new Map(setPreview.filter(isOwn).map(({ version, previewHost }) => [version, previewHost]));
  return [...addVersions.filter(isOwn), ...present].filter(({ version }) => !removed.has(version))
    .map((one) => hosts.has(one.version) ? { ...one, previewHost: hosts.get(one.version)! } : one);
}
