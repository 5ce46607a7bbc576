/** Unpacks a zip archive. */
import type { Buffer } from "node:buffer";
import { crc32, createInflateRaw } from "node:zlib";
// @ts-types="@types/yauzl"
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  type ZipFile,
} from "yauzl";
import type { ArchiveFile } from "./archive_file.ts";
import { refusedEntry } from "./entry_path.ts";
import { throughZlib, ZLIB_CHUNK_BYTES } from "./through_zlib.ts";
import { tooManyEntries, type UnpackFolder } from "./unpack_folder.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

/** Compression methods, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.4.5. */
const STORED = 0;
const DEFLATED = 8;

/** The kind of file in the upper half of the external attributes, as st_mode has it; 0 when DOS wrote the archive. */
const KIND_MASK = 0o170000;
const KIND_FOLDER = 0o040000;
const KIND_FILE = 0o100000;
const KIND_SYMLINK = 0o120000;

/** Encrypted by any of the methods of APPNOTE 4.4.4: traditional, strong, masked headers. */
const ENCRYPTED_FLAGS = 0x1 | 0x40 | 0x2000;

/**
 * Unpacks a zip archive into a folder.
 * @throws {NanoError} USAGE for an entry that is refused; any other error says that the archive is damaged
 */
export async function unpackZip(archive: ArchiveFile, folder: UnpackFolder): Promise<void> {
  const reader = new ArchiveReader(archive);
  // Names come as bytes: what may be a path is judged in one place for all kinds of archives.
  const options = { autoClose: false, decodeStrings: false };
  const zip = await reader.orBroken(fromRandomAccessReaderPromise(reader, archive.bytes, options));
  if (zip.entryCount > UNPACK_LIMITS.maxEntries) throw tooManyEntries();
  const entries = zip.eachEntry();
  for (;;) {
    const next = await reader.orBroken(entries.next());
    if (next.done) return;
    await unpackEntry(next.value, { zip, reader, archive, folder });
  }
}

interface Unpacking {
  readonly zip: ZipFile;
  readonly reader: ArchiveReader;
  readonly archive: ArchiveFile;
  readonly folder: UnpackFolder;
}

async function unpackEntry(entry: Entry, { zip, reader, archive, folder }: Unpacking): Promise<void> {
  // `true`: a backslash stays one, and is refused.
  const name = getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  if ((entry.generalPurposeBitFlag & ENCRYPTED_FLAGS) !== 0) throw refusedEntry(name, "it is encrypted");
  const kind = (entry.externalFileAttributes >>> 16) & KIND_MASK;
  if (kind !== 0 && kind !== KIND_FILE && kind !== KIND_FOLDER && kind !== KIND_SYMLINK) {
    throw refusedEntry(name, "it is of an unknown kind; only files, folders and links are taken");
  }
  if (kind === KIND_SYMLINK && entry.uncompressedSize > UNPACK_LIMITS.maxPathBytes) {
    throw refusedEntry(name, "it is a symbolic link whose target is no path of the archive");
  }
  if (name.endsWith("/") || kind === KIND_FOLDER) {
    if (entry.uncompressedSize !== 0) throw refusedEntry(name, "it is a folder and has content");
    return await folder.addFolder(name);
  }
  const method = entry.compressionMethod;
  if (method !== STORED && method !== DEFLATED) {
    throw refusedEntry(name, `it is compressed by method ${method}; only deflate is taken`);
  }
  const { fileDataStart } = await reader.orBroken(zip.readLocalFileHeaderPromise(entry, { minimal: true }));
  const packed = archive.range(fileDataStart, entry.compressedSize);
  const plain = method === STORED ? packed : throughZlib(packed, createInflateRaw({ chunkSize: ZLIB_CHUNK_BYTES }));
  const chunks = checked(plain, { name, entry });
  if (kind === KIND_SYMLINK) await folder.addLink(name, { kind: "symbolic", target: await linkTarget(chunks, name) });
  else await folder.addFile(name, { declaredBytes: entry.uncompressedSize, chunks });
}

/** The content of a link is its target; what unpacks to more than a path is none. */
async function linkTarget(chunks: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > UNPACK_LIMITS.maxPathBytes) throw refusedEntry(name, "it is a symbolic link with a long content");
  }
  return text + decoder.decode();
}

/** Passes chunks on and throws at their end when they are not what was packed. */
async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  { name, entry }: { readonly name: string; readonly entry: Entry },
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32) throw refusedEntry(name, "it is damaged, its checksum is wrong");
}

/** Gives yauzl the archive; what yauzl throws while it handles a read, and nobody could catch, comes out here. */
class ArchiveReader extends RandomAccessReader {
  #archive: ArchiveFile;
  #broken = Promise.withResolvers<never>();

  constructor(archive: ArchiveFile) {
    super();
    this.#archive = archive;
    this.#broken.promise.catch(() => {});
  }

  /** What a call of yauzl gives, or its failure. */
  orBroken<Result>(call: Promise<Result>): Promise<Result> {
    return Promise.race([call, this.#broken.promise]);
  }

  // The five parameters are yauzl's.
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#archive.readAt(buffer.subarray(offset, offset + length), position)
      .then((read) => callback(read < length ? new Error("it is cut off") : null), callback)
      .catch(this.#broken.reject);
  }
}
