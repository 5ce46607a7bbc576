/** Compresses a stream of zeros that would not fit into memory. */
import { Buffer } from "node:buffer";
import type { Transform } from "node:stream";

const PIECE = Buffer.alloc(1024 * 1024);

/**
 * What a zlib stream makes of a head, so many MiB of zeros, and a tail.
 * @param zlib a fresh compressor, as `createGzip()`
 */
export async function compressedZeros(
  zlib: Transform,
  options: { readonly mebibytes: number; readonly head?: Uint8Array; readonly tail?: Uint8Array },
): Promise<Uint8Array<ArrayBuffer>> {
  async function write(piece: Uint8Array): Promise<void> {
    if (!zlib.write(piece)) await new Promise((resolve) => zlib.once("drain", resolve));
  }
  async function feed(): Promise<void> {
    if (options.head) await write(options.head);
    for (let piece = 0; piece < options.mebibytes; piece++) await write(PIECE);
    if (options.tail) await write(options.tail);
    zlib.end();
  }
  const [chunks] = await Promise.all([Array.fromAsync(zlib as AsyncIterable<Buffer>), feed()]);
  return new Uint8Array(Buffer.concat(chunks));
}
