/**
 * `IdentityTransformStream` and `FixedLengthStream` of Workers: bytes as they are, and as many of them as was said. Their
 * readable side is a byte stream, and a write has been made once somebody has read it.
 */
import { StreamWriter } from "../../protocol/byte_stream.ts";
import { copyOf } from "../../protocol/chunks.ts";
import { noteLength } from "../../protocol/stream_lengths.ts";
import {
  apply,
  bytesLength,
  defineGlobal,
  defineProperty,
  isUint8Array,
  NativeNumber,
  NativePromise,
  NativeReadableStream,
  NativeTypeError,
  setPrototypeOf,
} from "../../protocol/primordials.ts";
import { bytesOrNull } from "../../protocol/views.ts";
import { bare } from "../../protocol/bare.ts";

const NativeTransformStream = TransformStream;
const NativeWritableStream = WritableStream;
const { isSafeInteger } = Number;
const { error: failWrites } = WritableStreamDefaultController.prototype;

/** A chunk that nobody has read yet. */
interface Held {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Hands chunks of one side to the other, one at a time. */
class Passage {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<unknown>;
  readonly #expected: number | null;
  #seen = 0;
  #held: Held | null = null;
  #ended = false;
  /** Resolves the read that waits for a chunk. */
  #wanted: (() => void) | null = null;
  #reader: StreamWriter | null = null;
  #writer: WritableStreamDefaultController | null = null;

  /** @param expected bytes that have to come, or null. @param highWaterMark of the writable side */
  constructor(expected: number | null, highWaterMark: unknown) {
    this.#expected = expected;
    this.readable = new NativeReadableStream(
      bare({
        type: "bytes",
        start: (controller: unknown) => {
          this.#reader = new StreamWriter(controller, true);
        },
        pull: () =>
          new NativePromise<void>((resolve) => {
            this.#wanted = resolve;
            this.#pass();
          }),
        cancel: (reason: unknown) => this.#cancel(reason),
      }) as UnderlyingByteSource,
      bare({ highWaterMark: 0 }) as { highWaterMark: number },
    ) as ReadableStream<Uint8Array>;
    this.writable = new NativeWritableStream(
      bare({
        start: (controller: WritableStreamDefaultController) => {
          this.#writer = controller;
        },
        write: (chunk: unknown) => this.#write(chunk),
        close: () => this.#close(),
        abort: (reason: unknown) => this.#abort(reason),
      }),
      bare(highWaterMark === undefined ? {} : { highWaterMark: highWaterMark as number }),
    );
  }

  #write(chunk: unknown): Promise<void> | void {
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      // Its own: the app may go on writing to it.
      bytes = copyOf(bytesOf(chunk));
      this.#seen += bytesLength(bytes);
      if (this.#expected !== null && this.#seen > this.#expected) {
        throw new NativeTypeError("Attempt to write too many bytes through a FixedLengthStream.");
      }
    } catch (error) {
      this.#abort(error);
      throw error;
    }
    if (bytesLength(bytes) === 0) return;
    return new NativePromise<void>((resolve, reject) => {
      this.#held = { bytes, resolve, reject };
      this.#pass();
    });
  }

  #close(): void {
    if (this.#expected !== null && this.#seen < this.#expected) {
      const error = new NativeTypeError("FixedLengthStream did not see all expected bytes before close().");
      this.#abort(error);
      throw error;
    }
    this.#ended = true;
    this.#pass();
  }

  /** Gives the reader what there is, if it wants something. */
  #pass(): void {
    const held = this.#held;
    if (this.#ended) this.#reader!.finish();
    else if (held === null || this.#wanted === null) return;
    else {
      this.#held = null;
      this.#reader!.put(held.bytes);
      held.resolve();
    }
    const wanted = this.#wanted;
    this.#wanted = null;
    wanted?.();
  }

  #cancel(reason: unknown): void {
    this.#held?.reject(reason);
    this.#held = null;
    apply(failWrites, this.#writer, [reason]);
  }

  #abort(reason: unknown): void {
    this.#held?.reject(reason);
    this.#held = null;
    this.#reader!.fail(reason);
  }
}

/** Makes one that counts: the length goes past the constructor that apps call. */
const COUNTED = Symbol();

class IdentityTransformStream {
  readonly #passage: Passage;

  constructor(strategy?: { readonly highWaterMark?: unknown }) {
    const counted = arguments[1] as typeof COUNTED | undefined;
    this.#passage = new Passage(counted === COUNTED ? arguments[2] as number : null, strategy?.highWaterMark);
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#passage.readable;
  }

  get writable(): WritableStream<unknown> {
    return this.#passage.writable;
  }
}

const Counting = IdentityTransformStream as unknown as new (
  strategy: unknown,
  mark: typeof COUNTED,
  expected: number,
) => IdentityTransformStream;

class FixedLengthStream extends Counting {
  /** @param length bytes that have to come, a number or a bigint */
  constructor(length: unknown, strategy?: { readonly highWaterMark?: unknown }) {
    const expected = typeof length === "bigint" || typeof length === "number" ? NativeNumber(length) : NaN;
    if (!isSafeInteger(expected) || expected < 0) {
      throw new NativeTypeError("FixedLengthStream requires an integer expected length less than 2^53.");
    }
    super(strategy, COUNTED, expected);
    noteLength(this.readable, expected);
  }
}

/** Installs both. @boot */
export function installFixedLengthStream(): void {
  // Theirs are TransformStreams, whose own two streams these never have.
  setPrototypeOf(IdentityTransformStream, NativeTransformStream);
  setPrototypeOf(IdentityTransformStream.prototype, NativeTransformStream.prototype);
  for (const one of [IdentityTransformStream, FixedLengthStream]) {
    defineProperty(one, "name", { value: one === FixedLengthStream ? "FixedLengthStream" : "IdentityTransformStream" });
  }
  defineGlobal("IdentityTransformStream", IdentityTransformStream);
  defineGlobal("FixedLengthStream", FixedLengthStream);
}

function bytesOf(chunk: unknown): Uint8Array<ArrayBuffer> {
  if (isUint8Array(chunk)) return chunk;
  const bytes = bytesOrNull(chunk);
  if (bytes !== null) return bytes as Uint8Array<ArrayBuffer>;
  throw new NativeTypeError(
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView " +
      "type on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it " +
      "with TextEncoder.",
  );
}
