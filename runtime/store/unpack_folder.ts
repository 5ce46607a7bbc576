/** The folder that an archive is unpacked to: takes entry after entry, within the bounds, and links that stay inside. */
import { dirname, join, relative } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { syncPath } from "../machine/sync_path.ts";
import { type ArchiveLink, ArchiveLinks, type EntryKind } from "./archive_links.ts";
import { entryPath, refusedEntry } from "./entry_path.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/** Syncs at once: the disk merges them into few journal commits, and the thread pool of file operations stays usable. */
const PARALLEL_SYNCS = 8;

/** What was unpacked. */
export interface UnpackedSize {
  /** Of all files. */
  readonly bytes: number;
  readonly files: number;
}

/** Settings of an {@linkcode UnpackFolder}. */
export interface UnpackFolderOptions {
  /** Length of the archive, for the ratio. */
  readonly archiveBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** A folder that fills. Whoever made it removes it when something throws. */
export class UnpackFolder {
  readonly root: string;
  #kinds = new Map<string, EntryKind>();
  #links = new ArchiveLinks(this.#kinds);
  #sizes = new Map<string, number>();
  #entries = 0;
  /** Of all that was unpacked, also what is left out: that is what the bound is about. */
  #unpackedBytes = 0;
  #bytes = 0;
  #files = 0;
  #maxBytes: number;
  #signal: AbortSignal | undefined;

  /** @param root path of an empty folder */
  constructor(root: string, options: UnpackFolderOptions) {
    const { maxUnpackedBytes, maxRatio, ratioFreeBytes } = UNPACK_LIMITS;
    this.root = root;
    this.#signal = options.signal;
    this.#maxBytes = Math.min(maxUnpackedBytes, Math.max(ratioFreeBytes, options.archiveBytes * maxRatio));
  }

  /** Bytes that the archive may unpack to. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** What is in it. */
  get size(): UnpackedSize {
    return { bytes: this.#bytes, files: this.#files };
  }

  /** Paths with what they are, without the folder itself. */
  get kinds(): ReadonlyMap<string, EntryKind> {
    return this.#kinds;
  }

  /** Makes a folder. @throws {NanoError} USAGE for a path that is refused, INTERNAL when the disk refuses */
  async addFolder(name: string): Promise<void> {
    this.#countEntry();
    const path = entryPath(name);
    if (path) await this.#makeFolders(path, name);
  }

  /**
   * Writes a file.
   * @param content.declaredBytes what the archive says; refused at once when it is too much
   * @throws {NanoError} USAGE for a path, size or content that is refused, INTERNAL when the disk refuses
   */
  async addFile(
    name: string,
    content: { readonly declaredBytes: number; readonly chunks: AsyncIterable<Uint8Array> },
  ): Promise<void> {
    this.#countEntry();
    const path = entryPath(name);
    if (path === "") throw refusedEntry(name, "a file has to have a name");
    if (path !== null && this.#kinds.has(path)) {
      throw refusedEntry(name, `there is a ${this.#kinds.get(path)} of that name already`);
    }
    if (content.declaredBytes > this.#maxBytes - this.#unpackedBytes) throw this.#tooLarge();
    let left = content.declaredBytes;
    const file = path === null ? null : await this.#create(path, name);
    try {
      for await (const chunk of content.chunks) {
        this.#signal?.throwIfAborted();
        left -= chunk.length;
        if (left < 0) throw refusedEntry(name, `it is longer than the ${content.declaredBytes} bytes it declares`);
        this.#count(chunk.length);
        if (file) await writing(writeAll(file, chunk));
      }
    } finally {
      file?.close();
    }
    if (left > 0) throw refusedEntry(name, `it ends ${left} bytes early`);
    if (file === null) return;
    this.#sizes.set(path!, content.declaredBytes);
    this.#files++;
    this.#bytes += content.declaredBytes;
  }

  /**
   * Notes a link. It is made at the end: until then nothing can be written through it.
   * @throws {NanoError} USAGE for a path or a target that is refused
   */
  async addLink(name: string, link: Omit<ArchiveLink, "name">): Promise<void> {
    this.#countEntry();
    const path = entryPath(name);
    if (path === null) return;
    if (path === "") throw refusedEntry(name, "a link has to have a name");
    if (this.#kinds.has(path)) throw refusedEntry(name, `there is a ${this.#kinds.get(path)} of that name already`);
    const parent = dirname(path);
    if (parent !== ".") await this.#makeFolders(parent, name);
    this.#links.add(path, { name, ...link });
    this.#kinds.set(path, "link");
  }

  /**
   * Makes the links, after all files; one whose target was left out is left out as well.
   * @param root the app's folder in the archive, or ""; no link leads out of it
   * @throws {NanoError} USAGE for a link that is refused, INTERNAL when the disk refuses
   */
  async makeLinks(root: string): Promise<void> {
    // All are judged before the first is made, and each leads straight to its end, whatever links lay on the way.
    const ends = [...this.#links.paths].map((path) => [path, this.#links.resolve(path, root)] as const);
    for (const [path, end] of ends) {
      if (end === null) continue;
      this.#signal?.throwIfAborted();
      const { name, kind } = this.#links.get(path);
      const place = join(this.root, path);
      if (kind === "symbolic") {
        await writing(Deno.symlink(relative(dirname(path), end) || ".", place), name);
        continue;
      }
      if (this.#kinds.get(end) !== "file") throw refusedEntry(name, "it is a hard link to something that is no file");
      const bytes = this.#sizes.get(end) ?? 0;
      // Counted as a copy: whoever reads all files reads it again.
      this.#count(bytes);
      await writing(Deno.link(join(this.root, end), place), name);
      this.#files++;
      this.#bytes += bytes;
    }
  }

  /** Returns when all of it is on the disk and not only in the cache of the operating system. */
  async sync(): Promise<void> {
    // Written first and synced afterwards: by then most of it is on the disk, and one commit of the journal does many.
    const files = [...this.#kinds].filter(([, kind]) => kind === "file").map(([path]) => path);
    const folders = [...this.#kinds].filter(([, kind]) => kind === "folder").map(([path]) => path);
    for (const paths of [files, [...folders, ""]]) {
      const queue = paths.values();
      const workers = Array.from({ length: PARALLEL_SYNCS }, async () => {
        for (const path of queue) {
          this.#signal?.throwIfAborted();
          await writing(syncPath(join(this.root, path)));
        }
      });
      // All of them end before the caller may remove the folder.
      const failed = (await Promise.allSettled(workers)).find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    }
  }

  #countEntry(): void {
    this.#signal?.throwIfAborted();
    if (++this.#entries > UNPACK_LIMITS.maxEntries) throw tooManyEntries();
  }

  #count(bytes: number): void {
    this.#unpackedBytes += bytes;
    if (this.#unpackedBytes > this.#maxBytes) throw this.#tooLarge();
  }

  #tooLarge(): NanoError {
    const why = this.#maxBytes === UNPACK_LIMITS.maxUnpackedBytes
      ? "which is the most that a version may have"
      : `which is ${UNPACK_LIMITS.maxRatio} times what the archive has, or a small archive's bound`;
    return new NanoError("USAGE", `Cannot unpack the archive: it unpacks to more than ${this.#maxBytes} bytes, ${why}`);
  }

  async #makeFolders(path: string, name: string): Promise<void> {
    const kind = this.#kinds.get(path);
    if (kind === "folder") return;
    if (kind !== undefined) throw refusedEntry(name, `"${path}" is a ${kind} already`);
    const parent = dirname(path);
    if (parent !== ".") await this.#makeFolders(parent, name);
    // Folders that no entry names count too: their number is what costs.
    if (this.#kinds.size >= UNPACK_LIMITS.maxEntries) throw tooManyEntries();
    await writing(Deno.mkdir(join(this.root, path), { mode: FOLDER_MODE }), name);
    this.#kinds.set(path, "folder");
  }

  async #create(path: string, name: string): Promise<Deno.FsFile> {
    const parent = dirname(path);
    if (parent !== ".") await this.#makeFolders(parent, name);
    // createNew follows no link and refuses what a file system without case takes for the same name.
    const options = { write: true, createNew: true, mode: FILE_MODE };
    const file = await writing(Deno.open(join(this.root, path), options), name);
    this.#kinds.set(path, "file");
    return file;
  }
}

/** The error for an archive with too many files and folders. */
export function tooManyEntries(): NanoError {
  return new NanoError("USAGE", `Cannot unpack the archive: it has more than ${UNPACK_LIMITS.maxEntries} entries`);
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  let written = 0;
  while (written < chunk.length) written += await file.write(chunk.subarray(written));
}

async function writing<Result>(operation: Promise<Result>, entry?: string): Promise<Result> {
  try {
    return await operation;
  } catch (cause) {
    if (cause instanceof Deno.errors.AlreadyExists && entry !== undefined) {
      throw refusedEntry(entry, "there is an entry of that name already");
    }
    throw new NanoError("INTERNAL", `Cannot keep the uploaded version: ${messageOf(cause)}`, { cause });
  }
}
