/** What a node knows of a queue's messages, without their bodies: who delivers them decides by it, and people see it. */
import { natsFailure } from "../nats_failures.ts";
import { natsMessages } from "../nats_messages.ts";
import type { Reached } from "../nats_session.ts";
import { type MessageFacts, messageFacts } from "./queue_message.ts";
import type { QueueNames } from "./store_names.ts";

/** That a consumer has a message. */
export interface QueueLease {
  readonly owner: string;
  /** When it ends, in ms since the epoch. */
  readonly until: number;
}

/** A message. */
export interface QueueEntry extends MessageFacts {
  /** Its place in the stream; another one once it has failed. */
  readonly seq: number;
  /** When it may be delivered: later than its stream says when it was given back. */
  visible: number;
  lease: QueueLease | null;
}

/** The messages of one queue; leases are this process's own and are kept nowhere else. */
export class QueueIndex {
  readonly #names: QueueNames;
  #entries = new Map<string, QueueEntry>();
  /** Of a newer NANO. */
  #unread = 0;
  /** Place of the last message that was read. */
  #at = 0;
  #following: Promise<unknown> = Promise.resolve();
  #busy = 0;
  #changes = 0;

  constructor(names: QueueNames) {
    this.#names = names;
  }

  /** In no order. */
  get entries(): Iterable<QueueEntry> {
    return this.#entries.values();
  }

  /** In the order in which they came, but for those that have failed. */
  get ordered(): QueueEntry[] {
    return [...this.#entries.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Of all bodies; the time is that of the first message, or null. */
  get totals(): { readonly messages: number; readonly bytes: number; readonly oldest: number | null } {
    let bytes = 0;
    let first: QueueEntry | null = null;
    for (const entry of this.#entries.values()) {
      bytes += entry.size;
      if (first === null || entry.seq < first.seq) first = entry;
    }
    return { messages: this.#entries.size, bytes, oldest: first?.sent ?? null };
  }

  /**
   * Reads what has come, and finds out what has gone.
   * @throws what is of NatsFailure `missing` when there is no stream
   */
  async follow(reached: Reached): Promise<void> {
    const mine = this.#following.then(() => this.#follow(reached));
    this.#following = mine.catch(() => {});
    await mine;
  }

  /** Up to `limit` that may be delivered at a time, those first that may be so the longest. */
  ready(now: number, limit: number): QueueEntry[] {
    const best: QueueEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.lease !== null || entry.visible > now) continue;
      if (best.length === limit && !isBefore(entry, best[limit - 1]!)) continue;
      let at = best.length;
      while (at > 0 && isBefore(entry, best[at - 1]!)) at--;
      best.splice(at, 0, entry);
      if (best.length > limit) best.pop();
    }
    return best;
  }

  /** When a delay or a lease is over that is not yet; null when there is none. */
  next(now: number): number | null {
    let next = Infinity;
    for (const { lease, visible } of this.#entries.values()) {
      const at = lease?.until ?? visible;
      if (lease !== null || at > now) next = Math.min(next, at);
    }
    return next === Infinity ? null : next;
  }

  /** What others than the owner have taken is free again, and so is what it has had for too long. */
  free(owner: string, now: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.lease === null || (entry.lease.owner === owner && entry.lease.until > now)) continue;
      entry.lease = null;
      entry.visible = now;
    }
  }

  /** Those at these places that the owner has. */
  leased(owner: string, places: readonly number[]): Map<number, QueueEntry> {
    const wanted = new Set(places);
    const found = [...this.#entries.values()].filter(({ seq, lease }) => lease?.owner === owner && wanted.has(seq));
    return new Map(found.map((entry) => [entry.seq, entry]));
  }

  /** Ids of those that a consumer has, with the ends of their leases. */
  get leases(): Map<string, number> {
    const taken = [...this.#entries.values()].filter(({ lease }) => lease !== null);
    return new Map(taken.map(({ id, lease }) => [id, lease!.until]));
  }

  /** An entry that stands as it was found. */
  has(entry: QueueEntry): boolean {
    return this.#entries.get(entry.id) === entry;
  }

  /** It is not there any more, or at another place, where it will be read. */
  drop(entry: QueueEntry): void {
    if (this.has(entry)) this.#entries.delete(entry.id);
  }

  /** Changes messages of the stream, of which this is told as they are done. */
  async changing<Result>(run: () => Promise<Result>): Promise<Result> {
    this.#busy++;
    try {
      return await run();
    } finally {
      this.#busy--;
      this.#changes++;
    }
  }

  async #follow(reached: Reached): Promise<void> {
    const isQuiet = this.#busy === 0;
    const changes = this.#changes;
    try {
      const { state } = await reached.jsm.streams.info(this.#names.stream);
      // Somebody has removed the stream and made another one.
      if (state.last_seq < this.#at) this.#forget();
      await this.#read(reached, state.last_seq);
      const isSame = isQuiet && this.#busy === 0 && changes === this.#changes;
      if (!isSame || this.#entries.size + this.#unread === state.messages) return;
      // Others have removed some: which ones, only a look at all tells.
      const before = this.#entries;
      this.#forget();
      await this.#read(reached, state.last_seq);
      for (const [id, entry] of this.#entries) {
        const old = before.get(id);
        if (old?.seq === entry.seq) this.#entries.set(id, old);
      }
    } catch (error) {
      if (natsFailure(error) === "missing") this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#entries = new Map();
    this.#unread = 0;
    this.#at = 0;
  }

  async #read(reached: Reached, until: number): Promise<void> {
    const { stream, messages } = this.#names;
    const wanted = { stream, filter: `${messages}>`, after: this.#at, until, headersOnly: true };
    for await (const { seq, headers } of natsMessages(reached, wanted)) {
      if (seq > until) break;
      this.#at = seq;
      const facts = messageFacts(headers);
      if (facts === null) this.#unread++;
      else this.#entries.set(facts.id, { ...facts, seq, lease: null });
    }
    this.#at = until;
  }
}

function isBefore(a: QueueEntry, b: QueueEntry): boolean {
  return a.visible < b.visible || (a.visible === b.visible && a.seq < b.seq);
}
