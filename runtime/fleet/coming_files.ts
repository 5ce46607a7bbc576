/** Files of versions that follow their records: in the background, those that somebody waits for first. */
import type { Clock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { FleetVersion } from "./app_record.ts";
import type { FailedApp } from "./fleet_store.ts";

/** Under way at once in the background: requests are answered meanwhile. Those that are waited for come beside them. */
const AT_ONCE = 4;
/** How long a start waits: half of what a request does. */
const PATIENCE_MS = 10_000;
/** Doubled with each failure: an engine that is away comes back by itself. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** What it works with. */
export interface ComingFilesTools {
  readonly clock: Clock;
  /** Absolute folder of a version. */
  readonly pathOf: (app: string, version: string) => string;
  /** Sees to it that the files of a version are there. */
  readonly bring: (app: string, version: FleetVersion) => Promise<void>;
  /** Removes files that nobody wants any more. */
  readonly discard: (app: string, version: string) => Promise<void>;
  /** Told of files that are there. @param how.wasMissed whether a start has waited for them in vain */
  readonly onCame: (app: string, how: { readonly wasMissed: boolean }) => void;
}

interface Coming {
  readonly app: string;
  readonly version: FleetVersion;
  readonly done: PromiseWithResolvers<void>;
  run: Promise<void> | null;
  error: string | null;
  waitMs: number;
  /** When it is tried again. */
  at: number;
  wasMissed: boolean;
}

/** Those of one node. */
export class ComingFiles implements Disposable {
  readonly #tools: ComingFilesTools;
  /** By folder. */
  readonly #coming = new Map<string, Coming>();
  /** Tries that nobody waits for. */
  #lanes = 0;
  #cancel: (() => void) | null = null;
  #isOpen = false;

  constructor(tools: ComingFilesTools) {
    this.#tools = tools;
  }

  get size(): number {
    return this.#coming.size;
  }

  /** Begins to fetch. */
  begin(): void {
    this.#isOpen = true;
    this.#pump();
  }

  /** Versions whose files are to come. */
  expect(app: string, versions: readonly FleetVersion[]): void {
    for (const version of versions) {
      const path = this.#tools.pathOf(app, version.version);
      if (this.#coming.has(path)) continue;
      const done = Promise.withResolvers<void>();
      const isNew = { run: null, error: null, waitMs: FIRST_RETRY_MS, at: 0, wasMissed: false };
      this.#coming.set(path, { app, version, done, ...isNew });
    }
    this.#pump();
  }

  has(app: string, version: string): boolean {
    return this.#coming.has(this.#tools.pathOf(app, version));
  }

  /**
   * Settles when the files of a folder are there, at once for one that nobody waits for.
   * @throws {NanoError} FLEET_UNAVAILABLE when they have not come in time
   */
  async arrived(path: string): Promise<void> {
    const one = this.#coming.get(path);
    if (one === undefined) return;
    // The next try may find what this one lacked.
    void this.#run(one).catch(() => {});
    if (await inTime(one.done.promise.then(() => true), PATIENCE_MS, this.#tools.clock) === true) return;
    one.wasMissed = true;
    const why = one.error ?? "the engine has not sent them yet";
    throw new NanoError("FLEET_UNAVAILABLE", `The files of "${one.version.version}" are not here: ${why}`);
  }

  /** One try, or the one that is under way. @throws what kept them from coming */
  async now(app: string, version: FleetVersion): Promise<void> {
    const one = this.#coming.get(this.#tools.pathOf(app, version.version));
    if (one === undefined) return;
    if (one.version.digest === version.digest) return await this.#run(one);
    // Other files have this name by now.
    await this.forget(app, version.version);
  }

  /** These are not wanted any more; settles when nothing of them comes any more. */
  async forget(app: string, version: string): Promise<void> {
    const path = this.#tools.pathOf(app, version);
    const one = this.#coming.get(path);
    if (one === undefined) return;
    this.#coming.delete(path);
    one.done.resolve();
    await one.run?.catch(() => {});
  }

  /** Tries all again that could not be had. */
  retry(): void {
    for (const one of this.#coming.values()) one.at = 0;
    this.#pump();
  }

  /** What could not be had. @param revisionOf of an app's record */
  failures(revisionOf: (app: string) => number): readonly FailedApp[] {
    return [...this.#coming.values()].flatMap(({ app, version, error }) =>
      error === null ? [] : [{ app, revision: revisionOf(app), error: `"${version.version}" cannot be had: ${error}` }]
    );
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  #pump(): void {
    if (!this.#isOpen) return;
    this.#cancel?.();
    this.#cancel = null;
    const now = this.#tools.clock.now();
    let next = Infinity;
    for (const one of this.#coming.values()) {
      if (this.#lanes >= AT_ONCE) return;
      if (one.run !== null) continue;
      if (one.at > now) {
        next = Math.min(next, one.at);
        continue;
      }
      this.#lanes++;
      void this.#run(one).catch(() => {}).finally(() => {
        this.#lanes--;
        this.#pump();
      });
    }
    if (next < Infinity) this.#cancel = this.#tools.clock.after(next - now, () => this.#pump());
  }

  #run(one: Coming): Promise<void> {
    return one.run ??= this.#bring(one).finally(() => one.run = null);
  }

  async #bring(one: Coming): Promise<void> {
    const { bring, clock, discard, onCame, pathOf } = this.#tools;
    const { app, version } = one;
    const path = pathOf(app, version.version);
    try {
      await bring(app, version);
    } catch (error) {
      one.error = messageOf(error);
      one.at = clock.now() + one.waitMs;
      one.waitMs = Math.min(one.waitMs * 2, LAST_RETRY_MS);
      throw error;
    }
    if (this.#coming.get(path) !== one) return await discard(app, version.version);
    this.#coming.delete(path);
    one.done.resolve();
    onCame(app, one);
  }
}
