/** Buffers and views as their own bytes: what lies beside a view in its buffer is not the other app's to see. */
import { bufferLength, bytesBuffer, bytesLength, bytesOffset, getterOf } from "../../protocol/primordials.ts";
import { viewType } from "./value_kinds.ts";

/** A part of a buffer, and the class of what stands over it. */
export interface OwnBytes {
  readonly type: string;
  readonly buffer: ArrayBufferLike;
  readonly at: number;
  readonly length: number;
}

const viewOffset: (view: DataView) => number = getterOf(DataView.prototype, "byteOffset");
const viewLength: (view: DataView) => number = getterOf(DataView.prototype, "byteLength");
const viewBuffer: (view: DataView) => ArrayBufferLike = getterOf(DataView.prototype, "buffer");

/** @param kind of the value, proven */
export function ownBytes(value: object, kind: "view" | "data_view" | "buffer"): OwnBytes {
  if (kind === "buffer") {
    const buffer = value as ArrayBuffer;
    return { type: "ArrayBuffer", buffer, at: 0, length: bufferLength(buffer) };
  }
  if (kind === "data_view") {
    const view = value as DataView;
    return { type: "DataView", buffer: viewBuffer(view), at: viewOffset(view), length: viewLength(view) };
  }
  const view = value as Uint8Array;
  return { type: viewType(view)!, buffer: bytesBuffer(view), at: bytesOffset(view), length: bytesLength(view) };
}
