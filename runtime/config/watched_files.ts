/** Watches the files of many apps by a few watchers: one more app costs a look at some of the others, not at all. */
import { type FileWatcher, watchFiles, type WatchOptions } from "./watch.ts";

/** As many paths as one watcher looks at within some milliseconds. */
const PATHS_OF_WATCHER = 64;
/** The system has 128 for all processes of a user (fs.inotify.max_user_instances). */
const MAX_WATCHERS = 16;

interface Part {
  readonly watcher: FileWatcher;
  readonly paths: Set<string>;
  /** Settles when changes of all of them are noticed. */
  ready: Promise<void>;
}

/** The watchers; a path stays with the one that has it. */
export class WatchedFiles implements AsyncDisposable {
  readonly #options: Omit<WatchOptions, "paths">;
  readonly #parts: Part[] = [];
  readonly #partOf = new Map<string, Part>();

  constructor(options: Omit<WatchOptions, "paths">) {
    this.#options = options;
  }

  /**
   * Watches these paths from now on; what was watched before and still is stays so without a gap.
   * @returns settles when changes are noticed; never rejects
   */
  async watch(paths: ReadonlySet<string>): Promise<void> {
    const touched = new Set<Part>();
    for (const [path, part] of this.#partOf) {
      if (paths.has(path)) continue;
      part.paths.delete(path);
      this.#partOf.delete(path);
      touched.add(part);
    }
    for (const path of paths) {
      if (this.#partOf.has(path)) continue;
      const part = this.#roomiest();
      part.paths.add(path);
      this.#partOf.set(path, part);
      touched.add(part);
    }
    for (const part of touched) part.ready = part.watcher.update([...part.paths]);
    await Promise.all(this.#parts.map(({ ready }) => ready));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#parts.map(({ watcher }) => watcher[Symbol.asyncDispose]()));
  }

  #roomiest(): Part {
    const fewest = this.#parts.toSorted((one, other) => one.paths.size - other.paths.size)[0];
    const withRoom = this.#parts.find(({ paths }) => paths.size < PATHS_OF_WATCHER);
    if (withRoom !== undefined) return withRoom;
    if (fewest !== undefined && this.#parts.length >= MAX_WATCHERS) return fewest;
    const watcher = watchFiles({ ...this.#options, paths: [] });
    const part = { watcher, paths: new Set<string>(), ready: watcher.ready };
    this.#parts.push(part);
    return part;
  }
}
