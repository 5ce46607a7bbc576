/** Buffers and views as their own bytes: what lies beside a view in its buffer is not the other app's to see. */
import { bufferLength } from "../../protocol/primordials.ts";
import { type Span, spanOf, viewType } from "../../protocol/views.ts";

/** A part of a buffer, and the class of what stands over it. */
export interface OwnBytes extends Span {
  readonly type: string;
}

/** @param kind of the value, proven */
export function ownBytes(value: object, kind: "view" | "data_view" | "buffer"): OwnBytes {
  if (kind === "buffer") {
    const buffer = value as ArrayBuffer;
    return { type: "ArrayBuffer", buffer, at: 0, length: bufferLength(buffer) };
  }
  const view = value as ArrayBufferView;
  const { buffer, at, length } = spanOf(view);
  return { type: kind === "data_view" ? "DataView" : viewType(view)!, buffer, at, length };
}
