/** Operations of fs that read; each once for calls that wait and calls that do not. */
import { Buffer } from "node:buffer";
import { posix } from "node:path";
import { ask, bytesOfFile, factsOf, folderEntries, type Steps } from "./disk.ts";
import { ANSWER_BYTES } from "../../protocol/host_calls.ts";
import { deviceOf } from "./devices.ts";
import { argumentError, type ErrorPlace, fsError } from "./errors.ts";
import { host } from "./host.ts";
import { type OpenFile, openFile } from "./open_files.ts";
import { absolute, isTemporary, pathText } from "./paths.ts";
import { BigIntStats, Dirent, type Facts, Stats } from "./stats.ts";

type Options = Record<string, unknown> | string | null | undefined;

/** The encoding that was asked for. */
export function encodingOf(options: Options): BufferEncoding | null {
  const encoding = typeof options === "string" ? options : options?.["encoding"];
  if (encoding === undefined || encoding === null || encoding === "buffer") return null;
  if (typeof encoding !== "string" || !Buffer.isEncoding(encoding)) {
    throw argumentError("ERR_INVALID_ARG_VALUE", `The argument 'encoding' is invalid encoding. Received ${encoding}`);
  }
  return encoding;
}

export function* readFile(given: unknown, options?: Options): Steps<Buffer | string> {
  const encoding = encodingOf(options);
  const open: OpenFile | null = typeof given === "number" ? openFile(given, "read") : null;
  const path = open?.path ?? absolute(pathText(given));
  const place = { syscall: "open", path: open === null ? pathText(given) : undefined };
  const bytes = yield* wholeOf(path, open?.position ?? 0, place);
  if (open !== null) open.position += bytes.byteLength;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return encoding === null ? buffer : buffer.toString(encoding);
}

/** Most files come with one answer; only for longer ones it pays to ask how long they are. */
function* wholeOf(path: string, from: number, place: ErrorPlace): Steps<Uint8Array<ArrayBuffer>> {
  let first: Uint8Array<ArrayBuffer>;
  try {
    first = yield* bytesOfFile(path, from, ANSWER_BYTES, place);
  } catch (error) {
    if ((error as { code?: string }).code === "EISDIR") throw fsError("EISDIR", { syscall: "read" });
    throw error;
  }
  if (first.byteLength < ANSWER_BYTES) return first;
  const { size } = yield* factsOf(path, true, place);
  if (size > host.externalBytes) {
    const text = `File size (${size}) is greater than what the app may hold outside its heap (${host.externalBytes})`;
    throw Object.assign(new RangeError(text), { code: "ERR_FS_FILE_TOO_LARGE" });
  }
  const whole = new Uint8Array(Math.max(first.byteLength, size - from));
  whole.set(first);
  let filled = first.byteLength;
  while (filled < whole.byteLength) {
    const part = yield* bytesOfFile(path, from + filled, Math.min(ANSWER_BYTES, whole.byteLength - filled), place);
    if (part.byteLength === 0) break;
    whole.set(part, filled);
    filled += part.byteLength;
  }
  return whole.subarray(0, filled);
}

function shape(facts: Facts, options: Options): Stats | BigIntStats {
  return (options as { bigint?: boolean } | undefined)?.bigint === true ? new BigIntStats(facts) : new Stats(facts);
}

function* statBy(syscall: "stat" | "lstat", given: unknown, options: Options): Steps<Stats | BigIntStats | undefined> {
  const text = pathText(given);
  try {
    return shape(yield* factsOf(absolute(text), syscall === "stat", { syscall, path: text }), options);
  } catch (error) {
    const { code } = error as { code?: string };
    const mayMiss = (options as { throwIfNoEntry?: boolean } | undefined)?.throwIfNoEntry === false;
    if (mayMiss && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw error;
  }
}

export function* stat(given: unknown, options?: Options): Steps<Stats | BigIntStats | undefined> {
  return yield* statBy("stat", given, options);
}

export function* lstat(given: unknown, options?: Options): Steps<Stats | BigIntStats | undefined> {
  return yield* statBy("lstat", given, options);
}

export function* fstat(fd: unknown, options?: Options): Steps<Stats | BigIntStats> {
  const { path } = openFile(fd, "fstat");
  return shape(yield* factsOf(path, true, { syscall: "fstat" }), options);
}

/** Mode bits: 2 is writing, 1 is running. */
export function* access(given: unknown, mode: number = 0): Steps<void> {
  const text = pathText(given);
  const path = absolute(text);
  const place = { syscall: "access", path: text };
  const facts = yield* factsOf(path, true, place);
  if ((mode & 2) !== 0 && !isTemporary(path) && deviceOf(path) === undefined) throw fsError("EROFS", place);
  if ((mode & 1) !== 0 && facts.kind === "file" && !facts.isExecutable) throw fsError("EACCES", place);
}

export function* exists(given: unknown): Steps<boolean> {
  try {
    yield* access(given);
    return true;
  } catch {
    return false;
  }
}

export function* realpath(given: unknown, options?: Options): Steps<string | Buffer> {
  const text = pathText(given);
  const path = absolute(text);
  const place = { syscall: "realpath", path: text };
  const isOurs = isTemporary(path) || deviceOf(path) !== undefined;
  if (isOurs) yield* factsOf(path, true, place);
  const real = isOurs ? path : yield* ask<string>(place, "realPath", path);
  return (options as { encoding?: string } | undefined)?.encoding === "buffer" ? Buffer.from(real) : real;
}

export function* readlink(given: unknown): Steps<string> {
  const text = pathText(given);
  const path = absolute(text);
  const place = { syscall: "readlink", path: text };
  const isOurs = isTemporary(path) || deviceOf(path) !== undefined;
  if (!isOurs) return yield* ask<string>(place, "readLink", path);
  yield* factsOf(path, false, place);
  throw fsError("EINVAL", place);
}

/** Entries at most of a recursive listing. */
const MAX_LISTED = 1_000_000;

export function* readdir(given: unknown, options?: Options): Steps<unknown[]> {
  const text = pathText(given);
  const settings = typeof options === "object" && options !== null ? options : {};
  const encoding = typeof options === "string" ? options : settings["encoding"];
  const listed: unknown[] = [];
  const folders = [""];
  for (let at = 0; at < folders.length; at++) {
    const below = folders[at]!;
    const place = { syscall: "scandir", path: below === "" ? text : posix.join(text, below) };
    for (const [name, kind] of yield* folderEntries(absolute(posix.join(text, below)), place)) {
      const whole = below === "" ? name : `${below}/${name}`;
      if (settings["recursive"] === true && kind === "folder") folders.push(whole);
      if (listed.length >= MAX_LISTED) throw fsError("ENOSPC", place);
      if (settings["withFileTypes"] === true) listed.push(new Dirent(name, posix.join(text, below), kind));
      else listed.push(encoding === "buffer" ? Buffer.from(whole) : whole);
    }
  }
  return listed;
}

/** Names that match a pattern, as Node's glob has it; "**" crosses folders. */
export function* glob(pattern: string | readonly string[], options: Options = {}): Steps<string[]> {
  const { cwd = "/", exclude } = options as { cwd?: unknown; exclude?: unknown };
  const base = pathText(cwd, "options.cwd");
  const patterns = typeof pattern === "string" ? [pattern] : [...pattern];
  const found: string[] = [];
  for (const name of (yield* readdir(base, { recursive: true })) as string[]) {
    const matches = (one: string) =>
      posix.matchesGlob(one.startsWith("/") ? absolute(posix.join(base, name)) : name, one);
    if (!patterns.some(matches)) continue;
    if (Array.isArray(exclude) && exclude.some((one) => posix.matchesGlob(name, String(one)))) continue;
    if (typeof exclude === "function" && exclude(name)) continue;
    found.push(name);
  }
  return found;
}
