/** Small chunks of a stream on their way out, joined: one operation and one buffer instead of one of each a chunk. */
import { bytesLength, bytesSet, NativeUint8Array } from "./primordials.ts";
import { copyOf, partOf } from "./chunks.ts";
import { OP } from "./operations.ts";
import type { Outbox } from "./outbox.ts";

/** As much as a receiver joins, see takeChunk. */
const STAGE_BYTES = 64 * 1024;

/** Chunks of this size and more go by themselves: copying them twice would cost more than their operation. */
export const SMALL_BYTES = 4096;

/** Holds what one stream has written last; all streams of an outbox share it, as it is empty after each batch. */
export class ChunkStage {
  readonly #outbox: Outbox;
  #bytes: Uint8Array<ArrayBuffer> | null = null;
  #length = 0;
  #id = 0;
  /** The first chunk, while there is no other: most are alone in their turn, and are not copied to be joined. */
  #alone: Uint8Array | null = null;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /**
   * Adds a chunk below {@linkcode SMALL_BYTES}.
   * @param owned whether it stays as it is
   */
  add(id: number, chunk: Uint8Array, owned: boolean): void {
    const size = bytesLength(chunk);
    if (this.#id !== id || this.#length + size > STAGE_BYTES) this.empty();
    this.#id = id;
    if (this.#length === 0) this.#alone = owned ? chunk : copyOf(chunk);
    else this.#join(chunk);
    this.#length += size;
  }

  /** Hands on what is held: before anything else of its stream, and before a batch leaves. */
  empty(): void {
    if (this.#length === 0) return;
    const held = this.#alone ?? copyOf(partOf(this.#bytes!, 0, this.#length));
    this.#alone = null;
    this.#length = 0;
    this.#outbox.out.begin(OP.DATA, this.#id);
    this.#outbox.pushBytes(held, true);
  }

  #join(chunk: Uint8Array): void {
    const bytes = this.#bytes ??= new NativeUint8Array(STAGE_BYTES);
    if (this.#alone !== null) bytesSet(bytes, this.#alone, 0);
    this.#alone = null;
    bytesSet(bytes, chunk, this.#length);
  }
}
