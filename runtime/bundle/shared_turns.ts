/** Work that runs beside other work, or alone. */
import { Turns } from "../turns.ts";

/** Lets any number of pieces of work run at once, unless one wants to be alone: others wait for it, and it for them. */
export class SharedTurns {
  readonly #lonely = new Turns(1);
  /** Those that run, each until it settles. */
  readonly #running = new Set<Promise<unknown>>();
  /** While somebody waits to be alone, or is: how many they are, and what those wait for who come then. */
  #gate: { lonely: number; readonly opened: PromiseWithResolvers<void> } | null = null;

  /** How many run. */
  get running(): number {
    return this.#running.size;
  }

  /** Does it beside others. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#gate !== null) await this.#gate.opened.promise;
    return await this.#run(work);
  }

  /** Does it once nothing else runs. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const gate = this.#gate ??= { lonely: 0, opened: Promise.withResolvers() };
    gate.lonely++;
    try {
      return await this.#lonely.run(async () => {
        await Promise.allSettled(this.#running);
        return await this.#run(work);
      });
    } finally {
      if (--gate.lonely === 0) {
        this.#gate = null;
        gate.opened.resolve();
      }
    }
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}
