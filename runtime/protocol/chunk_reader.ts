/** Reads what arrives on a byte stream, chunk by chunk. */
import type { ChunkSink } from "./byte_stream.ts";
import { NativePromise, NativeTypeError, rejected, resolved } from "./primordials.ts";

/** A read under way. */
interface Reading {
  readonly resolve: (chunk: Uint8Array<ArrayBuffer> | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A reader for one who asks for one chunk after the other; it takes a third of what a ReadableStream takes for each. */
export class ChunkReader implements ChunkSink {
  readonly #ask: () => void;
  #reading: Reading | null = null;
  #isDone = false;
  #failure: { readonly error: unknown } | null = null;

  /** @param ask for one chunk, which is put, or for the end */
  constructor(ask: () => void) {
    this.#ask = ask;
  }

  /**
   * The next chunk, or null at the end.
   * @throws what the stream failed of
   */
  next(): Promise<Uint8Array<ArrayBuffer> | null> {
    if (this.#failure !== null) return rejected(this.#failure.error);
    if (this.#isDone) return resolved(null);
    if (this.#reading !== null) return rejected(new NativeTypeError("Cannot read twice at once"));
    return new NativePromise((resolve, reject) => {
      this.#reading = { resolve, reject };
      this.#ask();
    });
  }

  put(chunk: Uint8Array<ArrayBuffer>): void {
    this.#take()?.resolve(chunk);
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#take()?.reject(error);
  }

  finish(): void {
    this.#isDone = true;
    this.#take()?.resolve(null);
  }

  #take(): Reading | null {
    const reading = this.#reading;
    this.#reading = null;
    return reading;
  }
}
