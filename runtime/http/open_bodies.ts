/** Counts requests whose bodies may still be on their way: a listener must not close while there are some. */

/** The requests of all listeners that may have a body and are not answered yet. */
export class OpenBodies {
  #count = 0;
  #none: PromiseWithResolvers<void> | null = null;

  /** A request that may have a body has come. */
  begin(): void {
    this.#count++;
  }

  /** It is answered. */
  end(): void {
    if (--this.#count > 0) return;
    this.#none?.resolve();
    this.#none = null;
  }

  /** Settles when there is none. */
  get none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    this.#none ??= Promise.withResolvers();
    return this.#none.promise;
  }
}
