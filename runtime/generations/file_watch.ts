/** Watches what a generation was made from: nano.json, its apps' files, and the files of their secrets. */
import { sep } from "node:path";
import { inTime } from "../deadline.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { startsLazily } from "../config/starts_lazily.ts";
import { WatchedFiles } from "../config/watched_files.ts";
import type { Generation } from "./reload.ts";

/** How long a change waits until its files are watched, in ms; a folder of 10,000 files takes a third of that. */
const EXPECT_MS = 1_000;

/** Tells which apps' files changed; an empty set means nano.json or a secret alone. */
export class FileWatch implements Disposable, AsyncDisposable {
  readonly #onChange: (apps: ReadonlySet<string>) => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #files: WatchedFiles | null = null;
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
    for (const app of apps) for (const path of watchedBy(generation, app)) paths.add(path);
    this.#files ??= new WatchedFiles({
      ignore: [stateDir],
      onError: this.#onError,
      onChange: (changed) => this.#onChange(this.#appsOf(changed)),
    });
    return this.#files.watch(paths);
  }

  /** Watches the files of this generation, and waits for it no longer than a second. */
  followSoon(generation: Generation): Promise<unknown> {
    return inTime(this.follow(generation), EXPECT_MS);
  }

  /**
   * Watches what this configuration adds as well, before its code is read: later it would be too late to see an edit
   * that came in between. A change does not wait long for that: a folder may hold more than can be looked at soon.
   * @param how.isForAll whether the apps that start lazily are not read
   * @returns settles when changes are noticed or a second has gone by; never rejects
   */
  async expect(next: NanoConfig, { isForAll }: { readonly isForAll: boolean }): Promise<void> {
    if (this.#generation === null) return;
    const { config } = this.#generation;
    const { apps, stateDir, secretFiles } = next;
    let known: Set<AppConfig> | null = null;
    // Most stand where they stood: of ten thousand no index is made.
    const isKnown = (app: AppConfig, at: number) =>
      app === config.apps[at] || (known ??= new Set(config.apps)).has(app);
    const added = apps.filter((app, at) =>
      !isKnown(app, at) && !(isForAll && startsLazily(app, apps.length)) && !app.path.startsWith(stateDir + sep)
    );
    const files = secretFiles.filter((path) => !config.secretFiles.includes(path));
    if (added.length + files.length === 0) return;
    const both = { ...config, apps: [...config.apps, ...added], secretFiles: [...config.secretFiles, ...files] };
    await this.followSoon({ ...this.#generation, config: both });
  }

  /** Tells no change any more. */
  [Symbol.dispose](): void {
    this.#ended = Promise.all([this.#ended, this.#files?.[Symbol.asyncDispose]()]);
    this.#files = null;
  }

  /** The same, and waits until nothing looks at files any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.#ended;
  }

  #appsOf(changed: readonly string[]): Set<string> {
    const apps = new Set<string>();
    const generation = this.#generation!;
    for (const app of generation.config.apps) {
      const watched = watchedBy(generation, app);
      const isTouched = changed.some((file) => watched.some((path) => file === path || file.startsWith(path + sep)));
      if (isTouched) apps.add(app.name);
    }
    return apps;
  }
}

const NOTHING: readonly string[] = [];

/** An app's folder or entry file, and what its code was made from outside of it; nothing of one that was not read yet. */
function watchedBy({ units, inputs }: Generation, { name, path }: AppConfig): readonly string[] {
  const unit = units.get(name);
  // One whose path is about to change has two, and the new one is about to be read.
  if (unit?.isUnread === true && unit.app.path === path) return NOTHING;
  return [path, ...inputs.get(name) ?? NOTHING];
}
