/** The last line of a backup, by which every byte before it is known to be the one that was written. */
import { createHash } from "node:crypto";
import { badBackup } from "./backup_manifest.ts";

/** Behind the end of the tar, where programs that read tars do not look. */
const PREFIX = "nano-backup whole sha256 ";
const DIGEST_CHARS = 64;
/** Of the line. */
export const SEAL_BYTES = PREFIX.length + DIGEST_CHARS + 1;

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Adds the line. */
export async function* sealed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  yield new TextEncoder().encode(`${PREFIX}${hash.digest("hex")}\n`);
}

/**
 * Takes it away. What comes before it is handed on as it comes, so it is to be trusted only when all of it has come.
 * @throws {NanoError} USAGE when it is missing, or another one
 */
export async function* unsealed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let held: Uint8Array = new Uint8Array();
  let isFirst = true;
  for await (const chunk of chunks) {
    const known = joined(held, chunk);
    if (isFirst && known.byteLength >= ZSTD.length) {
      isFirst = false;
      refuseCompressed(known);
    }
    const length = Math.max(0, known.byteLength - SEAL_BYTES);
    held = known.slice(length);
    if (length === 0) continue;
    const out = known.subarray(0, length);
    hash.update(out);
    yield out;
  }
  const line = new TextDecoder().decode(held);
  if (!line.startsWith(PREFIX) || held.byteLength < SEAL_BYTES) throw badBackup("it is cut off, or none");
  if (line !== `${PREFIX}${hash.digest("hex")}\n`) {
    throw badBackup("it is damaged: its bytes are not those that were written");
  }
}

function refuseCompressed(start: Uint8Array): void {
  const isLike = (magic: readonly number[]) => magic.every((byte, at) => start[at] === byte);
  if (isLike(GZIP) || isLike(ZSTD)) throw badBackup("it is compressed; unpack it first");
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.byteLength + other.byteLength);
  both.set(one);
  both.set(other, one.byteLength);
  return both;
}
