/** Sends chunks through one of zlib's streams, no faster than they are taken. */
import type { Transform } from "node:stream";
import { feedStream } from "./feed_stream.ts";

/** What a zlib stream hands on at once; bounds what a bomb can hold in memory. */
export const ZLIB_CHUNK_BYTES = 64 * 1024;

/**
 * What the zlib stream makes of the chunks.
 * @param chunks closed when the reader of the result stops early
 * @param zlib a fresh one, made with `chunkSize` {@linkcode ZLIB_CHUNK_BYTES}
 */
export async function* throughZlib(chunks: AsyncIterable<Uint8Array>, zlib: Transform): AsyncGenerator<Uint8Array> {
  const fed = feedStream(zlib, chunks);
  try {
    yield* zlib;
  } finally {
    zlib.destroy();
    await fed;
  }
}
