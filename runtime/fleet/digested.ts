/** Bytes on their way into an engine: in chunks of one size, and known by their digest afterwards. */
import { createHash } from "node:crypto";
import { NanoError } from "../errors.ts";
import { evenChunks } from "./even_chunks.ts";

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
  for await (const chunk of evenChunks(archive, chunkBytes)) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest("hex");
  if (found !== sha256) {
    throw new NanoError("USAGE", `Cannot keep archive "${sha256}": its bytes have the digest "${found}"`);
  }
}
