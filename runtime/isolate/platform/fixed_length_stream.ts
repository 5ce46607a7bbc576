/** `IdentityTransformStream` and `FixedLengthStream` of Workers: bytes as they are, and as many of them as was said. */
import { noteLength } from "../../protocol/stream_lengths.ts";
import {
  apply,
  bytesBuffer,
  bytesLength,
  bytesOffset,
  defineGlobal,
  getPrototypeOf,
  getterOf,
  isUint8Array,
  NativeArrayBuffer,
  NativeNumber,
  NativeTypeError,
  NativeUint8Array,
  TO_STRING_TAG,
  uncurry,
} from "../../protocol/primordials.ts";
import { bare } from "../../protocol/bare.ts";

const NativeTransformStream = TransformStream;
const { isView } = ArrayBuffer;
const { isSafeInteger } = Number;
const { enqueue } = TransformStreamDefaultController.prototype;
const readableOf: (stream: TransformStream) => ReadableStream = getterOf(TransformStream.prototype, "readable");
const instanceOf = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;
const viewTag = getterOf(getPrototypeOf(Uint8Array.prototype) as Uint8Array, TO_STRING_TAG) as (
  view: unknown,
) => unknown;
const viewBuffer: (view: DataView) => ArrayBufferLike = getterOf(DataView.prototype, "buffer");
const viewOffset: (view: DataView) => number = getterOf(DataView.prototype, "byteOffset");
const viewLength: (view: DataView) => number = getterOf(DataView.prototype, "byteLength");

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
  if (isView(chunk)) {
    if (viewTag(chunk) === undefined) {
      const data = chunk as DataView;
      return new NativeUint8Array(viewBuffer(data), viewOffset(data), viewLength(data));
    }
    const typed = chunk as Uint8Array;
    return new NativeUint8Array(bytesBuffer(typed), bytesOffset(typed), bytesLength(typed));
  }
  if (instanceOf(NativeArrayBuffer, chunk)) return new NativeUint8Array(chunk as ArrayBuffer);
  throw new NativeTypeError(
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView " +
      "type on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it " +
      "with TextEncoder.",
  );
}
