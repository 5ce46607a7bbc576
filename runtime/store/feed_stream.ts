/** Feeds Node streams at the pace at which they take. */
import type { Writable } from "node:stream";

/**
 * Writes all chunks into a stream and ends it. Never rejects: a failure destroys the stream, so its reader is told.
 * When it settles, the chunks' source is done with, also when the stream was destroyed before.
 */
export async function feedStream(stream: Writable, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // Without a listener an error that comes after the reader has left would end the process.
  stream.on("error", () => {});
  try {
    for await (const chunk of chunks) {
      await pacedWrite(stream, chunk);
      if (stream.destroyed) return;
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Writes a chunk; settles when the stream takes more or was destroyed. */
export function pacedWrite(stream: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.write(chunk)) return resolve();
    function done(): void {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    }
    stream.on("drain", done);
    stream.on("close", done);
  });
}
