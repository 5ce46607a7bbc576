/**
 * Looks now and then for what the system's events cannot tell of: a pipe that was made where they are listened to, and
 * that they come no more because one was there for a moment.
 */
import { pipesIn } from "./held_pipes.ts";

/** Between two looks, in ms; one costs a stat for each folder. */
const PATROL_MS = 10_000;

/** An event of a change comes within this time. */
const EVENT_MS = 1_000;

/** What a patrol works with. */
export interface PatrolOptions {
  /** Between two looks, in ms. */
  readonly everyMs?: number | undefined;
  /** A pipe has come into a folder, or the last one has left it, or a folder has changed and no event came. */
  readonly onChange: () => void;
}

/** Walks from folder to folder. */
export class FolderPatrol implements Disposable {
  readonly #options: PatrolOptions;
  /** Time of the last change of each folder that was looked into. */
  #times = new Map<string, number>();
  /** Folders that are known to hold pipes. */
  #withPipes: ReadonlySet<string> = new Set();
  #folders: readonly string[] = [];
  /** When events were last known to come, in ms since the epoch. */
  #heardAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #disposed = false;

  constructor(options: PatrolOptions) {
    this.#options = options;
  }

  /** Walks these from now on. @param withPipes those among them that hold pipes */
  walk(folders: Iterable<string>, withPipes: Iterable<string>): void {
    this.#folders = [...folders];
    this.#withPipes = new Set(withPipes);
    this.heard();
    const known = new Set(this.#folders);
    for (const folder of this.#times.keys()) if (!known.has(folder)) this.#times.delete(folder);
    if (this.#timer === null) this.#plan();
  }

  /** An event came. */
  heard(): void {
    this.#heardAt = Date.now();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#disposed) return;
    this.#timer = setTimeout(() => this.#walk().finally(() => this.#plan()), this.#options.everyMs ?? PATROL_MS);
    // Whoever only watches need not stay for it.
    Deno.unrefTimer(this.#timer);
  }

  /** Never rejects. */
  async #walk(): Promise<void> {
    for (const folder of this.#folders) {
      const time = await changeTimeOf(folder);
      if (this.#disposed) return;
      if (time === null || this.#times.get(folder) === time) continue;
      const isUnheard = time > this.#heardAt;
      if (isUnheard && Date.now() - time < EVENT_MS) continue;
      const holds = (await pipesIn(folder)).length > 0;
      if (this.#disposed) return;
      this.#times.set(folder, time);
      // A folder with pipes is not listened to.
      const isDeaf = isUnheard && !holds && !this.#withPipes.has(folder);
      if (isDeaf || holds !== this.#withPipes.has(folder)) return this.#options.onChange();
    }
  }
}

async function changeTimeOf(folder: string): Promise<number | null> {
  try {
    return (await Deno.stat(folder)).mtime?.getTime() ?? null;
  } catch {
    return null;
  }
}
