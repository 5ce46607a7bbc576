/** Calls that have come to the data thread and wait for their turn: no store keeps the others waiting for long. */
import type { DataCall, DataResult } from "./data_messages.ts";
import { type DataShelf, storeOf } from "./data_shelf.ts";

/** What a store still wants after this long comes behind what the others want; small calls of a turn need less. */
const ROUND_MS = 10;
/** The same for text and bytes, which a commit writes to the disk after the calls: of a slow one 60 ms. */
const ROUND_SIZE = 1024 * 1024;

/** Gives the stores their turns. */
export class DataTurns {
  readonly #shelf: Pick<DataShelf, "runFirst">;
  readonly #now: () => number;
  /** By store, the one whose turn is next first. */
  readonly #waiting = new Map<string, DataCall[]>();

  /** @param now a clock that never goes back, in ms */
  constructor(shelf: Pick<DataShelf, "runFirst">, now: () => number) {
    this.#shelf = shelf;
    this.#now = now;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Takes calls; those on one store are run in the order in which they came. */
  add(calls: readonly DataCall[]): void {
    for (const [store, own] of Map.groupBy(calls, storeOf)) {
      const known = this.#waiting.get(store);
      if (known === undefined) this.#waiting.set(store, own);
      else for (const call of own) known.push(call);
    }
  }

  /** Runs what a round has time for, one call at least. */
  runRound(): DataResult[] {
    const until = this.#now() + ROUND_MS;
    let size = 0;
    let isOver = false;
    const spend = (call: DataCall) => {
      size += sizeOf(call);
      return isOver = size >= ROUND_SIZE || this.#now() >= until;
    };
    const results: DataResult[] = [];
    for (const [store, calls] of this.#waiting) {
      const some = this.#shelf.runFirst(store, calls, spend);
      for (const result of some) results.push(result);
      this.#waiting.delete(store);
      if (some.length < calls.length) this.#waiting.set(store, calls.slice(some.length));
      if (isOver) break;
    }
    return results;
  }
}

function sizeOf({ args }: DataCall): number {
  let size = 0;
  for (const one of args) if (typeof one === "string" || one instanceof Uint8Array) size += one.length;
  return size;
}
