/** `IdentityTransformStream` and `FixedLengthStream` of Workers: bytes as they are, and as many of them as was said. */
import { noteLength } from "../../protocol/stream_lengths.ts";
import {
  apply,
  bytesLength,
  defineGlobal,
  getterOf,
  isUint8Array,
  NativeNumber,
  NativeTypeError,
} from "../../protocol/primordials.ts";
import { bytesOrNull } from "../../protocol/views.ts";
import { bare } from "../../protocol/bare.ts";

const NativeTransformStream = TransformStream;
const { isSafeInteger } = Number;
const { enqueue } = TransformStreamDefaultController.prototype;
const readableOf: (stream: TransformStream) => ReadableStream = getterOf(TransformStream.prototype, "readable");

type Controller = TransformStreamDefaultController<Uint8Array>;

class IdentityTransformStream extends NativeTransformStream<unknown, Uint8Array> {
  constructor() {
    super(bare({
      transform: (chunk: unknown, controller: Controller) => void apply(enqueue, controller, [bytesOf(chunk)]),
    }));
  }
}

class FixedLengthStream extends NativeTransformStream<unknown, Uint8Array> {
  /** @param length bytes that have to come, a number or a bigint */
  constructor(length: unknown) {
    const expected = typeof length === "bigint" || typeof length === "number" ? NativeNumber(length) : NaN;
    if (!isSafeInteger(expected) || expected < 0) {
      throw new NativeTypeError("FixedLengthStream requires an integer expected length less than 2^53.");
    }
    let seen = 0;
    super(bare({
      transform(chunk: unknown, controller: Controller) {
        const bytes = bytesOf(chunk);
        seen += bytesLength(bytes);
        if (seen > expected) {
          throw new NativeTypeError("Attempt to write too many bytes through a FixedLengthStream.");
        }
        apply(enqueue, controller, [bytes]);
      },
      flush() {
        if (seen < expected) {
          throw new NativeTypeError("FixedLengthStream did not see all expected bytes before close().");
        }
      },
    }));
    noteLength(readableOf(this), expected);
  }
}

/** Installs both. @boot */
export function installFixedLengthStream(): void {
  defineGlobal("IdentityTransformStream", IdentityTransformStream);
  defineGlobal("FixedLengthStream", FixedLengthStream);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (isUint8Array(chunk)) return chunk;
  const bytes = bytesOrNull(chunk);
  if (bytes !== null) return bytes;
  throw new NativeTypeError(
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView " +
      "type on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it " +
      "with TextEncoder.",
  );
}
