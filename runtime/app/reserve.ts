/** Booted, empty isolates in reserve, so that a start, a restart or a wake takes milliseconds. */
import type { IsolateWorker } from "./isolate_worker.ts";

/** Apps for each isolate in reserve: restarts of several apps at once are rare. */
const APPS_PER_SPARE = 4;
/** Fewest and most spares of one memory size; with two, the next reload need not wait 600 ms for the last one's spare. */
const MIN_SPARES = 2;
const MAX_SPARES = 4;

/**
 * Keeps spares by heap cap, because a cap is fixed when an isolate is created.
 * A spare that dies is replaced when the next one is taken.
 */
export class Reserve implements Disposable {
  readonly #spawn: (memoryMb: number) => IsolateWorker;
  readonly #spares = new Map<number, Set<IsolateWorker>>();
  readonly #wanted = new Map<number, number>();
  #closed = false;

  /** @param spawn creates an isolate with a heap cap */
  constructor(spawn: (memoryMb: number) => IsolateWorker) {
    this.#spawn = spawn;
  }

  /** Sets for how many apps of each heap cap spares are kept; surplus spares end. */
  demand(appsByMemoryMb: ReadonlyMap<number, number>): void {
    this.#wanted.clear();
    for (const [memoryMb, apps] of appsByMemoryMb) {
      if (apps > 0) {
        this.#wanted.set(memoryMb, Math.min(MAX_SPARES, Math.max(MIN_SPARES, Math.ceil(apps / APPS_PER_SPARE))));
      }
    }
    for (const memoryMb of new Set([...this.#wanted.keys(), ...this.#spares.keys()])) this.#level(memoryMb);
  }

  /**
   * Takes a booted isolate, from the reserve if there is one.
   * @throws {NanoError} when a fresh one ends before it has booted
   */
  async take(memoryMb: number): Promise<IsolateWorker> {
    const spares = this.#spares.get(memoryMb);
    const [spare] = spares ?? [];
    spares?.delete(spare!);
    const isolate = spare ?? this.#spawn(memoryMb);
    try {
      await isolate.booted;
      return isolate;
    } finally {
      // After the taker has gone on: spawning occupies the warden for some 40 ms.
      setTimeout(() => this.#level(memoryMb), 0);
    }
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const spares of this.#spares.values()) {
      for (const spare of spares) spare.kill({ reason: "terminated", detail: "the reserve was closed" });
    }
    this.#spares.clear();
  }

  #level(memoryMb: number): void {
    if (this.#closed) return;
    const wanted = this.#wanted.get(memoryMb) ?? 0;
    const spares = this.#spares.get(memoryMb) ?? new Set();
    this.#spares.set(memoryMb, spares);
    for (const spare of [...spares].slice(wanted)) {
      spares.delete(spare);
      spare.kill({ reason: "terminated", detail: "it is not needed in reserve" });
    }
    while (spares.size < wanted) {
      const spare = this.#spawn(memoryMb);
      spares.add(spare);
      spare.ended.then(() => spares.delete(spare));
    }
  }
}
