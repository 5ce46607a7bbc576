/** Changes of one key by one node, which come one after the other, or all would collide. */

/** By key. */
export class KeyTurns {
  readonly #turns = new Map<string, Promise<void>>();

  /** Runs when what came before has come to an end. */
  async take<T>(key: string, run: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key);
    const turn = Promise.withResolvers<void>();
    const mine = (before ?? Promise.resolve()).then(() => turn.promise);
    this.#turns.set(key, mine);
    try {
      await before;
      return await run();
    } finally {
      turn.resolve();
      if (this.#turns.get(key) === mine) this.#turns.delete(key);
    }
  }
}
