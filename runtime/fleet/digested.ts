/** Bytes on their way into an engine: in chunks of one size, and known by their digest afterwards. */
import { createHash } from "node:crypto";
import { NanoError } from "../errors.ts";

/**
 * Cuts an archive into chunks.
 * @param chunkBytes of each but the last; an empty archive has none
 * @throws {NanoError} USAGE after the last chunk, when the digest is another
 */
export async function* digested(
  archive: ReadableStream<Uint8Array>,
  { sha256, chunkBytes }: { readonly sha256: string; readonly chunkBytes: number },
): AsyncGenerator<Uint8Array, void> {
  const hash = createHash("sha256");
  let held = new Uint8Array(chunkBytes);
  let length = 0;
  for await (const bytes of archive) {
    hash.update(bytes);
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
  const found = hash.digest("hex");
  if (found !== sha256) {
    throw new NanoError("USAGE", `Cannot keep archive "${sha256}": its bytes have the digest "${found}"`);
  }
}
