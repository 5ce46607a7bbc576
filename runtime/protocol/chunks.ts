/** Bytes and words of a stream on their way through the wall. */
import {
  bytesBuffer,
  bytesLength,
  bytesOffset,
  bytesSet,
  NativeError,
  NativeString,
  NativeUint8Array,
} from "./primordials.ts";
import { arrayShift, dropFirst } from "./safe_lists.ts";

/** Queued small chunks are handed on together up to this size. */
const COALESCE_BYTES = 64 * 1024;

/** Takes the next chunk off a queue, small ones together. */
export function takeChunk(queue: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  let count = 0;
  while (count < queue.length && size + bytesLength(queue[count]!) <= COALESCE_BYTES) {
    size += bytesLength(queue[count++]!);
  }
  if (count <= 1) return arrayShift(queue)!;
  const joined = new NativeUint8Array(size);
  for (let at = 0, end = 0; at < count; at++) {
    bytesSet(joined, queue[at]!, end);
    end += bytesLength(queue[at]!);
  }
  dropFirst(queue, count);
  return joined;
}

/** A part of a chunk; not a copy. */
export function partOf<B extends ArrayBufferLike>(chunk: Uint8Array<B>, from: number, end: number): Uint8Array<B> {
  return new NativeUint8Array(bytesBuffer(chunk) as B, bytesOffset(chunk) + from, end - from);
}

/** A copy with a buffer of its own. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new NativeUint8Array(bytes);
}

/** Any reason in words. */
export function shownReason(reason: unknown): string {
  try {
    return reason instanceof NativeError ? reason.message : NativeString(reason ?? "");
  } catch {
    return "a reason that cannot be shown";
  }
}
