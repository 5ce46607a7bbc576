/** Lays what the admin API keeps over the document of nano.json; nano.json wins where both name the same app. */
import { createHash } from "node:crypto";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { SetAside } from "../terms/operations.ts";
import { mergePatch } from "./merge_patch.ts";

/** An entry of `apps`, or a part of one, as it is written. */
export type WrittenEntry = Readonly<Record<string, unknown>>;

/** What is kept about the apps of one name. */
export interface AppLayer {
  /** The app. */
  readonly name: string;
  /** The whole entry of an app that was added while NANO ran. Set aside when nano.json names the app. */
  readonly entry: WrittenEntry | null;
  /** What replaces keys of nano.json's entry, as JSON Merge Patch (RFC 7396). */
  readonly patch: WrittenEntry | null;
  /** Fingerprint of the entry of nano.json that was removed: it stays so until the entry is edited. */
  readonly hides: string | null;
  /** Absolute folder of the deployed version that serves, or null for the entry's own path. */
  readonly folder: string | null;
  /** Versions that run beside the one that serves: previews, and one that gets a part of the requests. */
  readonly versions: readonly LayerVersion[];
  /** The one of `versions` that gets a part of the requests. */
  readonly rollout: { readonly version: string; readonly percent: number } | null;
  /** Absolute folders of its versions that are on their way here: nothing that they will hold says how the app is run. */
  readonly coming?: readonly string[];
}

/** A version that runs as an app of its own, named by {@linkcode versionAppName}. */
export interface LayerVersion {
  /** As `v3`. */
  readonly version: string;
  /** Absolute. */
  readonly folder: string;
  /** Host of its preview, or null. */
  readonly hostname: string | null;
}

/** Where an app's entry comes from; `entry` is that of nano.json. */
export type AppSource =
  | { readonly from: "file"; readonly entry: unknown; readonly hasPath: true }
  | { readonly from: "api"; readonly hasPath: boolean }
  | { readonly from: "version"; readonly app: string };

/** What came of laying the layers. */
export interface LayerReport {
  /** Apps of the document that a layer hides. */
  readonly hidden: readonly string[];
  /** Names of all layers that were given. */
  readonly given: readonly string[];
  /** Kept changes that are not in force. */
  readonly setAside: readonly SetAside[];
  /** By app name: where its entry comes from. */
  readonly sources: Readonly<Record<string, AppSource>>;
  /** By app name: the app that gets a part of its requests. */
  readonly rollouts: Readonly<Record<string, { readonly app: string; readonly percent: number }>>;
}

/** Without layers. */
export const NO_LAYERS: LayerReport = { given: [], setAside: [], hidden: [], sources: {}, rollouts: {} };

/** A document with its layers. */
export interface LayeredDocument {
  readonly document: unknown;
  readonly report: Omit<LayerReport, "given">;
}

/** Why an app that was added while NANO ran does not run. */
export const NAMED_BY_FILE = "nano.json names an app of this name, and nano.json wins";
/** A version that is only looked at gives its memory back soon. */
const VERSION_IDLE_MS = 60_000;
/** What an entry file ends in; its folder is what a version replaces. */
const SCRIPT = /\.[cm]?[jt]sx?$/;

/** The name under which a version runs beside its app; also the first label of its host. */
export function versionAppName(app: string, version: string): string {
  return `${version}--${app}`;
}

/** What only {@linkcode versionAppName} may give: as an app's name, or as the first label of a host. */
const VERSION_NAME = /^v[1-9][0-9]{0,14}--[a-z0-9]/;

/**
 * Whether a name or a host belongs to the versions of some app: whoever claimed `v1--shop.example.com` would get the
 * requests that are meant for the preview of `shop`.
 * @param text normalised; a pattern `*.v1--shop.example.com` counts as well
 */
export function isVersionName(text: string): boolean {
  return VERSION_NAME.test(text.replace(/^\*\./, ""));
}

/** An entry never changes, and one that is written as it was is the same object: a node of a fleet asks for all of them. */
const FINGERPRINTS = new WeakMap<object, string>();

/** Tells two entries apart, whatever the order of their keys. */
export function entryFingerprint(entry: unknown): string {
  const known = typeof entry === "object" && entry !== null ? FINGERPRINTS.get(entry) : undefined;
  if (known !== undefined) return known;
  const told = createHash("sha256").update(JSON.stringify(entry, sortedKeys) ?? "").digest("hex").slice(0, 16);
  if (typeof entry === "object" && entry !== null) FINGERPRINTS.set(entry, told);
  return told;
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => one < other ? -1 : 1));
}

/**
 * The document with its layers. A document that is no object, or whose `apps` is no list, stays as it is: reading it
 * tells its mistakes.
 *
 * @param baseDir absolute path of the folder that relative paths start at
 */
export function applyLayers(document: unknown, layers: readonly AppLayer[], baseDir: string): LayeredDocument {
  const written = typeof document === "object" && document !== null && !Array.isArray(document)
    ? (document as WrittenEntry)["apps"] ?? []
    : null;
  if (!Array.isArray(written)) return { document, report: { setAside: [], hidden: [], sources: {}, rollouts: {} } };
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const setAside: SetAside[] = [];
  const hidden: string[] = [];
  const sources: Record<string, AppSource> = {};
  const rollouts: Record<string, { app: string; percent: number }> = {};
  const apps: unknown[] = [];
  const named = new Set<string>();

  const add = (layer: AppLayer, source: AppSource) => {
    for (const entry of laidEntries(layer, { source, baseDir })) apps.push(entry);
    sources[layer.name] = source;
    for (const version of layer.versions) {
      const name = versionAppName(layer.name, version.version);
      sources[name] = { from: "version", app: layer.name };
      if (layer.rollout?.version === version.version) {
        rollouts[layer.name] = { app: name, percent: layer.rollout.percent };
      }
    }
  };

  for (const entry of written) {
    const name: unknown = entry?.name;
    const layer = typeof name === "string" ? byName.get(name) : undefined;
    const source: AppSource = { from: "file", entry, hasPath: true };
    if (layer === undefined) {
      if (typeof name === "string") sources[name] = source;
      apps.push(entry);
      continue;
    }
    if (layer.hides !== null && layer.hides === entryFingerprint(entry)) {
      hidden.push(layer.name);
      continue;
    }
    named.add(layer.name);
    if (layer.entry !== null) {
      setAside.push({ app: layer.name, reasons: [NAMED_BY_FILE] });
    }
    add(layer, source);
  }
  for (const layer of layers) {
    if (named.has(layer.name)) continue;
    if (layer.entry !== null) add(layer, { from: "api", hasPath: "path" in layer.entry });
    else if (layer.patch !== null || layer.folder !== null) {
      setAside.push({ app: layer.name, reasons: ["nano.json no longer names this app"] });
    }
  }
  return { document: { ...document as object, apps }, report: { setAside, hidden, sources, rollouts } };
}

interface Laid {
  readonly of: unknown;
  readonly baseDir: string;
  readonly entries: readonly WrittenEntry[];
}

/** Nothing of what is laid ever changes: the same layer over the same entry makes the same objects. */
const LAID = new WeakMap<AppLayer, Laid>();

/** What a layer makes of its app: the app's entry, and one for each version that runs beside it. */
function laidEntries(
  layer: AppLayer,
  { source, baseDir }: { readonly source: AppSource; readonly baseDir: string },
): readonly WrittenEntry[] {
  const of = source.from === "file" ? source.entry : layer.entry;
  const known = LAID.get(layer);
  if (known !== undefined && known.of === of && known.baseDir === baseDir) return known.entries;
  const isPatched = source.from === "file" && layer.patch !== null;
  const entry = (isPatched ? mergePatch(of, layer.patch) : of) as WrittenEntry;
  const versions = layer.versions.map(({ version, folder, hostname }) =>
    versionEntry(inFolder(entry, folder, baseDir), versionAppName(layer.name, version), hostname)
  );
  const entries = [inFolder(entry, layer.folder, baseDir), ...versions];
  LAID.set(layer, { of, baseDir, entries });
  return entries;
}

/** The entry with a version's folder in the place of its path; a folder of assets inside the path moves along. */
function inFolder(entry: WrittenEntry, folder: string | null, baseDir: string): WrittenEntry {
  if (folder === null) return entry;
  const { path, assets, bindings } = entry;
  const moved = typeof assets === "string"
    ? movedPath(assets, path, folder, baseDir)
    : typeof assets === "object" && assets !== null && "path" in assets && typeof assets.path === "string"
    ? { ...assets, path: movedPath(assets.path, path, folder, baseDir) }
    : assets;
  return {
    ...entry,
    path: folder,
    ...(assets === undefined ? {} : { assets: moved }),
    ...(bindings === undefined
      ? {}
      : { bindings: movedBindings(bindings, (one) => movedPath(one, path, folder, baseDir)) }),
  };
}

/** The migrations of a version lie in its folder, as its assets do. */
function movedBindings(bindings: unknown, move: (path: string) => string): unknown {
  if (typeof bindings !== "object" || bindings === null || Array.isArray(bindings)) return bindings;
  return Object.fromEntries(
    Object.entries(bindings).map(([name, binding]) => {
      const isMoved = typeof binding?.migrations === "string";
      return [name, isMoved ? { ...binding, migrations: move(binding.migrations) } : binding];
    }),
  );
}

function movedPath(written: string, path: unknown, folder: string, baseDir: string): string {
  // An app that never had a path of its own: its folders are those of the version.
  if (typeof path !== "string") return isAbsolute(written) ? written : join(folder, written);
  const root = resolve(baseDir, SCRIPT.test(path) ? dirname(path) : path);
  const inside = relative(root, resolve(baseDir, written));
  return inside === ".." || inside.startsWith("../") || isAbsolute(inside) ? written : join(folder, inside);
}

/**
 * Jobs run once, and messages are consumed once, in the version that serves; a port belongs to one app. Empty and not
 * left out, as a project's own file would fill them again.
 */
function versionEntry(entry: WrittenEntry, name: string, hostname: string | null): WrittenEntry {
  const { port: _port, hostname: _hostname, ...rest } = entry;
  const once = { crons: [], queues: { consumers: [] } };
  return { idle_timeout_ms: VERSION_IDLE_MS, ...rest, ...once, name, hostname: hostname ?? name };
}
