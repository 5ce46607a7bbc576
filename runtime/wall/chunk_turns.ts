/** Gives the event loop its turns while bodies come in small chunks. */
import { SMALL_BYTES } from "../protocol/chunk_stage.ts";

/**
 * What small chunks of all bodies take of one turn. Deno gives what has come of a body without a turn between two
 * chunks, and one of a byte costs 20 to 200 us, as it moves the rest of what has come each time: twenty clients that sent
 * such chunks had everybody else wait for minutes.
 */
const SLICE_MS = 4;

/** The turns of one event loop. */
export class ChunkTurns {
  readonly #now: () => number;
  /** Of those who took a small chunk in this turn. */
  #turn: (PromiseWithResolvers<void> & { readonly until: number }) | null = null;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A chunk has come. @returns what to wait for before the next is asked for, or null */
  after(bytes: number): Promise<void> | null {
    // A larger one costs by its bytes, of which credit bounds how many come.
    if (bytes >= SMALL_BYTES) return null;
    const turn = this.#turn ??= this.#begin();
    return this.#now() < turn.until ? null : turn.promise;
  }

  #begin(): PromiseWithResolvers<void> & { readonly until: number } {
    const turn = { ...Promise.withResolvers<void>(), until: this.#now() + SLICE_MS };
    setImmediate(() => {
      this.#turn = null;
      turn.resolve();
    });
    return turn;
  }
}

/** Of this process. */
export const chunkTurns: ChunkTurns = new ChunkTurns();
