/** Reads a body ahead of who takes it, in bursts: what a client sends without telling its length costs too much otherwise. */
import type { ByteSource } from "../protocol/byte_stream.ts";
import { SMALL_BYTES } from "../protocol/chunk_stage.ts";
import { chunkTurns } from "./chunk_turns.ts";

/**
 * Bytes that one body is ahead at most. Deno 2.9.6 takes from a connection all that has come, and moves what it has of a
 * chunked body at each read: one that is read as slowly as its app takes it grows in the process, and each read of it
 * takes longer. Read in one go until a socket's worth is there (6 MiB on Linux) it does not: 300 MB to a reader that
 * rests took 51 s of CPU, in bursts of 8 MB 5 s, of 12 MB 2.5 s.
 */
const MOST_AHEAD_BYTES = 12 * 1024 * 1024;

/** The least: a chunk or two, so that who waits for the next never waits for more. */
const LEAST_AHEAD_BYTES = 128 * 1024;

/** What all bodies are ahead together; beyond that they are read as their apps take them. */
const ALL_AHEAD_BYTES = 192 * 1024 * 1024;

/** Of all bodies of this process. */
const ahead = { bytes: 0 };

/** Small chunks that wait are put together up to this: of a byte each, 128 KiB would take the host 26 MB. */
const JOINED_BYTES = 16 * 1024;

type Result = ReadableStreamReadResult<Uint8Array>;

/** One body. */
export class BurstReader implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** What its reader has taken: one that takes nothing is not read ahead for. */
  #takenBytes = 0;
  #isReading = false;
  #isOver = false;
  #end: { readonly error?: unknown } | null = null;
  #waiting: { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void } | null = null;

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next chunk, as soon as there is one; one call at a time. */
  read(): Promise<Result> {
    const chunk = this.#take();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: chunk });
    if (this.#end !== null) return this.#ended();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#burst();
    });
  }

  /** What was read ahead is nobody's any more. */
  cancel(reason?: unknown): Promise<void> {
    this.leave();
    return this.#reader.cancel(reason);
  }

  /** Reads no more, and leaves the body as it is. */
  leave(): void {
    this.#isOver = true;
    while (this.#take() !== undefined);
  }

  #take(): Uint8Array | undefined {
    const chunk = this.#queue.shift();
    if (chunk === undefined) return undefined;
    this.#queuedBytes -= chunk.byteLength;
    this.#takenBytes += chunk.byteLength;
    ahead.bytes -= chunk.byteLength;
    return chunk;
  }

  #ended(): Promise<Result> {
    const end = this.#end!;
    if ("error" in end) return Promise.reject(end.error);
    return Promise.resolve({ done: true } as Result);
  }

  /** Reads until it is far enough ahead, and not again before all of that was taken. */
  async #burst(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      do {
        const { done, value } = await this.#reader.read();
        if (this.#isOver) return;
        if (done) return this.#finish({});
        this.#came(value);
        const turn = chunkTurns.after(value.byteLength);
        if (turn !== null) await turn;
        if (this.#isOver) return;
      } while (this.#queuedBytes < this.#mostAhead());
    } catch (error) {
      this.#finish({ error });
    } finally {
      this.#isReading = false;
    }
  }

  #mostAhead(): number {
    const most = Math.max(LEAST_AHEAD_BYTES, Math.min(MOST_AHEAD_BYTES, this.#takenBytes));
    return ahead.bytes < ALL_AHEAD_BYTES ? most : 0;
  }

  #came(value: Uint8Array): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) {
      this.#takenBytes += value.byteLength;
      return waiting.resolve({ done: false, value: ownRoom(value) });
    }
    const last = this.#queue.at(-1);
    const joined = last === undefined ? null : join(last, value);
    if (joined === null) this.#queue.push(ownRoom(value));
    else this.#queue[this.#queue.length - 1] = joined;
    this.#queuedBytes += value.byteLength;
    ahead.bytes += value.byteLength;
  }

  #finish(end: { readonly error?: unknown }): void {
    this.#end = end;
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) this.#ended().then(waiting.resolve, waiting.reject);
  }
}

/** Deno reads into 64 KiB, of which a small chunk would keep all. */
function ownRoom(value: Uint8Array): Uint8Array {
  return 2 * value.byteLength < value.buffer.byteLength ? value.slice() : value;
}

/** Puts a small chunk behind another one, which nobody else has. @returns null for what is too long for it */
function join(last: Uint8Array, value: Uint8Array): Uint8Array | null {
  const length = last.byteLength + value.byteLength;
  if (value.byteLength >= SMALL_BYTES || length > JOINED_BYTES) return null;
  const hasRoom = last.byteOffset + length <= last.buffer.byteLength;
  const joined = hasRoom
    ? new Uint8Array(last.buffer, last.byteOffset, length)
    // Twice as much each time, so that no byte is copied often.
    : new Uint8Array(new ArrayBuffer(Math.min(2 * length, JOINED_BYTES)), 0, length);
  if (!hasRoom) joined.set(last);
  joined.set(value, last.byteLength);
  return joined;
}

/** A body as a stream that is read so. */
export function inBursts(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = new BurstReader(body);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.read();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array<ArrayBuffer>);
    },
    cancel: (reason) => source.cancel(reason),
  }, { highWaterMark: 0 });
}
