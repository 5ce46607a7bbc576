/** Files that an app has open, by their descriptors. */
import constants from "unenv/node/constants";
import { deviceOf } from "./devices.ts";
import { factsOf, type Steps } from "./disk.ts";
import { argumentError, fsError } from "./errors.ts";
import { find, make, MemoryFile } from "./memory.ts";
import { absolute, isTemporary, pathText } from "./paths.ts";

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = constants as unknown as Record<
  string,
  number
>;

const FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY!,
  rs: O_RDONLY!,
  "r+": O_RDWR!,
  "rs+": O_RDWR!,
  w: O_WRONLY! | O_CREAT! | O_TRUNC!,
  wx: O_WRONLY! | O_CREAT! | O_TRUNC! | O_EXCL!,
  "w+": O_RDWR! | O_CREAT! | O_TRUNC!,
  "wx+": O_RDWR! | O_CREAT! | O_TRUNC! | O_EXCL!,
  a: O_WRONLY! | O_CREAT! | O_APPEND!,
  ax: O_WRONLY! | O_CREAT! | O_APPEND! | O_EXCL!,
  "a+": O_RDWR! | O_CREAT! | O_APPEND!,
  "ax+": O_RDWR! | O_CREAT! | O_APPEND! | O_EXCL!,
};

/** As many as a process has by default. */
const MAX_OPEN = 1_024;

/** One of them. */
export interface OpenFile {
  readonly path: string;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly appends: boolean;
  position: number;
}

const files = new Map<number, OpenFile>();
/** By their descriptors; they are always open. */
const STANDARD: readonly OpenFile[] = ["stdin", "stdout", "stderr"].map((name) => ({
  path: `/dev/${name}`,
  mayRead: name === "stdin",
  mayWrite: name !== "stdin",
  appends: true,
  position: 0,
}));
let lowest = STANDARD.length;

/** A text like "w+", or bits. */
export function flagsOf(given: unknown): number {
  if (given === undefined || given === null) return O_RDONLY!;
  if (typeof given === "number") return given;
  const flags = FLAGS[String(given)];
  if (flags === undefined) {
    throw argumentError("ERR_INVALID_ARG_VALUE", `The argument 'flags' is invalid. Received '${String(given)}'`);
  }
  return flags;
}

export function* open(given: unknown, flags?: unknown): Steps<number> {
  const text = pathText(given);
  const path = absolute(text);
  const place = { syscall: "open", path: text };
  const bits = flagsOf(flags);
  const access = bits & 3;
  const writes = access !== O_RDONLY;
  if (deviceOf(path) !== undefined) {
    if ((bits & O_CREAT!) && (bits & O_EXCL!)) throw fsError("EEXIST", place);
  } else if (!isTemporary(path)) {
    // Whether it is there comes first, as with any file system that is read-only.
    if (!(bits & O_CREAT!)) yield* factsOf(path, true, place);
    if (writes || (bits & (O_CREAT! | O_TRUNC!)) !== 0) throw fsError("EROFS", place);
  } else {
    const there = find(path);
    if (there === "ENOTDIR") throw fsError("ENOTDIR", place);
    if (there === undefined) {
      if (!(bits & O_CREAT!)) throw fsError("ENOENT", place);
      const made = make(path, MemoryFile);
      if (typeof made === "string") throw fsError(made, place);
    } else {
      if ((bits & O_CREAT!) && (bits & O_EXCL!)) throw fsError("EEXIST", place);
      if (!(there instanceof MemoryFile)) {
        if (writes) throw fsError("EISDIR", place);
      } else if (bits & O_TRUNC!) there.resize(0);
    }
  }
  if (files.size >= MAX_OPEN) throw fsError("EMFILE", place);
  let fd = lowest;
  while (files.has(fd)) fd++;
  lowest = fd + 1;
  files.set(fd, {
    path,
    mayRead: access !== O_WRONLY,
    mayWrite: writes,
    appends: (bits & O_APPEND!) !== 0,
    position: 0,
  });
  return fd;
}

/** The file of a descriptor. @throws EBADF */
export function openFile(fd: unknown, syscall: string): OpenFile {
  if (typeof fd !== "number" || !Number.isInteger(fd)) {
    throw argumentError("ERR_INVALID_ARG_TYPE", `The "fd" argument must be of type number. Received ${typeof fd}`);
  }
  const file = STANDARD[fd] ?? files.get(fd);
  if (file === undefined) throw fsError("EBADF", { syscall });
  return file;
}

// deno-lint-ignore require-yield
export function* close(fd: unknown): Steps<void> {
  openFile(fd, "close");
  // Libraries close what they log to; in Node the rest of the process has no log then.
  if (STANDARD[fd as number] !== undefined) return;
  files.delete(fd as number);
  lowest = Math.min(lowest, fd as number);
}
