/** A few at a time: whoever is waited for comes first, the others in the order in which they came. */

/** How a piece of work waits for its turn. */
export interface TurnOptions {
  /** Asked whenever a turn is given: somebody waits for the result. */
  readonly isUrgent?: () => boolean;
  /** Gives the turn up while it is waited for. */
  readonly signal?: AbortSignal;
}

type Begin = () => void;

/** Lets a few pieces of work run at once. */
export class Turns {
  readonly #places: number;
  readonly #waiting = new Set<Begin>();
  /** Those that may overtake: thousands that never do are not asked at each turn. */
  readonly #hurrying = new Map<Begin, () => boolean>();
  #running = 0;

  /** @param places how many run at once */
  constructor(places: number) {
    this.#places = places;
  }

  /**
   * Does a piece of work when its turn comes.
   * @throws the reason of a signal that gave the turn up
   */
  async run<T>(work: () => Promise<T>, options: TurnOptions = {}): Promise<T> {
    if (this.#running >= this.#places) await this.#turn(options);
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  #turn({ isUrgent, signal }: TurnOptions): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener("abort", giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#forget(begin);
        reject(signal!.reason);
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#waiting.add(begin);
      if (isUrgent !== undefined) this.#hurrying.set(begin, isUrgent);
    });
  }

  /** Hands the place on, so that nobody who comes in between takes it. */
  #pass(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running--;
      return;
    }
    const [next = first] = this.#hurrying.entries().find(([, isUrgent]) => isUrgent()) ?? [];
    this.#forget(next);
    next();
  }

  #forget(begin: Begin): void {
    this.#waiting.delete(begin);
    this.#hurrying.delete(begin);
  }
}
