/** The files of a bucket, named after the SHA-256 of what they hold: taken in, held while they are read, removed. */
import { closeSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rm } from "node:fs";
import { join } from "node:path";
import { syncPathSync } from "../machine/sync_path.ts";

/** Where files lie until a bucket takes them in, and once it has given them up. */
export const UNFINISHED = "tmp";
const HASH = /^[0-9a-f]{64}$/;

/** Of all buckets together: a ticket that outlives its folder, as files were restored, is no other one's. */
let nextTicket = 1;

/** All files of one bucket. No two of its methods run at once, as all of them run on the data thread. */
export class BlobFolder {
  readonly #folder: string;
  /** Hashes that a reader holds, by its ticket. */
  readonly #tickets = new Map<number, readonly string[]>();
  /** How many tickets hold a hash. */
  readonly #holds = new Map<string, number>();
  /** What is to go once nobody holds it, and its size: it takes its room until then. */
  readonly #doomed = new Map<string, number>();
  #doomedBytes = 0;
  /** Tickets that keep whatever there is. */
  readonly #keepers = new Set<number>();
  #nextRemoved = 1;
  #isDirty = false;

  /** @param folder absolute, made when it is missing */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(join(folder, UNFINISHED), { recursive: true, mode: 0o700 });
  }

  /** Whether anybody reads. */
  get isHeld(): boolean {
    return this.#tickets.size + this.#keepers.size > 0;
  }

  /** Of the files that are only there for those who hold them. */
  get doomedBytes(): number {
    return this.#doomedBytes;
  }

  /** Removes what no row names: a crash came between the file and its row. */
  sweep(known: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#folder)) if (HASH.test(name) && !known.has(name)) this.remove(name, 0);
  }

  /** Takes a written file in; one with the same bytes gives way to it. */
  adopt(written: string, hash: string): void {
    renameSync(join(this.#folder, UNFINISHED, written), join(this.#folder, hash));
    this.#pardon(hash);
    this.#isDirty = true;
  }

  /** Puts the names of what was taken in onto the disk. */
  settle(): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    syncPathSync(this.#folder);
  }

  /** Keeps files until the ticket is given back. */
  hold(hashes: readonly string[]): number {
    const ticket = nextTicket++;
    this.#tickets.set(ticket, hashes);
    for (const hash of hashes) this.#holds.set(hash, 1 + (this.#holds.get(hash) ?? 0));
    return ticket;
  }

  /** Keeps all files until the ticket is given back, those of later, too. */
  keepAll(): number {
    const ticket = nextTicket++;
    this.#keepers.add(ticket);
    return ticket;
  }

  /** Takes a ticket back. */
  release(ticket: number): void {
    if (this.#keepers.delete(ticket)) {
      for (const hash of [...this.#doomed.keys()]) this.#removeDoomed(hash);
      return;
    }
    const hashes = this.#tickets.get(ticket) ?? [];
    this.#tickets.delete(ticket);
    for (const hash of hashes) {
      const left = this.#holds.get(hash)! - 1;
      if (left > 0) this.#holds.set(hash, left);
      else {
        this.#holds.delete(hash);
        this.#removeDoomed(hash);
      }
    }
  }

  /** Removes a file of a size, at once or when its last reader has ended. */
  remove(hash: string, size: number): void {
    if (this.#isKept(hash)) {
      this.#pardon(hash);
      this.#doomed.set(hash, size);
      this.#doomedBytes += size;
      return;
    }
    // Freeing gigabytes takes a while: the name is free at once, the rest happens on another thread.
    const gone = join(this.#folder, UNFINISHED, `${hash}.${this.#nextRemoved++}`);
    renameSync(join(this.#folder, hash), gone);
    // What is left over is removed at the next start.
    rm(gone, { force: true }, () => {});
  }

  #isKept(hash: string): boolean {
    return this.#keepers.size > 0 || this.#holds.has(hash);
  }

  #removeDoomed(hash: string): void {
    if (!this.#isKept(hash) && this.#pardon(hash)) this.remove(hash, 0);
  }

  /** @returns whether it was to go */
  #pardon(hash: string): boolean {
    const size = this.#doomed.get(hash);
    if (size === undefined) return false;
    this.#doomedBytes -= size;
    return this.#doomed.delete(hash);
  }

  /** A part of a file, for little of it. */
  read(hash: string, into: Uint8Array, offset: number): void {
    const file = openSync(join(this.#folder, hash), "r");
    try {
      for (let at = 0; at < into.byteLength;) {
        const read = readSync(file, into, at, into.byteLength - at, offset + at);
        if (read === 0) throw new Error(`Cannot read the file of an object: "${hash}" is too short`);
        at += read;
      }
    } finally {
      closeSync(file);
    }
  }
}
