/** An archive of an engine, read chunk by chunk. */

/**
 * The chunks as one stream; some are fetched before they are asked for.
 * @param read fetches one, by its number
 */
export function chunksAhead(
  read: (chunk: number) => Promise<Uint8Array>,
  { chunks, atOnce }: { readonly chunks: number; readonly atOnce: number },
): ReadableStream<Uint8Array> {
  const ahead: Promise<Uint8Array>[] = [];
  let next = 0;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      for (; next < chunks && ahead.length < atOnce; next++) {
        const chunk = read(next);
        chunk.catch(() => {});
        ahead.push(chunk);
      }
      const chunk = await ahead.shift();
      if (chunk) controller.enqueue(chunk);
      if (next === chunks && ahead.length === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}
