/** Bytes and words of a stream on their way through the wall. */

// Inside an isolate the app may replace globals; the wall keeps the class it was loaded with.
const NativeUint8Array = Uint8Array;

/** Queued small chunks are handed on together up to this size. */
const COALESCE_BYTES = 64 * 1024;

/** Takes the next chunk off a queue, small ones together. */
export function takeChunk(queue: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  let size = 0;
  let count = 0;
  while (count < queue.length && size + queue[count]!.byteLength <= COALESCE_BYTES) size += queue[count++]!.byteLength;
  if (count <= 1) return queue.shift()!;
  const joined = new NativeUint8Array(size);
  let at = 0;
  for (const chunk of queue.splice(0, count)) {
    joined.set(chunk, at);
    at += chunk.byteLength;
  }
  return joined;
}

/** A copy with a buffer of its own. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new NativeUint8Array(bytes);
}

/** Any reason in words. */
export function textOf(reason: unknown): string {
  try {
    return reason instanceof Error ? reason.message : String(reason ?? "");
  } catch {
    return "a reason that cannot be shown";
  }
}
