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

/** Name of a typed array's class; undefined for anything else. */
export const viewType = getterOf(getPrototypeOf(Uint8Array.prototype) as Uint8Array, TO_STRING_TAG) as (
  value: unknown,
) => string | undefined;
const instanceOf = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;
const viewBuffer: (view: DataView) => ArrayBufferLike = getterOf(DataView.prototype, "buffer");
const viewOffset: (view: DataView) => number = getterOf(DataView.prototype, "byteOffset");
const viewLength: (view: DataView) => number = getterOf(DataView.prototype, "byteLength");

/** A part of a buffer. */
export interface Span {
  readonly buffer: ArrayBufferLike;
  readonly at: number;
  readonly length: number;
}

/** What a view stands over. */
export function spanOf(view: ArrayBufferView): Span {
  if (viewType(view) !== undefined) {
    const typed = view as Uint8Array;
    return { buffer: bytesBuffer(typed), at: bytesOffset(typed), length: bytesLength(typed) };
  }
  const data = view as DataView;
  return { buffer: viewBuffer(data), at: viewOffset(data), length: viewLength(data) };
}

/** The bytes that a view shows; not a copy. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  const { buffer, at, length } = spanOf(view);
  return new NativeUint8Array(buffer, at, length);
}

/** Bytes of a buffer or a view, not copied; null of anything else. */
export function bytesOrNull(value: unknown): Uint8Array | null {
  if (isView(value)) return bytesOfView(value);
  return instanceOf(NativeArrayBuffer, value) ? new NativeUint8Array(value as ArrayBuffer) : null;
}
