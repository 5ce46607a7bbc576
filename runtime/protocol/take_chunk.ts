/** Takes queued chunks of a stream, small ones together. */

// Inside an isolate the app may replace globals.
const NativeUint8Array = Uint8Array;

/** Queued small chunks are handed on together up to this size. */
const COALESCE_BYTES = 64 * 1024;

/** The next bytes of a queue that holds some. */
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
