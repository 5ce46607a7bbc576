/** Views of buffers as bytes, whatever their class. */
import {
  bytesBuffer,
  bytesLength,
  bytesOffset,
  getPrototypeOf,
  getterOf,
  NativeArrayBuffer,
  NativeUint8Array,
  TO_STRING_TAG,
  uncurry,
} from "./primordials.ts";

/** Whether a value is a typed array or a DataView. */
export const { isView } = ArrayBuffer;

const viewTag = getterOf(getPrototypeOf(Uint8Array.prototype) as Uint8Array, TO_STRING_TAG) as (
  view: unknown,
) => unknown;
const instanceOf = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;
const viewBuffer: (view: DataView) => ArrayBufferLike = getterOf(DataView.prototype, "buffer");
const viewOffset: (view: DataView) => number = getterOf(DataView.prototype, "byteOffset");
const viewLength: (view: DataView) => number = getterOf(DataView.prototype, "byteLength");

/** The bytes that a view shows; not a copy. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  if (viewTag(view) !== undefined) {
    const typed = view as Uint8Array;
    return new NativeUint8Array(bytesBuffer(typed), bytesOffset(typed), bytesLength(typed));
  }
  const data = view as DataView;
  return new NativeUint8Array(viewBuffer(data), viewOffset(data), viewLength(data));
}

/** Bytes of a buffer or a view, not copied; null of anything else. */
export function bytesOrNull(value: unknown): Uint8Array | null {
  if (isView(value)) return bytesOfView(value);
  return instanceOf(NativeArrayBuffer, value) ? new NativeUint8Array(value as ArrayBuffer) : null;
}
