/** Reads a stream of this side for a reader of this side, who would else get it from the peer. */
import type { ByteSource, Feed } from "./byte_stream.ts";
import { NativeTypeError, NativeUint8Array, promiseThen } from "./primordials.ts";

/** What a feed tells. */
export interface FeedOwner {
  /** Whether nobody wants more: what is still being read is dropped. */
  isOver(): boolean;
  onBytes(bytes: Uint8Array<ArrayBuffer>): void;
  onEnd(): void;
  onFailed(error: unknown): void;
}

/** One stream, a chunk at a time. */
export class StreamFeed implements Feed {
  readonly #source: ByteSource;
  readonly #owner: FeedOwner;
  #isReading = false;

  constructor(source: ByteSource, owner: FeedOwner) {
    this.#source = source;
    this.#owner = owner;
  }

  advance(): void {
    if (this.#isReading || this.#owner.isOver()) return;
    this.#isReading = true;
    this.#readOne();
  }

  async #readOne(): Promise<void> {
    try {
      const { done, value } = await this.#source.read();
      this.#isReading = false;
      if (this.#owner.isOver()) return;
      if (done) return this.#owner.onEnd();
      if (!(value instanceof NativeUint8Array)) throw new NativeTypeError("Cannot relay a chunk that is no Uint8Array");
      this.#owner.onBytes(value as Uint8Array<ArrayBuffer>);
    } catch (error) {
      if (!this.#owner.isOver()) this.#owner.onFailed(error);
    }
  }

  /** A source that cannot be cancelled is abandoned. */
  giveUp(reason: unknown): void {
    promiseThen(this.#source.cancel(reason), undefined, () => {});
  }
}
