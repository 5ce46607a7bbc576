/** Puts dead letters back into the queues that they came from, some at a time. */
import type { MoveOutcome, QueueStore, ShownMessage } from "../data/queue_store.ts";
import type { QueueRetryOutcome, QueueRetryRefusal } from "../terms/queue_operations.ts";

/** Two commits of up to 100 bodies of 128,000 bytes; the thread belongs to others between. */
const AT_ONCE = 100;

const REFUSALS = {
  missing: "missing",
  foreign: "no_dead_letter",
  leased: "leased",
  doubled: "in_origin",
} as const satisfies Record<Exclude<MoveOutcome, "moved">, QueueRetryRefusal>;

/** What it takes. */
export interface ReturnTools {
  /** Where the dead letters are. */
  readonly queue: QueueStore;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** That a queue may hold. */
  readonly maxBytesOf: (queue: string) => number;
}

/** One return of many letters. */
export class DeadLetterReturn {
  readonly #tools: ReturnTools;
  readonly #left: Record<QueueRetryRefusal, number> = { missing: 0, no_dead_letter: 0, leased: 0, in_origin: 0 };
  /** Messages that were put back. */
  done = 0;

  constructor(tools: ReturnTools) {
    this.#tools = tools;
  }

  /** What came of it. */
  get outcome(): QueueRetryOutcome {
    return { done: this.done, left: { ...this.#left } };
  }

  /** The same in words, as `3 dead letters (1 left)`. */
  get text(): string {
    const left = Object.values(this.#left).reduce((sum, count) => sum + count, 0);
    return `${this.done === 1 ? "1 dead letter" : `${this.done} dead letters`}${left === 0 ? "" : ` (${left} left)`}`;
  }

  /** @throws {BindingError} STORAGE_FULL when a queue takes no more */
  async some(ids: readonly string[]): Promise<void> {
    const wanted = [...new Set(ids)];
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      const part = wanted.slice(at, at + AT_ONCE);
      const messages = await this.#tools.queue.read(part, 0);
      this.#left.missing += part.length - messages.length;
      await this.#putBack(messages);
    }
  }

  /** Those that are there now: what comes meanwhile may have come for the second time. @throws {BindingError} STORAGE_FULL */
  async all(): Promise<void> {
    const { queue, now } = this.#tools;
    let after = 0;
    for (let left = (await queue.info(now())).messages; left > 0;) {
      const messages = await queue.peek({ after, limit: Math.min(AT_ONCE, left), bodyBytes: 0 });
      if (messages.length === 0) return;
      left -= messages.length;
      after = messages.at(-1)!.seq;
      await this.#putBack(messages);
    }
  }

  async #putBack(messages: readonly ShownMessage[]): Promise<void> {
    const { queue, now, maxBytesOf } = this.#tools;
    for (const [origin, own] of Map.groupBy(messages, (message) => message.origin)) {
      if (origin === null) {
        this.#left.no_dead_letter += own.length;
        continue;
      }
      const ids = own.map(({ id }) => id);
      const outcomes = await queue.moveBack(ids, { to: origin, maxBytes: maxBytesOf(origin), now: now() });
      for (const outcome of outcomes) {
        if (outcome === "moved") this.done++;
        else this.#left[REFUSALS[outcome]]++;
      }
    }
  }
}
