/** Who waits for a store to change: all that this process writes is told here. */

/** Of all stores. */
export class StoreChanges {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Something of a store is another one now. */
  tell(store: string): void {
    const all = this.#waiting.get(store);
    this.#waiting.delete(store);
    for (const go of all ?? []) go();
  }

  /** Settles at the next change, after so many ms, or when the signal aborts. */
  next(store: string, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const all = this.#waiting.get(store) ?? new Set();
      this.#waiting.set(store, all);
      const go = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", go);
        all.delete(go);
        if (all.size === 0 && this.#waiting.get(store) === all) this.#waiting.delete(store);
        resolve();
      };
      const timer = setTimeout(go, waitMs);
      all.add(go);
      signal.addEventListener("abort", go, { once: true });
    });
  }
}
