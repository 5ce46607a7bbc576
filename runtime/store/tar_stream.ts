/** Tars that are written as fast as they are read. */
// @ts-types="@types/tar-stream"
import type { Pack } from "tar-stream";
import { pacedWrite } from "./feed_stream.ts";

const READ_BYTES = 256 * 1024;

/** A file on the disk as it stands in a tar. */
export interface TarFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  readonly mode: number;
  readonly mtime: Date;
}

/** A tar's bytes; opens nothing before it is read. @param fill adds what is in it, and looks whether it still has to */
export async function* tarStream(fill: (tar: Pack) => Promise<void>): AsyncGenerator<Uint8Array> {
  // Few hosts that have just started pack anything.
  // @ts-types="@types/tar-stream"
  const { pack } = await import("tar-stream");
  const tar = pack();
  const filled = fill(tar).then(() => tar.finalize(), (error) => void tar.destroy(error));
  try {
    yield* tar;
  } finally {
    tar.destroy();
    await filled;
  }
}

/** Adds a file. @param tooShort the error of one that has become shorter */
export async function addTarFile(
  tar: Pack,
  { name, path, bytes, mode, mtime }: TarFile,
  tooShort: () => Error,
): Promise<void> {
  if (tar.destroyed) return;
  using source = await Deno.open(path);
  const packed = Promise.withResolvers<void>();
  // A failure comes by the callback; the event alone would end the process.
  const entry = tar.entry({ name, size: bytes, mode, mtime }, (error) => {
    if (error) packed.reject(error);
    else packed.resolve();
  });
  entry.on("error", () => {});
  packed.promise.catch(() => {});
  for (let left = bytes; left > 0 && !tar.destroyed;) {
    const buffer = new Uint8Array(Math.min(READ_BYTES, left));
    const read = await source.read(buffer);
    if (read === null) throw tooShort();
    left -= read;
    await pacedWrite(entry, buffer.subarray(0, read));
  }
  entry.end();
  await packed.promise;
}
