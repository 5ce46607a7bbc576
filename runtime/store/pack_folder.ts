/** Packs an app's folder as tar.gz for a deploy; the same files give the same bytes. */
import { join, relative, sep } from "node:path";
import { createGzip } from "node:zlib";
// @ts-types="@types/tar-stream"
import { type Pack, pack as createPack } from "tar-stream";
import { messageOf, NanoError } from "../errors.ts";
import { pacedWrite } from "./feed_stream.ts";
import { throughZlib, ZLIB_CHUNK_BYTES } from "./through_zlib.ts";

/** Never an app's files: histories, NANO's own state, secrets of the machine, what editors and systems leave. */
const LEFT_OUT = /^(\.git|\.hg|\.svn|\.nano|\.DS_Store|\._.*|Thumbs\.db|\.env|\.env\..*|.*~|\.#.*|#.*#|.*\.sw[a-p])$/;

const FILE_MODE = 0o644;
const READ_BYTES = 64 * 1024;

/** Time of all files: 1970, so that nothing but content and names decides the bytes. */
const NO_TIME = new Date(0);

/** Settings of {@linkcode packFolder}. */
export interface PackOptions {
  /** Whether to leave a file or folder out, beside what always is; the path is relative, with `/`. */
  readonly exclude?: (path: string) => boolean;
}

/** A folder on its way to be packed. */
export interface PackedFolder {
  /** tar.gz; read it to its end or cancel it. */
  readonly stream: ReadableStream<Uint8Array>;
  /** How many files there are. */
  readonly files: number;
  /** Their length together, unpacked. */
  readonly bytes: number;
}

interface FileToPack {
  /** In the archive. */
  readonly name: string;
  /** On the disk, links followed. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Packs a folder. Left out are `.git`, `.nano`, `.env*`, what editors leave, and `node_modules` beside a package.json.
 * @param dir path of the folder
 * @throws {NanoError} USAGE when it is no folder, has no files, or a link in it leads out of it
 *
 * @example
 * ```ts
 * import { packFolder } from "./pack_folder.ts";
 * const { stream, files } = await packFolder(new URL("../../docs/examples/hello", import.meta.url).pathname);
 * await stream.cancel();
 * files > 0; // true
 * ```
 */
export async function packFolder(dir: string, options: PackOptions = {}): Promise<PackedFolder> {
  let root: string;
  try {
    root = await Deno.realPath(dir);
    if (!(await Deno.stat(root)).isDirectory) throw new Error("it is no folder");
  } catch (cause) {
    throw new NanoError("USAGE", `Cannot pack "${dir}": ${messageOf(cause)}`, { cause });
  }
  const found: FileToPack[] = [];
  const exclude = options.exclude ?? (() => false);
  await collect({ name: "", path: root, above: [root] }, { root, shown: dir, exclude, found });
  if (found.length === 0) throw new NanoError("USAGE", `Cannot pack "${dir}": it has no files`);
  // By code units and not by locale: the same order on every machine.
  found.sort((a, b) => a.name < b.name ? -1 : 1);
  const bytes = found.reduce((sum, file) => sum + file.bytes, 0);
  return { stream: compressed(found), files: found.length, bytes };
}

interface Folder {
  readonly name: string;
  readonly path: string;
  /** Real paths of it and of all that it lies in, to see a link that leads back up. */
  readonly above: readonly string[];
}

interface Packing {
  readonly root: string;
  readonly shown: string;
  readonly exclude: (path: string) => boolean;
  readonly found: FileToPack[];
}

async function collect(folder: Folder, packing: Packing): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(folder.path));
  const hasManifest = entries.some((entry) => entry.name === "package.json");
  for (const entry of entries) {
    if (LEFT_OUT.test(entry.name) || (entry.name === "node_modules" && hasManifest)) continue;
    const name = folder.name === "" ? entry.name : `${folder.name}/${entry.name}`;
    if (packing.exclude(name)) continue;
    const path = entry.isSymlink ? await followed(name, packing) : join(folder.path, entry.name);
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (isFile) {
      packing.found.push({ name, path, bytes: size });
    } else if (!isDirectory) {
      throw new NanoError("USAGE", `Cannot pack "${packing.shown}": "${name}" is neither a file nor a folder`);
    } else if (folder.above.includes(path)) {
      throw new NanoError("USAGE", `Cannot pack "${packing.shown}": link "${name}" leads to a folder that it lies in`);
    } else {
      await collect({ name, path, above: [...folder.above, path] }, packing);
    }
  }
}

async function followed(name: string, { root, shown }: Packing): Promise<string> {
  let target: string;
  try {
    target = await Deno.realPath(join(root, name));
  } catch (cause) {
    throw new NanoError("USAGE", `Cannot pack "${shown}": link "${name}" leads nowhere`, { cause });
  }
  const inside = relative(root, target);
  if (inside === ".." || inside.startsWith(`..${sep}`)) {
    throw new NanoError("USAGE", `Cannot pack "${shown}": link "${name}" leads out of the folder`);
  }
  // What is left out under its own name does not come in under another one.
  const parts = inside.split(sep);
  if (parts.some((part) => part === "node_modules" || LEFT_OUT.test(part))) {
    throw new NanoError("USAGE", `Cannot pack "${shown}": link "${name}" leads to "${inside}", which is left out`);
  }
  return target;
}

/** Opens nothing before it is read. */
function compressed(files: readonly FileToPack[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(throughZlib(tarred(files), createGzip({ chunkSize: ZLIB_CHUNK_BYTES })));
}

async function* tarred(files: readonly FileToPack[]): AsyncGenerator<Uint8Array> {
  const tar = createPack();
  const filled = fill(tar, files).catch((error) => void tar.destroy(error));
  try {
    yield* tar;
  } finally {
    tar.destroy();
    await filled;
  }
}

async function fill(tar: Pack, files: readonly FileToPack[]): Promise<void> {
  for (const file of files) {
    if (tar.destroyed) return;
    await addFile(tar, file);
  }
  tar.finalize();
}

async function addFile(tar: Pack, { name, path, bytes }: FileToPack): Promise<void> {
  using source = await Deno.open(path);
  const packed = Promise.withResolvers<void>();
  // A failure comes by the callback; the event alone would end the process.
  const entry = tar.entry({ name, size: bytes, mode: FILE_MODE, mtime: NO_TIME }, (error) => {
    if (error) packed.reject(error);
    else packed.resolve();
  });
  entry.on("error", () => {});
  packed.promise.catch(() => {});
  let left = bytes;
  while (left > 0 && !tar.destroyed) {
    const buffer = new Uint8Array(Math.min(READ_BYTES, left));
    const read = await source.read(buffer);
    if (read === null) throw new NanoError("USAGE", `Cannot pack "${name}": it became shorter while it was read`);
    left -= read;
    await pacedWrite(entry, buffer.subarray(0, read));
  }
  entry.end();
  await packed.promise;
}
