/** Remembers what was made of each app: a change of one among thousands looks at that one. */
import { NanoError } from "../errors.ts";
import type { CheckedDocument } from "./fit_layers.ts";
import type { AppConfig } from "./resolved_config.ts";

/** A checked document whose services have yet to be found among its apps. */
export interface Resolved {
  readonly config: CheckedDocument;
  /** Names that Workers projects give themselves, by the app's place. */
  readonly names: readonly (readonly [number, string | null])[];
  /** Places of apps whose folders may be Workers projects. */
  readonly marked: ReadonlySet<number>;
}

/** How {@linkcode ResolveMemory.resolve} goes about it. */
export interface ResolveTools {
  /**
   * Checks a document whole.
   * @throws {NanoError} CONFIG_INVALID with every mistake
   */
  readonly resolve: (document: unknown) => Promise<Resolved>;
  /** Whether apps that depend on their entry alone are taken as they were, whatever has become of their folders. */
  readonly trusting: boolean;
}

/** What an app is made of beside its entry. */
interface Stamp {
  /** Its own folder or file: a file of a Workers project in it would make another app of it. */
  readonly path: string;
  readonly state: string;
  /** Other folders that have to be there. */
  readonly others: readonly string[];
}

interface Remembered {
  readonly app: AppConfig;
  readonly stamp: Stamp;
}

interface WrittenDocument {
  readonly apps: readonly object[];
  readonly default_app?: unknown;
}

/** A folder may change once more within what its file system takes for one moment; in ms, two seconds on the coarsest. */
const SETTLED_MS = 2_000;
/** Looks at folders between which others have their turn. */
const LOOKS_AT_ONCE = 1_000;

/** Apps by their entries: the same object stands for the same text, see `withKnownEntries`. */
export class ResolveMemory {
  /** All of the document but its apps; with another one nothing that is remembered holds. */
  #frame: string | null = null;
  #known = new WeakMap<object, Remembered>();
  /** Of the last document that was whole: no two of these claim the same. */
  #last: readonly AppConfig[] = [];

  /** The document resolved, as `resolve` would. @throws {NanoError} CONFIG_INVALID with every mistake */
  async resolve(document: unknown, tools: ResolveTools): Promise<Resolved> {
    if (!isDocument(document)) return await tools.resolve(document);
    const { apps, default_app, ...frame } = document;
    const text = textOf(frame);
    if (text === null || text !== this.#frame) {
      this.#frame = text;
      this.#known = new WeakMap();
    }
    const known = this.#known;
    const began = Date.now();
    const fresh = await this.#freshOf(apps, tools.trusting);
    const part = fresh.length === apps.length ? null : await orNull(tools.resolve({ ...frame, apps: fresh }));
    const whole = part === null ? null : joined(part, { apps, fresh, known, default_app, last: this.#last });
    // Nothing is remembered, or there is a mistake: what it is, and where, only the whole can tell.
    const resolved = whole ?? await tools.resolve(document);
    this.#last = resolved.config.apps;
    const after = part ?? resolved;
    const entries = part === null ? apps : fresh;
    entries.forEach((entry, index) => {
      known.delete(entry);
      const remembered = after.marked.has(index) ? null : rememberedOf(after.config.apps[index]!, began);
      if (remembered !== null) known.set(entry, remembered);
    });
    return resolved;
  }

  async #freshOf(apps: readonly object[], trusting: boolean): Promise<readonly object[]> {
    const fresh: object[] = [];
    let looks = 0;
    for (const entry of apps) {
      const remembered = this.#known.get(entry);
      if (remembered !== undefined && trusting) continue;
      if (remembered !== undefined && ++looks % LOOKS_AT_ONCE === 0) await new Promise((done) => setTimeout(done, 0));
      if (remembered === undefined || !holds(remembered.stamp)) fresh.push(entry);
    }
    return fresh;
  }
}

/** The whole of what is known and what was looked at; null when two apps claim the same, or the default app is none. */
function joined(
  { config, names, marked }: Resolved,
  { apps, fresh, known, default_app, last }: WrittenDocument & {
    readonly last: readonly AppConfig[];
    readonly fresh: readonly object[];
    readonly known: WeakMap<object, Remembered>;
  },
): Resolved | null {
  const made = new Map(fresh.map((entry, index) => [entry, config.apps[index]!]));
  const all = apps.map((entry) => made.get(entry) ?? known.get(entry)!.app);
  if (hasClash(all, last) || !(default_app === undefined || all.some(({ name }) => name === default_app))) return null;
  const places = new Map(apps.map((entry, index) => [entry, index]));
  return {
    config: { ...config, apps: all, defaultApp: default_app as string | undefined ?? null },
    names: names.map(([index, name]) => [places.get(fresh[index]!)!, name]),
    marked: new Set([...marked].map((index) => places.get(fresh[index]!)!)),
  };
}

/**
 * Whether two apps claim one name, host, port or queue; what exactly, cross_checks.ts tells.
 * @param last among whom nobody does: where each claims what the one at its place did, there is nothing to look for
 */
function hasClash(apps: readonly AppConfig[], last: readonly AppConfig[]): boolean {
  if (
    apps.length === last.length && apps.every((app, at) => app === last[at] || claimsOf(app) === claimsOf(last[at]!))
  ) {
    return false;
  }
  const taken = { names: new Set<string>(), hosts: new Set<string>(), ports: new Set<number>(), queues: new Set() };
  for (const { name, hostnames, port, consumers } of apps) {
    if (taken.names.has(name)) return true;
    taken.names.add(name);
    for (const host of hostnames) {
      if (taken.hosts.has(host)) return true;
      taken.hosts.add(host);
    }
    if (port !== null && port !== 0) {
      if (taken.ports.has(port)) return true;
      taken.ports.add(port);
    }
    for (const { store } of consumers) {
      if (taken.queues.has(store)) return true;
      taken.queues.add(store);
    }
  }
  return false;
}

function claimsOf({ name, hostnames, port, consumers }: AppConfig): string {
  return JSON.stringify([name, hostnames, port, consumers.map(({ store }) => store)]);
}

/**
 * Only what depends on nothing but its entry and on folders that are there: no secret, no project's own file.
 * @param began when its folder had not been looked into yet; what has changed since may have become a project
 */
function rememberedOf(app: AppConfig, began: number): Remembered | null {
  if (app.secrets.length > 0 || app.project !== null) return null;
  const { path } = app;
  const state = stateOf(path);
  if (state === null || state.changedAt > began - SETTLED_MS) return null;
  const others = [app.root, app.assets?.path ?? null].filter((folder) => folder !== null);
  return { app, stamp: { path, state: state.text, others } };
}

function holds({ path, state, others }: Stamp): boolean {
  return stateOf(path)?.text === state && others.every((folder) => stateOf(folder) !== null);
}

/** Another text when what is directly in a folder has changed, or another folder has its place; null when there is none. */
function stateOf(path: string): { readonly text: string; readonly changedAt: number } | null {
  try {
    const { ino, ctime, mtime } = Deno.statSync(path);
    // Nobody can set the first one back, but Deno tells whole seconds of it; the second one has the milliseconds.
    const changedAt = (ctime ?? mtime)?.getTime() ?? Date.now();
    return { text: `${ino} ${changedAt} ${mtime?.getTime() ?? ""}`, changedAt };
  } catch {
    return null;
  }
}

async function orNull(work: Promise<Resolved>): Promise<Resolved | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NanoError) return null;
    throw error;
  }
}

/** Null for what no file can hold, as a caller may give it. */
function textOf(frame: object): string | null {
  try {
    return JSON.stringify(frame);
  } catch {
    return null;
  }
}

function isDocument(document: unknown): document is WrittenDocument {
  const apps = (document as { apps?: unknown } | null | undefined)?.apps;
  return Array.isArray(apps) && apps.every((app) => typeof app === "object" && app !== null);
}
