/** Two wires back to back over a port that a test empties turn by turn, with the clone and transfer of a real one. */
import { handlerTable, runBatch } from "../../../runtime/protocol/batch.ts";
import { FIELDS_BY_CODE } from "../../../runtime/protocol/operations.ts";
import { streamHandlers } from "../../../runtime/protocol/stream_operations.ts";
import { type ByteSource, type StreamEnd, Wire } from "../../../runtime/protocol/wire.ts";
import { settle } from "../runtime/fake_clock.ts";

/** One side: its wire, and what it has received. */
export class Side {
  readonly wire: Wire;
  /** Batches that wait for the other side, as they arrive there. */
  readonly mail: unknown[][] = [];
  /** Numbers of the operations of every batch sent. */
  readonly sent: number[][] = [];
  #flush: (() => void) | null = null;

  constructor() {
    const postMessage = (message: unknown, transfer: Transferable[] | null) => {
      // The sender's own list has no methods: what arrives has.
      const batch = structuredClone(message as unknown[], { transfer: transfer ?? [] });
      this.sent.push(operations(batch).map(([operation]) => operation as number));
      this.mail.push(batch);
    };
    this.wire = new Wire({ postMessage }, (flush) => this.#flush = flush);
  }

  /** Ends this side's turn. */
  endTurn(): void {
    const flush = this.#flush;
    this.#flush = null;
    flush?.();
  }
}

/** The two sides. */
export class WirePair {
  readonly a = new Side();
  readonly b = new Side();

  /** Ends a turn of both sides and delivers everything. @returns whether anything was delivered */
  async turn(): Promise<boolean> {
    await settle();
    this.a.endTurn();
    this.b.endTurn();
    const delivered = this.deliver(this.a, this.b) + this.deliver(this.b, this.a) > 0;
    await settle();
    return delivered;
  }

  /** Delivers what waits, in order. @returns number of batches */
  deliver(from: Side, to: Side, most = Infinity): number {
    let count = 0;
    while (count < most && from.mail.length > 0) {
      receive(to.wire, from.mail.shift()!);
      count++;
    }
    return count;
  }

  /** Turns until nothing moves any more. */
  async rest(): Promise<void> {
    while (await this.turn());
  }
}

/** Takes a batch apart into operations with their arguments. */
export function operations(batch: readonly unknown[]): unknown[][] {
  const list: unknown[][] = [];
  for (let at = 0; at < batch.length;) {
    const end = at + 1 + FIELDS_BY_CODE[batch[at] as number]!;
    list.push(batch.slice(at, end));
    at = end;
  }
  return list;
}

/** Hands the stream operations of a batch to a wire. */
export function receive(wire: Wire, batch: readonly unknown[]): void {
  const streams = streamHandlers(wire, { text: String, onError: (id, message) => wire.receiving.onError(id, message) });
  runBatch(batch, handlerTable({ ...streams, ABORT: () => {} }));
}

/** A source in a test's hand. */
export class HandSource implements ByteSource {
  readonly #chunks: ReadableStreamReadResult<Uint8Array>[] = [];
  #waiting: PromiseWithResolvers<ReadableStreamReadResult<Uint8Array>> | null = null;
  #failure: { readonly error: unknown } | null = null;
  reads = 0;
  cancelled: unknown = null;

  constructor(...chunks: Uint8Array[]) {
    for (const value of chunks) this.push(value);
  }

  push(value: Uint8Array): this {
    return this.#put({ done: false, value: value as Uint8Array<ArrayBuffer> });
  }

  end(): this {
    return this.#put({ done: true });
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#waiting?.reject(error);
  }

  read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    this.reads++;
    const next = this.#chunks.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  cancel(reason?: unknown): Promise<void> {
    this.cancelled = reason;
    return Promise.resolve();
  }

  #put(result: ReadableStreamReadResult<Uint8Array>): this {
    if (this.#waiting === null) this.#chunks.push(result);
    else this.#waiting.resolve(result);
    this.#waiting = null;
    return this;
  }
}

/** Bytes that tell their place. */
export function bytes(length: number, from = 0): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(length);
  for (let at = 0; at < length; at++) made[at] = (from + at) * 31 % 251;
  return made;
}

/** Sends a source from a to b. */
export function connect(pair: WirePair, source: HandSource, options: { owned?: boolean; byob?: boolean } = {}) {
  const ends: { sent: StreamEnd[]; received: [StreamEnd, number][]; error?: unknown } = { sent: [], received: [] };
  const receiving = pair.b.wire.receiving.open(7, (end, count) => ends.received.push([end, count]));
  const readable = pair.b.wire.receiving.readableOf(receiving, { byob: options.byob ?? false });
  pair.a.wire.sending.open(7, source, {
    owned: options.owned ?? false,
    onEnd: (end, error) => {
      ends.sent.push(end);
      ends.error = error;
    },
  });
  return { ends, readable };
}
