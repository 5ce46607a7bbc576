/** Reads a backup as it comes in, into a folder; nothing of it is used before all of it has come. */
// @ts-types="@types/tar-stream"
import type { Extract } from "tar-stream";
import { messageOf, NanoError } from "../errors.ts";
import {
  type BackupManifest,
  badBackup,
  MANIFEST_NAME,
  MAX_MANIFEST_BYTES,
  OBJECTS_FOLDER,
  parseManifest,
} from "./backup_manifest.ts";
import { unsealed } from "./backup_seal.ts";
import { feedStream } from "./feed_stream.ts";

/**
 * Writes a file of the archive.
 * @param name `stores/1.db`, or `objects/` and a digest
 * @returns its SHA-256, hexadecimal, when it is on the disk
 */
export type WriteEntry = (name: string, bytes: number, chunks: AsyncIterable<Uint8Array>) => Promise<string>;

const OBJECT = new RegExp(`^${OBJECTS_FOLDER}/([0-9a-f]{64})$`);

/**
 * Reads it to its end.
 * @throws {NanoError} USAGE for what is no backup, or is damaged; what `write` throws
 */
export async function readBackup(archive: AsyncIterable<Uint8Array>, write: WriteEntry): Promise<BackupManifest> {
  // @ts-types="@types/tar-stream"
  const { extract: createExtract } = await import("tar-stream");
  const extract = createExtract();
  const source = watched(archive);
  const tar = watched(unsealed(source.chunks));
  const fed = feedStream(extract, tar.chunks);
  try {
    const reading = new Reading(write);
    for await (const { header, chunks } of namedEntries(extract)) {
      const content = watched(chunks);
      // Whoever writes it tells a failure of its stream in words of their own.
      await reading.take(header, content.chunks).catch((error) => {
        if (content.failure === null) throw error;
        throw badBackup(`it is damaged: it ends within its entry "${header.name.slice(0, 100)}"`, content.failure);
      });
    }
    return reading.end();
  } catch (error) {
    if (source.failure !== null) {
      const why = `the upload broke off (${messageOf(source.failure)})`;
      throw new NanoError("BAD_REQUEST", `Cannot take the backup: ${why}`, { cause: error });
    }
    // An entry that is under way is told only that its stream was destroyed.
    throw tar.failure ?? error;
  } finally {
    extract.destroy();
    await fed;
  }
}

interface Header {
  readonly name: string;
  readonly type?: string | null | undefined;
  readonly size?: number | undefined;
}

/** What is wrong with the tar itself is the fault of whoever sent it. */
async function* namedEntries(extract: Extract) {
  const entries = extract[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await entries.next().catch((cause) => {
        throw cause instanceof NanoError ? cause : badBackup(`it is damaged, or none: ${messageOf(cause)}`, cause);
      });
      if (done) return;
      yield { header: value.header as Header, chunks: value as AsyncIterable<Uint8Array> };
    }
  } finally {
    await entries.return?.().catch(() => {});
  }
}

/** Takes the entries in their order. */
class Reading {
  readonly #write: WriteEntry;
  readonly #missing = new Map<string, { readonly bytes: number; readonly sha256: string }>();
  readonly #objects = new Set<string>();
  #objectBytes = 0;
  #manifest: BackupManifest | null = null;

  constructor(write: WriteEntry) {
    this.#write = write;
  }

  async take({ name, type, size = 0 }: Header, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const shown = JSON.stringify(name.slice(0, 100));
    if (type !== "file") throw badBackup(`its entry ${shown} is no file`);
    if (this.#manifest === null) {
      if (name !== MANIFEST_NAME) throw badBackup(`it begins with ${shown}, not with "${MANIFEST_NAME}"`);
      this.#manifest = await readManifest(size, chunks);
      for (const { file, bytes, sha256 } of this.#manifest.stores) {
        if (file !== null) this.#missing.set(file, { bytes, sha256: sha256! });
      }
      return;
    }
    const store = this.#missing.get(name);
    const wanted = store?.sha256 ?? OBJECT.exec(name)?.[1];
    if (wanted === undefined || this.#objects.has(name)) throw badBackup(`its entry ${shown} belongs to no store`);
    if (store !== undefined && store.bytes !== size) throw badBackup(`its entry ${shown} has another size`);
    const found = await this.#write(name, size, chunks);
    if (found !== wanted) throw badBackup(`its entry ${shown} is damaged: its digest is another one`);
    if (store !== undefined) this.#missing.delete(name);
    else {
      this.#objects.add(name);
      this.#objectBytes += size;
    }
  }

  /** @throws {NanoError} when something is missing */
  end(): BackupManifest {
    if (this.#manifest === null) throw badBackup("it is empty");
    const [missing] = this.#missing.keys();
    if (missing !== undefined) throw badBackup(`its entry "${missing}" is missing`);
    const { files, bytes } = this.#manifest.objects;
    if (files !== this.#objects.size || bytes !== this.#objectBytes) {
      throw badBackup(`it has ${this.#objects.size} files of objects, not the ${files} that it names`);
    }
    return this.#manifest;
  }
}

async function readManifest(size: number, chunks: AsyncIterable<Uint8Array>): Promise<BackupManifest> {
  if (size > MAX_MANIFEST_BYTES) throw badBackup(`its "${MANIFEST_NAME}" is longer than ${MAX_MANIFEST_BYTES} bytes`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  // Copies: the stream may use its buffers again.
  for await (const chunk of chunks) parts.push(chunk.slice() as Uint8Array<ArrayBuffer>);
  return parseManifest(await new Blob(parts).text());
}

/** Tells a stream that failed from one whose content is bad. */
function watched(stream: AsyncIterable<Uint8Array>) {
  const state = { failure: null as unknown, chunks: chunks() };
  return state;

  async function* chunks(): AsyncGenerator<Uint8Array> {
    const source = stream[Symbol.asyncIterator]();
    let isDone = false;
    try {
      for (;;) {
        const { done, value } = await source.next().catch((error) => {
          state.failure = error;
          throw error;
        });
        isDone = done === true;
        if (done) return;
        yield value;
      }
    } finally {
      if (!isDone) await source.return?.()?.catch(() => {});
    }
  }
}
