/** Bytes cut anew. */

/**
 * Cuts what comes into chunks of one size, each of which is its reader's own.
 * @param chunkBytes of each but the last; of nothing there is none
 */
export async function* evenChunks(
  parts: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  let held = new Uint8Array(chunkBytes);
  let length = 0;
  for await (const bytes of parts) {
    for (let at = 0; at < bytes.length;) {
      const taken = bytes.subarray(at, at + chunkBytes - length);
      held.set(taken, length);
      length += taken.length;
      at += taken.length;
      if (length < chunkBytes) continue;
      yield held;
      held = new Uint8Array(chunkBytes);
      length = 0;
    }
  }
  if (length > 0) yield held.subarray(0, length);
}
