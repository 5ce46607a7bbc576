/** Who listens for hints of an engine that something has changed. */

/** The listeners of one store. */
export class Hints {
  readonly #listeners = new Set<() => void>();

  /** The same one twice is two. @returns what ends it */
  listen(listener: () => void): Disposable {
    const own = () => listener();
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Something has changed. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Nobody listens any more. */
  clear(): void {
    this.#listeners.clear();
  }
}
