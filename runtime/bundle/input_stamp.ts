/** Remembers what a bundle was made from, and tells whether it is still so. */

/** A file as it was read. The times are in ms since 1970. */
export interface InputStamp {
  readonly size: number;
  readonly mtimeMs: number;
  /** npm gives every file the same mtime of 1985; the time of the last change to the inode cannot be set. */
  readonly ctimeMs: number;
  readonly ino: number;
  /** When it was looked at, before it was read. */
  readonly readAtMs: number;
  readonly sha256: string;
}

/** What is no source file, and why: said without a path. */
export class UnfitSource extends Error {
  override readonly name = "UnfitSource";
}

/** A file and its stamp. */
export interface StampedFile {
  readonly contents: Uint8Array<ArrayBuffer>;
  readonly stamp: InputStamp;
}

/**
 * A file that changed less than this before it was read may change again without its times showing it:
 * Deno tells ctime in whole seconds.
 */
const SETTLED_MS = 2_000;

/** A bigger file is no source: esbuild would hold it several times over. The largest bundles known to us have 8 MB. */
export const MAX_SOURCE_BYTES = 32 * 1024 * 1024;

/**
 * Reads a file.
 *
 * @throws {Error} What the file system says, or that the path is no file.
 */
export async function readStamped(path: string): Promise<StampedFile> {
  const readAtMs = Date.now();
  const info = await Deno.stat(path);
  // A pipe or a device would be read for ever.
  if (!info.isFile) throw new UnfitSource("it is no file");
  if (info.size > MAX_SOURCE_BYTES) throw new UnfitSource(tooBig(info.size));
  const contents = await Deno.readFile(path);
  return { contents, stamp: { ...timesOf(info), readAtMs, sha256: await sha256(contents) } };
}

/**
 * Compares a file to its stamp; reads it only if its times differ or cannot be trusted.
 *
 * @returns The same stamp, one with newer times and the same content, or undefined if the content changed.
 */
export async function renewStamp(path: string, stamp: InputStamp): Promise<InputStamp | undefined> {
  try {
    const info = await Deno.stat(path);
    if (info.size !== stamp.size) return undefined;
    const now = timesOf(info);
    const isSame = now.mtimeMs === stamp.mtimeMs && now.ctimeMs === stamp.ctimeMs && now.ino === stamp.ino;
    // A compiled binary's own files have no ctime: those of the next build may differ in nothing but their content.
    if (isSame && stamp.ctimeMs > 0 && stamp.readAtMs - stamp.ctimeMs >= SETTLED_MS) return stamp;
    const renewed = (await readStamped(path)).stamp;
    return renewed.sha256 === stamp.sha256 ? renewed : undefined;
  } catch {
    // Whatever keeps it from being read will be told by the build that follows.
    return undefined;
  }
}

/**
 * The names in a folder as one hash: a new `a.ts` beside `a.js` changes what `./a` means though no input changed.
 * Dot files are left out; editors and NANO itself put temporary ones there.
 */
export async function stampFolder(path: string): Promise<string> {
  const names = [];
  try {
    for await (const { name } of Deno.readDir(path)) if (!name.startsWith(".")) names.push(name);
  } catch {
    return "unreadable";
  }
  return await sha256(new TextEncoder().encode(names.sort().join("\0")));
}

/** @returns The SHA-256 of bytes in hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function timesOf(info: Deno.FileInfo): Pick<InputStamp, "size" | "mtimeMs" | "ctimeMs" | "ino"> {
  return {
    size: info.size,
    mtimeMs: info.mtime?.getTime() ?? 0,
    ctimeMs: info.ctime?.getTime() ?? 0,
    ino: info.ino ?? 0,
  };
}

function tooBig(bytes: number): string {
  const mebibytes = (size: number) => Math.ceil(size / 1024 / 1024);
  return `it has ${mebibytes(bytes)} MiB, and a source file may have ${mebibytes(MAX_SOURCE_BYTES)} MiB`;
}
