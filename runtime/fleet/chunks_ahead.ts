/** An archive or object of an engine, read chunk by chunk. */

/** What is read. */
export interface ChunksAheadOptions {
  readonly chunks: number;
  readonly atOnce: number;
  /** Told once, when nothing is read any more. */
  readonly onEnd?: () => void;
}

/**
 * The chunks as one stream; some are fetched before they are asked for.
 * @param read fetches one, by its number
 */
export function chunksAhead(
  read: (chunk: number) => Promise<Uint8Array>,
  { chunks, atOnce, onEnd = () => {} }: ChunksAheadOptions,
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
      try {
        const chunk = await ahead.shift();
        if (chunk) controller.enqueue(chunk);
      } catch (error) {
        onEnd();
        throw error;
      }
      if (next < chunks || ahead.length > 0) return;
      controller.close();
      onEnd();
    },
    cancel: onEnd,
  }, { highWaterMark: 0 });
}
