/** Which stores of a kind there are: those that apps name, and those whose files are left on the disk. */
import { join } from "node:path";
import { APP_LIMITS } from "../config/limits.ts";
import { NanoError } from "../errors.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { OutsideKind } from "../data/outside_stores.ts";
import type { StoreUse } from "../terms/store_use.ts";
import type { ChangeDesk } from "./change_desk.ts";

/** A kind of store below the data folder: a file of SQLite, or of an app that Deno itself runs the folder `data`. */
export type KeptKind = "kv" | "d1" | "r2" | "queue" | "storage" | "deno_kv" | "files";

/** What people call a store of the kind. */
export const KIND_WORDS: Readonly<Record<KeptKind, string>> = {
  kv: "KV namespace",
  d1: "D1 database",
  r2: "R2 bucket",
  queue: "queue",
  storage: "localStorage of",
  deno_kv: "Deno.Kv of",
  files: "data/ of",
};

/** Below the data folder. */
export const KIND_FOLDERS: Readonly<Record<KeptKind, string>> = {
  kv: "kv",
  d1: "d1",
  r2: "r2",
  queue: "queues",
  storage: "storage",
  deno_kv: "deno_kv",
  files: "files",
};

/** A store. */
export interface KeptStore {
  readonly name: string;
  readonly uses: readonly StoreUse[];
  /** The largest `storage_mb` of the apps that use it, in bytes. */
  readonly maxBytes: number;
  /** Whether anything was kept in it yet. */
  readonly exists: boolean;
}

interface NamedStore {
  readonly uses: StoreUse[];
  readonly apps: Set<string>;
  maxBytes: number;
}

const SUFFIX = ".db";
const MIB = 1024 * 1024;
/** Of a store that no app names. */
const UNNAMED_BYTES = APP_LIMITS.storage_mb.default * MIB;

/** Finds stores. */
export class KeptStores {
  readonly #desk: ChangeDesk;

  constructor(desk: ChangeDesk) {
    this.#desk = desk;
  }

  /** All of a kind, by name. */
  async list(kind: KeptKind): Promise<readonly KeptStore[]> {
    const files = await this.#kept(kind);
    const named = this.#named(kind);
    const names = [...new Set([...files, ...named.keys()])].sort();
    return names.map((name) => ({
      name,
      uses: named.get(name)?.uses ?? [],
      maxBytes: named.get(name)?.maxBytes ?? UNNAMED_BYTES,
      exists: files.has(name),
    }));
  }

  /**
   * One that exists or may come to exist: no other name becomes a file.
   * @param verb what is asked, as `list the keys of`
   * @throws {NanoError} NOT_FOUND
   */
  async find(kind: KeptKind, name: string, verb: string): Promise<KeptStore> {
    const found = (await this.list(kind)).find((one) => one.name === name);
    if (found !== undefined) return found;
    const word = KIND_WORDS[kind];
    throw new NanoError("NOT_FOUND", `Cannot ${verb} ${word} "${name}": no app names it, and nothing is kept in it`);
  }

  /** Whether anything was kept in a store yet. */
  async exists(kind: KeptKind, name: string): Promise<boolean> {
    return (await this.#kept(kind)).has(name);
  }

  /** Names of the apps that use a store; of a queue also those that consume it. */
  appsOf(kind: KeptKind, name: string): readonly string[] {
    return [...this.#named(kind).get(name)?.apps ?? []];
  }

  /** What a store may hold, whether it exists or not. */
  maxBytes(kind: KeptKind, name: string): number {
    return this.#named(kind).get(name)?.maxBytes ?? UNNAMED_BYTES;
  }

  /** Versions beside an app share its stores, and are not named. */
  #named(kind: KeptKind): ReadonlyMap<string, NamedStore> {
    const { apps, layers } = this.#desk.config;
    const found = new Map<string, NamedStore>();
    for (const app of apps) {
      if (layers.sources[app.name]?.from === "version") continue;
      for (const { store, binding } of namesOf(app, kind)) {
        const one = found.get(store) ?? { uses: [], apps: new Set(), maxBytes: 0 };
        one.apps.add(app.name);
        if (binding !== null) one.uses.push({ app: app.name, binding });
        one.maxBytes = Math.max(one.maxBytes, app.storageMb * MIB);
        found.set(store, one);
      }
    }
    return found;
  }

  /** Names of the stores that hold something, here or in the fleet. @throws {NanoError} FLEET_UNAVAILABLE */
  async #kept(kind: KeptKind): Promise<ReadonlySet<string>> {
    const { data } = this.#desk.tools;
    const names = await data.outsideOf(kind)?.names(kind as OutsideKind);
    return names === undefined ? await this.#files(kind) : new Set(names);
  }

  async #files(kind: KeptKind): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    try {
      for await (
        const { name, isFile, isDirectory } of Deno.readDir(join(this.#desk.tools.data.folder, KIND_FOLDERS[kind]))
      ) {
        if (kind === "files" && isDirectory) names.add(name);
        else if (isFile && name.endsWith(SUFFIX)) names.add(name.slice(0, -SUFFIX.length));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return names;
  }
}

/** The stores of a kind that an app names; queues also by consuming them, or by leaving dead letters in them. */
function namesOf(app: AppConfig, kind: KeptKind): { readonly store: string; readonly binding: string | null }[] {
  if (kind === "files") return app.compat === "full" ? [{ store: app.name, binding: null }] : [];
  // Every app may have one, under its own name.
  if (kind === "storage" || kind === "deno_kv") return [{ store: app.name, binding: null }];
  const bound = app.bindings.flatMap((one) => one.kind === kind ? [{ store: one.store, binding: one.name }] : []);
  if (kind !== "queue") return bound;
  const consumed = app.consumers.flatMap(({ store, deadLetterStore }) => [store, deadLetterStore]);
  return [...bound, ...consumed.filter((store) => store !== null).map((store) => ({ store, binding: null }))];
}
