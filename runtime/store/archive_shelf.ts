/** The archives that versions came from, by their SHA-256, in `<state_dir>/archives/`: what a node gives its fleet. */
import { createHash } from "node:crypto";
import { isAbsolute, join } from "node:path";
import { createGzip } from "node:zlib";
import { messageOf, NanoError } from "../errors.ts";
import { addTarFile, tarStream } from "./tar_stream.ts";
import { throughZlib, ZLIB_CHUNK_BYTES } from "./through_zlib.ts";
import { syncPath } from "../machine/sync_path.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

const DIGEST = /^[0-9a-f]{64}$/;
/** Half an archive, which the next sweep removes. */
const PART = ".part";

/** Files by their digest; a file has its name only when all of it is on the disk. */
export class ArchiveShelf {
  readonly #root: string;
  /** Names of parts that are being written. */
  readonly #writing = new Set<string>();

  /** @param stateDir path of NANO's state folder */
  constructor(stateDir: string) {
    this.#root = join(stateDir, "archives");
  }

  /** Path of an archive, whether it is there or not. @throws {NanoError} BAD_REQUEST for what is no digest */
  pathOf(digest: string): string {
    if (!DIGEST.test(digest)) {
      throw new NanoError("BAD_REQUEST", `Cannot name an archive "${digest}": it is no SHA-256`);
    }
    return join(this.#root, digest);
  }

  async has(digest: string): Promise<boolean> {
    try {
      return (await Deno.stat(this.pathOf(digest))).isFile;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return false;
      throw failure(cause);
    }
  }

  /** @returns null when it is not there */
  async open(digest: string): Promise<ReadableStream<Uint8Array> | null> {
    try {
      return (await Deno.open(this.pathOf(digest))).readable;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return null;
      throw failure(cause);
    }
  }

  /** Takes a file of the same disk over. @param digest of its content, as whoever wrote it has counted it */
  async take(path: string, digest: string): Promise<void> {
    if (await this.has(digest)) return;
    try {
      await Deno.mkdir(this.#root, { recursive: true, mode: 0o700 });
      await syncPath(path);
      await Deno.rename(path, this.pathOf(digest));
      await syncPath(this.#root);
    } catch (cause) {
      throw failure(cause);
    }
  }

  /**
   * Keeps what a stream brings.
   * @param digest that it must have, or null for whatever it has
   * @returns the digest
   * @throws {NanoError} BAD_REQUEST when it has another one or is too long, INTERNAL when the disk refuses, and what the
   *   stream throws
   */
  async receive(stream: ReadableStream<Uint8Array>, digest: string | null): Promise<string> {
    const name = `${crypto.randomUUID()}${PART}`;
    const path = join(this.#root, name);
    this.#writing.add(name);
    try {
      await storing(Deno.mkdir(this.#root, { recursive: true, mode: 0o700 }));
      const found = await write(stream, path);
      if (digest !== null && found !== digest) {
        throw new NanoError("BAD_REQUEST", `Cannot keep archive ${digest}: what came has the digest ${found}`);
      }
      await this.take(path, found);
      return found;
    } finally {
      await Deno.remove(path).catch(() => {});
      this.#writing.delete(name);
    }
  }

  /** Packs a version's folder, with everything in it. @returns the digest */
  receiveFolder(folder: string): Promise<string> {
    const tar = tarStream(async (tar) => {
      for await (const { name, path, info } of filesOf(folder, "")) {
        if (info.isSymlink) {
          const linkname = await Deno.readLink(path);
          // Of what an archive brought none is absolute: this one leads to the app's data, of which each node has its
          // own.
          if (!isAbsolute(linkname)) tar.entry({ name, type: "symlink", linkname, mtime: NO_TIME });
        } else {
          const tooShort = () =>
            new NanoError("INTERNAL", `Cannot pack "${name}": it became shorter while it was read`);
          await addTarFile(tar, { name, path, bytes: info.size, mode: 0o644, mtime: NO_TIME }, tooShort);
        }
      }
    });
    return this.receive(ReadableStream.from(throughZlib(tar, createGzip({ chunkSize: ZLIB_CHUNK_BYTES }))), null);
  }

  async remove(digest: string): Promise<void> {
    await Deno.remove(this.pathOf(digest)).catch(() => {});
  }

  /** Removes what nobody names, and what a kill has left. */
  async sweep(known: ReadonlySet<string>): Promise<void> {
    try {
      for await (const { name } of Deno.readDir(this.#root)) {
        if (!known.has(name) && !this.#writing.has(name)) await Deno.remove(join(this.#root, name));
      }
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw failure(cause);
    }
  }
}

/** So that the same files give the same bytes. */
const NO_TIME = new Date(0);

interface Found {
  readonly name: string;
  readonly path: string;
  readonly info: Deno.FileInfo;
}

async function* filesOf(folder: string, prefix: string): AsyncGenerator<Found> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  for (const own of names) {
    const path = join(folder, own);
    const name = prefix === "" ? own : `${prefix}/${own}`;
    const info = await Deno.lstat(path);
    if (info.isDirectory) yield* filesOf(path, name);
    else yield { name, path, info };
  }
}

async function write(stream: ReadableStream<Uint8Array>, path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await storing(Deno.open(path, { write: true, createNew: true, mode: 0o600 }));
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.byteLength;
    if (bytes > UNPACK_LIMITS.maxArchiveBytes) {
      throw new NanoError("BAD_REQUEST", `Cannot keep an archive of more than ${UNPACK_LIMITS.maxArchiveBytes} bytes`);
    }
    hash.update(chunk);
    for (let written = 0; written < chunk.length;) written += await storing(file.write(chunk.subarray(written)));
  }
  return hash.digest("hex");
}

async function storing<Result>(operation: Promise<Result>): Promise<Result> {
  try {
    return await operation;
  } catch (cause) {
    throw failure(cause);
  }
}

function failure(cause: unknown): NanoError {
  return new NanoError("INTERNAL", `Cannot keep an archive: ${messageOf(cause)}`, { cause });
}
