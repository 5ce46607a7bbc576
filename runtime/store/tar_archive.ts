/** Unpacks a tar.gz archive. */
import { createGunzip } from "node:zlib";
// @ts-types="@types/tar-stream"
import { extract as createExtract, type Headers } from "tar-stream";
import { NanoError } from "../errors.ts";
import type { ArchiveFile } from "./archive_file.ts";
import { refusedEntry } from "./entry_path.ts";
import { feedStream } from "./feed_stream.ts";
import { throughZlib, ZLIB_CHUNK_BYTES } from "./through_zlib.ts";
import type { UnpackFolder } from "./unpack_folder.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

const BLOCK_BYTES = 512;

/** Header, padding and a long name of one entry. */
const MAX_FRAME_BYTES = 8 * BLOCK_BYTES;

/** tar's kinds of entries that have no place in an app, as a person calls them. */
const REFUSED_KINDS: Readonly<Record<string, string>> = {
  "character-device": "a device",
  "block-device": "a device",
  "fifo": "a named pipe",
};

/**
 * Unpacks a tar.gz archive into a folder.
 * @throws {NanoError} USAGE for an entry that is refused; any other error says that the archive is damaged
 */
export async function unpackTar(archive: ArchiveFile, folder: UnpackFolder): Promise<void> {
  const gunzip = createGunzip({ chunkSize: ZLIB_CHUNK_BYTES });
  const extract = createExtract();
  const fed = feedStream(extract, bounded(throughZlib(archive.range(0, archive.bytes), gunzip), folder));
  try {
    for await (const entry of extract) await unpackEntry(entry.header, { chunks: entry, folder });
  } finally {
    extract.destroy();
    await fed;
  }
}

async function unpackEntry(
  header: Headers,
  { chunks, folder }: { readonly chunks: AsyncIterable<Uint8Array>; readonly folder: UnpackFolder },
): Promise<void> {
  const { name, type, size } = header;
  if (type === "directory") {
    await folder.addFolder(name);
    // The next entry comes only after this one's stream was read to its end.
    for await (const _none of chunks);
    return;
  }
  if (type === "symlink" || type === "link") {
    await folder.addLink(name, { kind: type === "link" ? "hard" : "symbolic", target: header.linkname ?? "" });
    for await (const _none of chunks);
    return;
  }
  if (type !== "file" && type !== "contiguous-file") {
    throw refusedEntry(
      name,
      `it is ${REFUSED_KINDS[type ?? ""] ?? "of an unknown kind"}; only files, folders and links are taken`,
    );
  }
  // Its content would be a map of the holes and not the file.
  const { pax } = header as { pax?: Readonly<Record<string, string>> | null };
  if (Object.keys(pax ?? {}).some((key) => key.startsWith("GNU.sparse."))) {
    throw refusedEntry(name, "it is a sparse file; pack it without --sparse");
  }
  await folder.addFile(name, { declaredBytes: size ?? 0, chunks });
}

/** Stops a stream of headers without files, which no file's bound meets, and one that was cut between two entries. */
async function* bounded(chunks: AsyncIterable<Uint8Array>, folder: UnpackFolder): AsyncGenerator<Uint8Array> {
  const maxBytes = folder.maxBytes + UNPACK_LIMITS.maxEntries * MAX_FRAME_BYTES;
  let bytes = 0;
  let tail = new Uint8Array(0);
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new NanoError("USAGE", `Cannot unpack the archive: it unpacks to more than ${maxBytes} bytes of tar`);
    }
    tail = lastBlock(tail, chunk);
    yield chunk;
  }
  // A tar ends with blocks of zeros, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
  if (tail.length < BLOCK_BYTES || tail.some((byte) => byte !== 0)) throw new Error("it is cut off");
}

function lastBlock(before: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  if (chunk.length >= BLOCK_BYTES) return chunk.slice(-BLOCK_BYTES);
  const both = new Uint8Array(before.length + chunk.length);
  both.set(before);
  both.set(chunk, before.length);
  return both.slice(-BLOCK_BYTES);
}
