/** What an operation asks of files, the same for calls that wait and calls that do not. */
import { ANSWER_BYTES, type FolderPart } from "../../protocol/host_calls.ts";
import { deviceOf, factsOfDevice } from "./devices.ts";
import { type ErrorPlace, fsError } from "./errors.ts";
import { host } from "./host.ts";
import { find, MemoryFile, MemoryFolder } from "./memory.ts";
import { isTemporary } from "./paths.ts";
import type { Facts } from "./stats.ts";

/** An operation: yields what it asks the host, is given the answer. */
// deno-lint-ignore no-explicit-any
export type Steps<Result> = Generator<readonly unknown[], Result, any>;

/** Runs one to its end and stops the thread meanwhile. */
export function runSync<Result>(steps: Steps<Result>): Result {
  for (let next = steps.next();;) {
    if (next.done === true) return next.value;
    let answer: unknown;
    try {
      answer = host.callSync(...next.value);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(answer);
  }
}

/** Runs one beside others. */
export async function runSteps<Result>(steps: Steps<Result>): Promise<Result> {
  for (let next = steps.next();;) {
    if (next.done === true) return next.value;
    let answer: unknown;
    try {
      answer = await host.call(...next.value);
    } catch (error) {
      next = steps.throw(error);
      continue;
    }
    next = steps.next(answer);
  }
}

/** Asks the host; its codes become errors of Node. */
export function* ask<Answer>(place: ErrorPlace, ...question: readonly unknown[]): Steps<Answer> {
  try {
    return yield question;
  } catch (error) {
    throw fsError((error as { code?: string }).code ?? "EIO", place);
  }
}

/** What is known of a path. */
export function* factsOf(path: string, follows: boolean, place: ErrorPlace): Steps<Facts> {
  const device = deviceOf(path);
  if (device !== undefined) return factsOfDevice(device);
  if (!isTemporary(path)) return yield* ask<Facts>(place, "stat", path, follows);
  return factsOfMemory(found(path, place));
}

/** What lies below /tmp. */
export function found(path: string, place: ErrorPlace): MemoryFile | MemoryFolder {
  const one = find(path);
  if (one === undefined) throw fsError("ENOENT", place);
  if (one === "ENOTDIR") throw fsError("ENOTDIR", place);
  return one;
}

/** As of any other. */
export function factsOfMemory(one: MemoryFile | MemoryFolder): Facts {
  const { inode, modifiedMs, createdMs, mode } = one;
  const isFile = one instanceof MemoryFile;
  return {
    ...{ inode, modifiedMs, createdMs, mode, isExecutable: false },
    ...isFile ? { kind: "file", size: one.size } : { kind: "folder", size: 0 },
  };
}

/** Names and kinds of what lies in a folder. */
export function* folderEntries(path: string, place: ErrorPlace): Steps<FolderPart["entries"]> {
  if (deviceOf(path) !== undefined) throw fsError("ENOTDIR", place);
  if (isTemporary(path)) {
    const folder = found(path, place);
    if (folder instanceof MemoryFile) throw fsError("ENOTDIR", place);
    const kind = (one: unknown) => one instanceof MemoryFile ? "file" as const : "folder" as const;
    return [...folder.entries].map(([name, one]) => [name, kind(one)] as const).sort(([a], [b]) => a < b ? -1 : 1);
  }
  const all: FolderPart["entries"][number][] = [];
  for (;;) {
    const part: FolderPart = yield* ask<FolderPart>(place, "list", path, all.length);
    all.push(...part.entries);
    if (part.isWhole || part.entries.length === 0) break;
  }
  // A shadow: what the app keeps under /tmp lies in its memory.
  if (path === "/" && !all.some(([name]) => name === "tmp")) all.push(["tmp", "folder"]);
  return all;
}

/** Bytes of a file from one place on; fewer at its end only. */
export function* bytesOfFile(
  path: string,
  at: number,
  length: number,
  place: ErrorPlace,
): Steps<Uint8Array<ArrayBuffer>> {
  // Nobody types, and what was written to the others is gone.
  if (deviceOf(path) !== undefined) return new Uint8Array(0);
  if (isTemporary(path)) {
    const file = found(path, place);
    if (file instanceof MemoryFolder) throw fsError("EISDIR", { syscall: "read" });
    return file.read(at, length);
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let filled = 0;
  while (filled < length) {
    const part = yield* ask<Uint8Array<ArrayBuffer>>(
      place,
      "read",
      path,
      at + filled,
      Math.min(length - filled, ANSWER_BYTES),
    );
    filled += part.byteLength;
    if (part.byteLength > 0) parts.push(part);
    if (part.byteLength < Math.min(length - filled + part.byteLength, ANSWER_BYTES)) break;
  }
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(filled);
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.byteLength;
  }
  return whole;
}
