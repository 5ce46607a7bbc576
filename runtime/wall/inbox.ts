/** What an isolate has sent, run a few milliseconds at a time: one that sends much at once leaves the others their turns. */
import type { Clock } from "../clock.ts";
import { type HandlerTable, runBatch } from "../protocol/batch.ts";
import { type Wire, WireViolation } from "../protocol/wire.ts";

/** Longest run of one isolate's operations before everybody else has a turn, in ms; one operation takes 0.3 at the most. */
const SLICE_MS = 4;

/** Fields of a batch that is run without a look at the clock: ten connections, the dearest operations, take 3 ms. */
const SHORT_FIELDS = 64;

/** Operations between two looks at the clock: each look takes 0.2 µs, a kept answer of a binding 5. */
const OPERATIONS_A_LOOK = 4;

/**
 * Fields that may come while others still wait. An isolate that makes them faster than they can be run would fill the
 * host's heap; 160,000 connections opened together are so many.
 */
const MAX_WAITING_FIELDS = 1_000_000;

/** How an {@linkcode Inbox} works. */
export interface InboxOptions {
  readonly clock: Pick<Clock, "now">;
  /** After each run of operations. */
  readonly onPause: () => void;
  /** Takes what an operation has thrown, in a later turn than that in which it came. */
  readonly onError: (error: unknown) => void;
}

/** The batches of one isolate, in their order. */
export class Inbox {
  readonly #wire: Wire;
  readonly #table: HandlerTable;
  readonly #options: InboxOptions;
  readonly #waiting: (readonly unknown[])[] = [];
  /** Where the first of them goes on. */
  #at = 0;
  #waitingFields = 0;

  constructor(wire: Wire, table: HandlerTable, options: InboxOptions) {
    this.#wire = wire;
    this.#table = table;
    this.#options = options;
  }

  /** Runs a batch, or as much of it as there is time for now. @throws {WireViolation} when the isolate breaks the protocol */
  take(batch: readonly unknown[]): void {
    this.#wire.heard(batch);
    if (this.#waiting.length === 0 && batch.length <= SHORT_FIELDS) {
      runBatch(batch, this.#table);
      this.#options.onPause();
      return;
    }
    if (this.#waiting.push(batch) === 1) return this.#runSlice();
    this.#waitingFields += batch.length;
    if (this.#waitingFields > MAX_WAITING_FIELDS) throw new WireViolation("more operations than can be run");
  }

  /** Drops what waits: the isolate is gone. */
  close(): void {
    this.#waiting.length = 0;
  }

  #runSlice(): void {
    const { clock, onPause } = this.#options;
    const until = clock.now() + SLICE_MS;
    // What is being run waits as well: there is nothing once the isolate is gone.
    let operations = 0;
    const hasTime = () => this.#waiting.length > 0 && (operations++ % OPERATIONS_A_LOOK !== 0 || clock.now() < until);
    while (hasTime()) {
      const [batch] = this.#waiting;
      this.#at = runBatch(batch!, this.#table, { from: this.#at, hasTime });
      if (this.#at < batch!.length) break;
      this.#at = 0;
      this.#waiting.shift();
      this.#waitingFields -= this.#waiting[0]?.length ?? 0;
    }
    onPause();
    if (this.#waiting.length > 0) this.#wire.nextTurn().then(() => this.#runSlice()).catch(this.#options.onError);
  }
}
