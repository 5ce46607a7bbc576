/** Operations of fs that write: below /tmp they do, anywhere else the file system is read-only. */
import { Buffer } from "node:buffer";
import { posix } from "node:path";
import { bytesOfFile, factsOf, folderEntries, found, type Steps } from "./disk.ts";
import { deviceOf, writeToDevice } from "./devices.ts";
import { argumentError, type ErrorPlace, fsError } from "./errors.ts";
import { find, make, MemoryFile, MemoryFolder, move, remove } from "./memory.ts";
import { close, open, openFile } from "./open_files.ts";
import { absolute, isTemporary, pathText } from "./paths.ts";

/** The path, if it may be written to. */
export function writable(given: unknown, syscall: string): { readonly path: string; readonly place: ErrorPlace } {
  const text = pathText(given);
  const path = absolute(text);
  const place = { syscall, path: text };
  if (!isTemporary(path)) throw fsError("EROFS", place);
  return { path, place };
}

/** Bytes of what is written. */
export function bytesOfData(data: unknown, encoding?: BufferEncoding | null): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, encoding ?? "utf8");
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw argumentError(
    "ERR_INVALID_ARG_TYPE",
    'The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView. ' +
      `Received ${data === null ? "null" : typeof data}`,
  );
}

type Options = Record<string, unknown> | string | number | null | undefined;

function optionsOf(options: Options): Record<string, unknown> {
  return typeof options === "object" && options !== null ? options : { encoding: options };
}

function* put(given: unknown, data: unknown, options: Options, flag: string): Steps<void> {
  const { encoding, flag: asked } = optionsOf(options);
  const bytes = bytesOfData(data, typeof encoding === "string" ? encoding as BufferEncoding : null);
  const fd = typeof given === "number" ? given : yield* open(given, asked ?? flag);
  try {
    writeBytes(fd, bytes, null);
  } finally {
    if (fd !== given) yield* close(fd);
  }
}

export function* writeFile(given: unknown, data: unknown, options?: Options): Steps<void> {
  yield* put(given, data, options, "w");
}

export function* appendFile(given: unknown, data: unknown, options?: Options): Steps<void> {
  yield* put(given, data, options, "a");
}

/** Writes where the file is, or at a place. @returns how many */
export function writeBytes(fd: unknown, bytes: Uint8Array, at: number | null): number {
  const file = openFile(fd, "write");
  if (!file.mayWrite) throw fsError("EBADF", { syscall: "write" });
  const device = deviceOf(file.path);
  if (device !== undefined) {
    writeToDevice(device, bytes);
    return bytes.byteLength;
  }
  const target = found(file.path, { syscall: "write" }) as MemoryFile;
  const from = file.appends ? target.size : at ?? file.position;
  if (!target.write(from, bytes)) throw fsError("ENOSPC", { syscall: "write" });
  if (at === null) file.position = from + bytes.byteLength;
  return bytes.byteLength;
}

// deno-lint-ignore require-yield
export function* mkdir(given: unknown, options?: Options): Steps<string | undefined> {
  const { path, place } = writable(given, "mkdir");
  if ((options as { recursive?: boolean } | undefined)?.recursive !== true) {
    const made = path === "/tmp" ? "EEXIST" : make(path, MemoryFolder);
    if (typeof made === "string") throw fsError(made, place);
    return undefined;
  }
  let first: string | undefined;
  let at = "/tmp";
  for (const name of path.split("/").slice(2)) {
    at = `${at}/${name}`;
    const there = find(at);
    if (there instanceof MemoryFolder) continue;
    const made = there === undefined ? make(at, MemoryFolder) : at === path ? "EEXIST" : "ENOTDIR";
    if (typeof made === "string") throw fsError(made, place);
    first ??= at;
  }
  return first;
}

export function* mkdtemp(prefix: unknown): Steps<string> {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const tail = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => letters[byte % letters.length]).join("");
  const path = `${pathText(prefix, "prefix")}${tail}`;
  yield* mkdir(path);
  return path;
}

// deno-lint-ignore require-yield
export function* unlink(given: unknown): Steps<void> {
  const { path, place } = writable(given, "unlink");
  if (found(path, place) instanceof MemoryFolder) throw fsError("EISDIR", place);
  remove(path);
}

// deno-lint-ignore require-yield
export function* rmdir(given: unknown, options?: Options): Steps<void> {
  const { path, place } = writable(given, "rmdir");
  const there = found(path, place);
  if (there instanceof MemoryFile) throw fsError("ENOTDIR", place);
  const isRecursive = (options as { recursive?: boolean } | undefined)?.recursive === true;
  if (there.entries.size > 0 && !isRecursive) throw fsError("ENOTEMPTY", place);
  if (path === "/tmp") throw fsError("EPERM", place);
  remove(path);
}

// deno-lint-ignore require-yield
export function* rm(given: unknown, options?: Options): Steps<void> {
  const { path, place } = writable(given, "rm");
  const { force = false, recursive = false } = optionsOf(options) as { force?: boolean; recursive?: boolean };
  const there = find(path);
  if (there === undefined || there === "ENOTDIR") {
    if (force) return;
    throw fsError("ENOENT", place);
  }
  if (there instanceof MemoryFolder && !recursive) {
    throw Object.assign(fsError("EISDIR", place), { code: "ERR_FS_EISDIR" });
  }
  if (path === "/tmp") throw fsError("EPERM", place);
  remove(path);
}

// deno-lint-ignore require-yield
export function* rename(from: unknown, to: unknown): Steps<void> {
  const place = { syscall: "rename", path: pathText(from, "oldPath"), dest: pathText(to, "newPath") };
  if (!isTemporary(absolute(place.path)) || !isTemporary(absolute(place.dest))) throw fsError("EROFS", place);
  const code = move(absolute(place.path), absolute(place.dest));
  if (code !== null) throw fsError(code, place);
}

export function* copyFile(from: unknown, to: unknown, mode = 0): Steps<void> {
  const place = { syscall: "copyfile", path: pathText(from, "src"), dest: pathText(to, "dest") };
  const facts = yield* factsOf(absolute(place.path), true, place);
  if (facts.kind === "folder") throw fsError("EISDIR", place);
  const isWritable = isTemporary(absolute(place.dest)) || deviceOf(absolute(place.dest)) !== undefined;
  if (!isWritable) throw fsError("EROFS", place);
  const bytes = yield* bytesOfFile(absolute(place.path), 0, facts.size, place);
  yield* writeFile(place.dest, bytes, { flag: (mode & 1) === 1 ? "wx" : "w" });
}

export function* cp(from: unknown, to: unknown, options?: Options): Steps<void> {
  const { recursive = false, force = true } = optionsOf(options) as { recursive?: boolean; force?: boolean };
  const source = pathText(from, "src");
  const target = pathText(to, "dest");
  const facts = yield* factsOf(absolute(source), true, { syscall: "cp", path: source });
  if (facts.kind !== "folder") {
    if (!force && find(absolute(target)) !== undefined) return;
    return yield* copyFile(source, target);
  }
  if (!recursive) throw fsError("EISDIR", { syscall: "cp", path: source });
  yield* mkdir(target, { recursive: true });
  for (const [name] of yield* folderEntries(absolute(source), { syscall: "cp", path: source })) {
    yield* cp(posix.join(source, name), posix.join(target, name), options);
  }
}

// deno-lint-ignore require-yield
export function* truncate(given: unknown, length = 0): Steps<void> {
  const { path, place } = writable(given, "truncate");
  resize(found(path, place), length, place);
}

// deno-lint-ignore require-yield
export function* ftruncate(fd: unknown, length = 0): Steps<void> {
  const file = openFile(fd, "ftruncate");
  const isFile = deviceOf(file.path) === undefined;
  if (!file.mayWrite || !isFile) throw fsError("EINVAL", { syscall: "ftruncate" });
  resize(found(file.path, { syscall: "ftruncate" }), length, { syscall: "ftruncate" });
}

function resize(file: MemoryFile | MemoryFolder, length: number, place: ErrorPlace): void {
  if (file instanceof MemoryFolder) throw fsError("EISDIR", place);
  if (!Number.isSafeInteger(length) || length < 0) throw fsError("EINVAL", place);
  if (!file.resize(length)) throw fsError("ENOSPC", place);
}

// deno-lint-ignore require-yield
export function* chmod(given: unknown, mode: unknown): Steps<void> {
  const { path, place } = writable(given, "chmod");
  found(path, place).mode = (typeof mode === "string" ? parseInt(mode, 8) : Number(mode)) & 0o777;
}

/** There is one owner, and nobody else to see the file. */
// deno-lint-ignore require-yield
export function* chown(given: unknown): Steps<void> {
  const { path, place } = writable(given, "chown");
  found(path, place);
}

// deno-lint-ignore require-yield
export function* utimes(given: unknown, _accessed: unknown, modified: unknown): Steps<void> {
  const { path, place } = writable(given, "utime");
  found(path, place).modifiedMs = modified instanceof Date ? modified.getTime() : Number(modified) * 1_000;
}

/** A file system in memory is always in step. */
// deno-lint-ignore require-yield
export function* fsync(fd: unknown): Steps<void> {
  openFile(fd, "fsync");
}

// deno-lint-ignore require-yield
export function* symlink(_target: unknown, given: unknown): Steps<void> {
  const { place } = writable(given, "symlink");
  throw fsError("EPERM", place);
}

// deno-lint-ignore require-yield
export function* link(_existing: unknown, given: unknown): Steps<void> {
  const { place } = writable(given, "link");
  throw fsError("EPERM", place);
}
