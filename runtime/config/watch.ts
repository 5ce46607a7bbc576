/** Tells when files or folders change: nano.json, the apps' folders, files of secrets. */
import { resolve, sep } from "node:path";
import { Coalescer } from "./coalescer.ts";
import {
  concerns,
  emptyTree,
  type FileTree,
  type Ignore,
  ignoring,
  SCAN_BUDGET,
  type ScanBudget,
} from "./file_tree.ts";
import { type EventsThread, FolderEvents } from "./folder_events.ts";
import { FolderPatrol } from "./folder_patrol.ts";
import { HeldPipes } from "./held_pipes.ts";

/** Short enough that a change takes effect well within a second, long enough for an editor's rename or a checkout. */
const DEFAULT_DEBOUNCE_MS = 100;

/** A burst that does not end (a log file in an app's folder) must not hold a change back. */
const MAX_WAIT_FACTOR = 4;

/** How often folders may change under the hands of one look before the next one is left to a later event. */
const MAX_LOOKS = 5;

/** How soon after the end of events one listens anew for the second time; before, only when a change was found. */
const LISTEN_ANEW_MS = 60_000;

/** How soon a path that was too much to look at is looked at again, if the paths change; in milliseconds. */
const RETRY_MS = 300_000;

/** What {@linkcode watchFiles} takes. */
export interface WatchOptions {
  /** Files, and folders with all that is below; what does not exist yet is awaited. */
  readonly paths: readonly string[];
  /** Names, or absolute paths, that are left out beside node_modules, .git, .nano and editors' temporary files. */
  readonly ignore?: readonly string[] | undefined;
  /** What looking below one of the paths may cost. */
  readonly budget?: ScanBudget | undefined;
  /** How long nothing may change before `onChange` is called, in milliseconds; 100 unless given. */
  readonly debounceMs?: number | undefined;
  /** How often one looks for named pipes in the folders, which would end all events, in milliseconds. */
  readonly patrolMs?: number | undefined;
  /** Starts the thread that listens; for tests. */
  readonly startThread?: (() => EventsThread) | undefined;
  /** Gets the absolute paths of changed, new and removed files, sorted; the next call waits until it has settled. */
  readonly onChange: (changed: readonly string[]) => void | Promise<void>;
  /** Hears what `onChange` throws and what makes watching fail; without it that is written to stderr. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** What {@linkcode watchFiles} returns; disposing ends it. */
export interface FileWatcher extends Disposable, AsyncDisposable {
  /** Settles when changes from now on are noticed. Never rejects. */
  readonly ready: Promise<void>;
  /**
   * Watches these paths from now on; what was watched before and still is stays so without a gap.
   * @returns a promise that settles when changes are noticed, and never rejects
   */
  update(paths: readonly string[]): Promise<void>;
}

/**
 * Watches files and folders. Events of the system only say when to look: what has changed is found by comparing file
 * states, so lost events, events of reading, and replacement by rename make no difference.
 *
 * @example
 * ```ts
 * import { watchFiles } from "./watch.ts";
 * await using watcher = watchFiles({ paths: ["nano.json"], onChange: (changed) => console.log(changed) });
 * await watcher.ready;
 * ```
 */
export function watchFiles(options: WatchOptions): FileWatcher {
  return new FolderWatcher(options);
}

class FolderWatcher implements FileWatcher {
  readonly ready: Promise<void>;
  readonly #onChange: WatchOptions["onChange"];
  readonly #onError: (error: unknown) => void;
  readonly #ignored: readonly string[];
  readonly #ignore: Ignore;
  readonly #budget: ScanBudget;
  readonly #coalescer: Coalescer;
  readonly #changed = new Set<string>();
  #paths: readonly string[] = [];
  #tree: FileTree = emptyTree();
  /** Paths that were too much to look at, and when one may try again: they must not cost the same at each look. */
  readonly #givenUp = new Map<string, number>();
  readonly #events: FolderEvents;
  /** The folders that are listened to, those that are deaf among them; null when the last attempt failed. */
  #listened: ReadonlyMap<string, string> | null = null;
  /** A folder was replaced, so that the system no longer tells of the one that has its path now. */
  #stale = false;
  /** Folders that are not listened to, each with the pipe that is why. */
  #deaf: ReadonlyMap<string, string> = new Map();
  readonly #patrol: FolderPatrol;
  #lostAt = -Infinity;
  #disposed = false;
  /** Looks and updates, one after the other. */
  #queue: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions) {
    this.#onChange = options.onChange;
    this.#onError = options.onError ?? ((error) => console.error("Cannot follow changes of files:", error));
    this.#budget = options.budget ?? SCAN_BUDGET;
    this.#ignored = options.ignore ?? [];
    this.#ignore = ignoring(this.#ignored);
    const quietMs = options.debounceMs ?? DEFAULT_DEBOUNCE_MS;
    this.#coalescer = new Coalescer(() => this.#report(), {
      quietMs,
      maxWaitMs: quietMs * MAX_WAIT_FACTOR,
      onError: this.#onError,
    });
    this.#events = new FolderEvents({
      onEvent: (kind, paths) => this.#hear(kind, paths),
      onError: (error) => this.#lose(error),
      ...options.startThread === undefined ? {} : { startThread: options.startThread },
    });
    this.#patrol = new FolderPatrol({
      everyMs: options.patrolMs,
      onChange: () => {
        this.#stale = true;
        this.#coalescer.trigger();
      },
    });
    this.ready = this.update(options.paths);
  }

  update(paths: readonly string[]): Promise<void> {
    return this.#enqueue(async () => {
      const before = this.#paths;
      this.#paths = [...new Set(paths.map((path) => resolve(path)))].sort();
      for (const [path, until] of this.#givenUp) {
        if (performance.now() > until || !this.#paths.includes(path)) this.#givenUp.delete(path);
      }
      await this.#look(before);
      if (this.#changed.size > 0) this.#coalescer.trigger();
    });
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#coalescer[Symbol.dispose]();
    this.#patrol[Symbol.dispose]();
    this.#events[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#queue;
  }

  async #report(): Promise<void> {
    await this.#enqueue(() => this.#look(this.#paths));
    if (this.#changed.size === 0 || this.#disposed) return;
    const changed = [...this.#changed].sort();
    this.#changed.clear();
    await this.#onChange(changed);
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      try {
        if (!this.#disposed) await task();
      } catch (error) {
        this.#onError(error);
      }
    });
    return this.#queue;
  }

  /** Looks at all files, notes what has changed below paths that were watched before, and listens to the right folders. */
  async #look(before: readonly string[]): Promise<void> {
    const previous = this.#tree;
    for (let looks = 1;; looks++) {
      const paths = this.#paths.filter((path) => !this.#givenUp.has(path));
      const tree = await this.#events.look({ paths, ignored: this.#ignored, budget: this.#budget });
      if (tree === null || this.#disposed) return;
      this.#giveUp(tree.given);
      this.#tree = tree;
      if (this.#isHeard(tree.folders)) break;
      if (looks > MAX_LOOKS) {
        this.#coalescer.trigger();
        break;
      }
      await this.#listen(tree.folders);
      // Once more: nobody listened while the folders changed hands.
    }
    for (const path of differences(previous.files, this.#tree.files)) {
      if (isBelow(path, before) && isBelow(path, this.#paths)) this.#changed.add(path);
    }
  }

  /** Whether one listens to these folders, and to those that have these paths now. */
  #isHeard(folders: ReadonlyMap<string, string>): boolean {
    if (this.#listened === null || this.#stale || !this.#events.isListening) return false;
    return sameEntries(folders, this.#listened);
  }

  #giveUp(paths: ReadonlyMap<string, string>): void {
    for (const [path, why] of paths) {
      this.#givenUp.set(path, performance.now() + RETRY_MS);
      this.#onError(new Error(`Cannot watch "${path}": ${why}`));
    }
  }

  async #listen(folders: ReadonlyMap<string, string>): Promise<void> {
    // Held until nobody listens to their folders any more: the one who listens may wait for them.
    using pipes = await HeldPipes.in(folders.keys());
    if (this.#disposed) return;
    this.#stale = false;
    this.#listened = null;
    this.#tellDeaf(pipes.folders);
    const heard = [...folders.keys()].filter((folder) => !this.#deaf.has(folder));
    // A folder went away since the look: the next look knows.
    if (!await this.#events.listen(heard)) return;
    this.#listened = folders;
    this.#patrol.walk(folders.keys(), this.#deaf.keys());
  }

  /** Nobody tells of changes any more: listens anew, and looks what has changed meanwhile. */
  #lose(error: Error): void {
    this.#onError(error);
    this.#stale = true;
    const now = performance.now();
    if (now - this.#lostAt < LISTEN_ANEW_MS) return;
    this.#lostAt = now;
    this.#coalescer.trigger();
  }

  #tellDeaf(folders: ReadonlyMap<string, string>): void {
    for (const [folder, pipe] of folders) {
      if (this.#deaf.has(folder)) continue;
      this.#onError(new Error(`Cannot watch "${folder}": "${pipe}" is a named pipe, which would stop the watching`));
    }
    this.#deaf = folders;
  }

  #hear(kind: string, paths: readonly string[]): void {
    this.#patrol.heard();
    if (kind !== "modify" && paths.some((path) => this.#tree.folders.has(path))) this.#stale = true;
    if (paths.some((path) => concerns(this.#tree, path, this.#ignore))) this.#coalescer.trigger();
  }
}

function sameEntries(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const changed = [...after].filter(([path, state]) => before.get(path) !== state).map(([path]) => path);
  return changed.concat([...before.keys()].filter((path) => !after.has(path)));
}

function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep));
}
