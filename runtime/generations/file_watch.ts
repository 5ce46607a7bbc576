/** Watches what a generation was made from: nano.json, its apps' files, and the files of their secrets. */
import { sep } from "node:path";
import { inTime } from "../deadline.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import { type FileWatcher, watchFiles } from "../config/watch.ts";
import type { Generation } from "./reload.ts";

/** How long a change waits until its files are watched, in ms; a folder of 10,000 files takes a third of that. */
const EXPECT_MS = 1_000;

/** Tells which apps' files changed; an empty set means nano.json or a secret alone. */
export class FileWatch implements Disposable, AsyncDisposable {
  readonly #onChange: (apps: ReadonlySet<string>) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #watcher: FileWatcher | null = null;
  #generation: Generation | null = null;
  #ended: Promise<unknown> = Promise.resolve();

  /**
   * @param onChange awaited before the next change is told
   * @param onError hears of what cannot be watched
   */
  constructor(onChange: (apps: ReadonlySet<string>) => Promise<void>, onError: (error: unknown) => void) {
    this.#onChange = onChange;
    this.#onError = onError;
  }

  /**
   * Watches the files of this generation from now on.
   * @returns settles when changes are noticed; never rejects
   */
  follow(generation: Generation): Promise<void> {
    this.#generation = generation;
    const { file, apps, stateDir, secretFiles } = generation.config;
    const paths = new Set([...file === null ? [] : [file], ...secretFiles]);
    for (const app of apps) for (const path of watchedBy(generation, app.name)) paths.add(path);
    if (this.#watcher === null) {
      this.#watcher = watchFiles({
        paths: [...paths],
        ignore: [stateDir],
        onError: this.#onError,
        onChange: (changed) => this.#onChange(this.#appsOf(changed)),
      });
      return this.#watcher.ready;
    }
    return this.#watcher.update([...paths]);
  }

  /** Watches the files of this generation, and waits for it no longer than a second. */
  followSoon(generation: Generation): Promise<unknown> {
    return inTime(this.follow(generation), EXPECT_MS);
  }

  /**
   * Watches what this configuration adds as well, before its code is read: later it would be too late to see an edit
   * that came in between. A change does not wait long for that: a folder may hold more than can be looked at soon.
   * @returns settles when changes are noticed or a second has gone by; never rejects
   */
  async expect({ apps, stateDir, secretFiles }: NanoConfig): Promise<void> {
    if (this.#generation === null) return;
    const { config } = this.#generation;
    const known = new Set(config.apps.map(({ path }) => path));
    const added = apps.filter(({ path }) => !known.has(path) && !path.startsWith(stateDir + sep));
    const files = secretFiles.filter((path) => !config.secretFiles.includes(path));
    if (added.length + files.length === 0) return;
    const both = { ...config, apps: [...config.apps, ...added], secretFiles: [...config.secretFiles, ...files] };
    await this.followSoon({ ...this.#generation, config: both });
  }

  /** Tells no change any more. */
  [Symbol.dispose](): void {
    this.#ended = Promise.all([this.#ended, this.#watcher?.[Symbol.asyncDispose]()]);
    this.#watcher = null;
  }

  /** The same, and waits until nothing looks at files any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#ended;
  }

  #appsOf(changed: readonly string[]): Set<string> {
    const apps = new Set<string>();
    const generation = this.#generation!;
    for (const { name } of generation.config.apps) {
      const watched = watchedBy(generation, name);
      const isTouched = changed.some((file) => watched.some((path) => file === path || file.startsWith(path + sep)));
      if (isTouched) apps.add(name);
    }
    return apps;
  }
}

/** An app's folder or entry file, and what its code was made from outside of it; nothing of one that was not read yet. */
function watchedBy(generation: Generation, name: string): string[] {
  if (generation.units.get(name)?.isUnread === true) return [];
  // One whose path is about to change has two.
  const paths = generation.config.apps.filter((one) => one.name === name).map(({ path }) => path);
  return [...paths, ...generation.inputs.get(name) ?? []];
}
