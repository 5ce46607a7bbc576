/** A seeded source of random choices for fuzz tests: the same seed gives the same cases. */

/** Random choices that a seed decides. */
export class SeededRandom {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed >>> 0;
    this.#state = this.seed;
  }

  /** The seed of the environment variable FUZZ_SEED, or a fresh one; printed, so that a failure can be repeated. */
  static fromEnv(what: string): SeededRandom {
    const given = Deno.env.get("FUZZ_SEED");
    const seed = given === undefined ? crypto.getRandomValues(new Uint32Array(1))[0]! : Number(given);
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new Error(`Cannot use FUZZ_SEED=${given}: it is no whole number`);
    }
    console.log(`${what}: FUZZ_SEED=${seed >>> 0}`);
    return new SeededRandom(seed);
  }

  /** A whole number from 0 to `below` - 1 (mulberry32). */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * below);
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** So many results of a function: none to `most`. */
  some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
