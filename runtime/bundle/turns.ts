/** A few at a time: whoever is waited for comes first, the others in the order in which they came. */

interface Waiting {
  readonly isUrgent: () => boolean;
  readonly begin: () => void;
}

/** Lets a few pieces of work run at once. */
export class Turns {
  readonly #places: number;
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  /** @param places how many run at once */
  constructor(places: number) {
    this.#places = places;
  }

  /**
   * Does a piece of work when its turn comes.
   * @param isUrgent asked whenever a turn is given: somebody waits for the result
   */
  async run<T>(work: () => Promise<T>, isUrgent: () => boolean = () => false): Promise<T> {
    if (this.#running >= this.#places) await new Promise<void>((begin) => this.#waiting.add({ isUrgent, begin }));
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  /** Hands the place on, so that nobody who comes in between takes it. */
  #pass(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running--;
      return;
    }
    const next = this.#waiting.values().find(({ isUrgent }) => isUrgent()) ?? first;
    this.#waiting.delete(next);
    next.begin();
  }
}
