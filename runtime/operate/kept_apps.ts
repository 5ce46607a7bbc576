/** What is kept of the apps, in memory: rows, versions, and both as a planned change would leave them. */
import type { AppLayer } from "../config/layers.ts";
import type { KeptApp, StateChange, StateStore, VersionRecord } from "../store/state_store.ts";
import { emptyKeptApp, keptLayers } from "./kept_layers.ts";

/** What a change writes about an app. */
export interface Kept extends Pick<StateChange, "addVersions" | "setPreview" | "removeVersions"> {
  /** The app's row afterwards. */
  readonly row: KeptApp;
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

/** The apps that something is kept about. */
export class KeptApps {
  readonly #store: Pick<StateStore, "keptApps" | "allVersions">;
  readonly #folderOf: (app: string, version: string) => string;
  #rows: ReadonlyMap<string, KeptApp> = new Map();
  #versions: readonly VersionRecord[] = [];

  constructor(
    store: Pick<StateStore, "keptApps" | "allVersions">,
    folderOf: (app: string, version: string) => string,
  ) {
    this.#store = store;
    this.#folderOf = folderOf;
    this.read();
  }

  /** Reads what is kept. */
  read(): void {
    this.#rows = new Map(this.#store.keptApps().map((row) => [row.name, row]));
    this.#versions = this.#store.allVersions();
  }

  /** Names of all apps that something is kept about. */
  names(): readonly string[] {
    return [...new Set([...this.#rows.keys(), ...this.#versions.map(({ app }) => app)])];
  }

  /** All null when nothing is kept. */
  row(app: string): KeptApp {
    return this.#rows.get(app) ?? emptyKeptApp(app);
  }

  /** Newest first. */
  versions(app: string): readonly VersionRecord[] {
    return this.#versions.filter((one) => one.app === app);
  }

  /** All that is kept, as layers over nano.json. */
  layers(): AppLayer[] {
    return keptLayers([...this.#rows.values()], this.#versions, this.#folderOf);
  }

  /** As if the plan were written. Its app comes last: where two collide, the change gives way. */
  layersAfter(plan: Kept): AppLayer[] {
    const { row } = plan;
    const rows = [...this.#rows.values()].filter(({ name }) => name !== row.name);
    const layers = keptLayers([...rows, row], this.#versionsAfter(plan, this.#versions), this.#folderOf);
    const own = layers.filter(({ name }) => name === row.name);
    return [...layers.filter(({ name }) => name !== row.name), ...own];
  }

  /** Versions of an app as a plan leaves them. @param before those that it begins at, newest first */
  versionsAfter(plan: Kept, before: readonly VersionRecord[]): readonly VersionRecord[] {
    return this.#versionsAfter(plan, before).filter(({ app }) => app === plan.row.name);
  }

  #versionsAfter(
    { addVersions = [], setPreview = [], removeVersions = [] }: Kept,
    before: readonly VersionRecord[],
  ): readonly VersionRecord[] {
    const key = ({ app, version }: { app: string; version: string }) => `${app} ${version}`;
    const removed = new Set(removeVersions.map(key));
    const previews = new Map(setPreview.map((one) => [key(one), one.previewHost]));
    return [...addVersions, ...before].filter((one) => !removed.has(key(one)))
      .map((one) => ({ ...one, previewHost: previews.has(key(one)) ? previews.get(key(one))! : one.previewHost }));
  }
}
