/** The folder `/tmp` of an app: in its memory, and bounded. */
import { host } from "./host.ts";

/** Files and folders; each takes some memory of the heap, which has a cap of its own. */
const MAX_ENTRIES = 20_000;

/** One file. */
export class MemoryFile {
  readonly inode: number;
  readonly createdMs = Date.now();
  modifiedMs = this.createdMs;
  mode = 0o644;
  #bytes = new Uint8Array(0);
  #length = 0;

  constructor(inode: number) {
    this.inode = inode;
  }

  get size(): number {
    return this.#length;
  }

  /** What lies between two places; a copy. */
  read(at: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(at, Math.min(at + length, this.#length));
  }

  /** @returns false when there is no room */
  write(at: number, bytes: Uint8Array): boolean {
    if (!this.#fit(at + bytes.byteLength)) return false;
    this.#bytes.set(bytes, at);
    this.#length = Math.max(this.#length, at + bytes.byteLength);
    this.modifiedMs = Date.now();
    return true;
  }

  /** @returns false when there is no room */
  resize(length: number): boolean {
    if (!this.#fit(length)) return false;
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
    this.modifiedMs = Date.now();
    if (length === 0) this.free();
    return true;
  }

  /** Gives its bytes back. */
  free(): void {
    held -= this.#bytes.byteLength;
    this.#bytes = new Uint8Array(0);
    this.#length = 0;
  }

  #fit(length: number): boolean {
    const before = this.#bytes.byteLength;
    if (length <= before) return true;
    // Twice as much, so that what is appended piece by piece is not copied each time; but not beyond the bound.
    const room = host.temporaryBytes - held + before;
    if (length > room) return false;
    const grown = new Uint8Array(Math.min(Math.max(length, before * 2), room));
    grown.set(this.#bytes);
    held += grown.byteLength - before;
    this.#bytes = grown;
    return true;
  }
}

/** One folder. */
export class MemoryFolder {
  readonly inode: number;
  readonly entries = new Map<string, MemoryFile | MemoryFolder>();
  readonly createdMs = Date.now();
  modifiedMs = this.createdMs;
  mode = 0o755;

  constructor(inode: number) {
    this.inode = inode;
  }
}

let held = 0;
let entries = 0;
let inodes = 1;
const root = new MemoryFolder(inodes++);

/** What lies at a path below /tmp, a code when its way leads through a file, or undefined. */
export function find(path: string): MemoryFile | MemoryFolder | "ENOTDIR" | undefined {
  let at: MemoryFile | MemoryFolder = root;
  for (const name of namesOf(path)) {
    if (at instanceof MemoryFile) return "ENOTDIR";
    const next = at.entries.get(name);
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

/** The folder that a path lies in, and its name there; a code where there is none. */
export function placeOf(path: string): { readonly folder: MemoryFolder; readonly name: string } | string {
  const names = namesOf(path);
  const name = names.pop();
  // /tmp itself can be neither made nor taken away.
  if (name === undefined) return "EBUSY";
  const folder = find(`/tmp/${names.join("/")}`);
  if (folder === undefined) return "ENOENT";
  return folder instanceof MemoryFolder ? { folder, name } : "ENOTDIR";
}

/** Makes a file or a folder. @returns a code when it cannot be made */
export function make<Kind extends MemoryFile | MemoryFolder>(
  path: string,
  kind: new (inode: number) => Kind,
): Kind | string {
  const place = placeOf(path);
  if (typeof place === "string") return place;
  if (place.folder.entries.has(place.name)) return "EEXIST";
  if (place.name.length > 255) return "ENAMETOOLONG";
  if (entries >= MAX_ENTRIES) return "ENOSPC";
  entries++;
  const made = new kind(inodes++);
  place.folder.entries.set(place.name, made);
  place.folder.modifiedMs = Date.now();
  return made;
}

/** Takes away what is there, with all that lies in it. */
export function remove(path: string): void {
  const place = placeOf(path);
  if (typeof place === "string") return;
  const gone = place.folder.entries.get(place.name);
  if (gone === undefined) return;
  place.folder.entries.delete(place.name);
  forget(gone);
}

/** Moves an entry; what was there is replaced. @returns a code when that cannot be */
export function move(from: string, to: string): string | null {
  const old = placeOf(from);
  const next = placeOf(to);
  if (typeof old === "string") return old;
  if (typeof next === "string") return next;
  const moved = old.folder.entries.get(old.name);
  if (moved === undefined) return "ENOENT";
  if (from === to) return null;
  if (moved instanceof MemoryFolder && to.startsWith(`${from}/`)) return "EINVAL";
  const replaced = next.folder.entries.get(next.name);
  if (replaced instanceof MemoryFolder && !(moved instanceof MemoryFolder)) return "EISDIR";
  if (replaced instanceof MemoryFile && moved instanceof MemoryFolder) return "ENOTDIR";
  if (replaced instanceof MemoryFolder && replaced.entries.size > 0) return "ENOTEMPTY";
  if (replaced !== undefined) forget(replaced);
  old.folder.entries.delete(old.name);
  next.folder.entries.set(next.name, moved);
  return null;
}

function forget(gone: MemoryFile | MemoryFolder): void {
  entries--;
  if (gone instanceof MemoryFile) return gone.free();
  for (const one of gone.entries.values()) forget(one);
}

function namesOf(path: string): string[] {
  return path.split("/").slice(2).filter((name) => name !== "");
}
