/** The objects of one bucket and what they are made of: rows, and references to files. */
import type { Plain } from "../protocol/binding_call.ts";
import type { BlobFolder } from "./r2_blobs.ts";
import { conditionHolds, type Extent, extentOf } from "./r2_condition.ts";
import { entryJson, WHOLE_ENTRY } from "./r2_entry.ts";
import { r2Error, storageFull } from "./r2_error.ts";
import type { GetFacts, KeptMetadata, Piece, PutFacts } from "./r2_facts.ts";
import { factsOf, type ObjectRow, type R2Statements } from "./r2_tables.ts";

const encoder = new TextEncoder();

/** What a bucket works with. */
export interface BucketTools {
  readonly statements: R2Statements;
  readonly blobs: BlobFolder;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** All objects; writes happen within a transaction of their owner. */
export class R2Objects {
  readonly #run: R2Statements;
  readonly #blobs: BlobFolder;
  readonly #now: () => number;
  /** Files that this transaction has left without a reference, and their sizes. */
  readonly #garbage = new Map<string, number>();

  constructor({ statements, blobs, now }: BucketTools) {
    this.#run = statements;
    this.#blobs = blobs;
    this.#now = now;
  }

  /** Bytes of the files, also of those that only readers hold, and of the database's pages in use. */
  get bytes(): number {
    return Number((this.#run.bytes.get() as { bytes: number }).bytes) + this.#blobs.doomedBytes;
  }

  /** How many there are, counted up to a bound. */
  count(most: number): number {
    return Number((this.#run.count.get(most) as { objects: number }).objects);
  }

  /** Begins a transaction. */
  begin(): void {
    this.#garbage.clear();
  }

  /** Removes what nothing refers to any more: the transaction is on the disk. */
  collect(): void {
    for (const [hash, size] of this.#garbage) {
      if (this.#run.blob.get(hash) === undefined) this.#blobs.remove(hash, size);
    }
    this.#garbage.clear();
  }

  /** What is told of an object. */
  head(name: string): readonly Plain[] {
    const row = this.#find(encoder.encode(name));
    return row === undefined ? [] : [entryJson(factsOf(row), WHOLE_ENTRY)];
  }

  #find(key: Uint8Array<ArrayBuffer>): ObjectRow | undefined {
    return this.#run.find.get(key) as unknown as ObjectRow | undefined;
  }

  /** @returns the entry, and unless the condition fails its extent and either its bytes, or pieces and a ticket for them */
  get(name: string, { condition, range, wholeBytes }: GetFacts): readonly Plain[] {
    const row = this.#find(encoder.encode(name));
    if (row === undefined) return [];
    const entry = entryJson(factsOf(row), WHOLE_ENTRY);
    if (condition !== null && !conditionHolds(condition, row)) return [entry];
    const extent = extentOf(range, row.size);
    if (extent === null) throw r2Error("get", "invalidRange");
    const pieces = this.#pieces(row.version, extent);
    if (extent.length <= wholeBytes) return [entry, extent.offset, extent.length, this.#bytesOf(pieces, extent.length)];
    const ticket = this.#blobs.hold(pieces.map(({ hash }) => hash));
    return [entry, extent.offset, extent.length, null, JSON.stringify(pieces), ticket];
  }

  #pieces(version: string, { offset, length }: Extent): Piece[] {
    const rows = this.#run.pieces.all(version, offset + length, offset) as unknown as {
      readonly start: number;
      readonly size: number;
      readonly hash: string;
    }[];
    return rows.map(({ start, size, hash }) => {
      const from = Math.max(offset - start, 0);
      return { hash, offset: from, length: Math.min(start + size, offset + length) - start - from };
    });
  }

  #bytesOf(pieces: readonly Piece[], length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      this.#blobs.read(piece.hash, bytes.subarray(at, at + piece.length), piece.offset);
      at += piece.length;
    }
    return bytes;
  }

  /** @returns the entry, or null when the condition fails; bytes of the bucket */
  put(name: string, facts: PutFacts): readonly Plain[] {
    const key = encoder.encode(name);
    const { written, condition } = facts;
    if (condition !== null && !conditionHolds(condition, this.#find(key))) return [null, this.bytes];
    this.requireRoom("put", written.size, facts.maxBytes);
    const pieces = [{ hash: written.hash, size: written.size }];
    this.addRef(written.hash, written.size);
    const entry = this.replace(key, { ...facts, size: written.size, pieces });
    this.#blobs.adopt(written.name, written.hash);
    return [entry, this.bytes];
  }

  /** Gives a key an object over pieces that are referred to already. */
  replace(
    key: Uint8Array<ArrayBuffer>,
    { etag, checksums, size, pieces, storageClass, http, custom }:
      & Pick<PutFacts, "etag" | "checksums" | keyof KeptMetadata>
      & { readonly size: number; readonly pieces: readonly { readonly hash: string; readonly size: number }[] },
  ): string {
    this.remove(key);
    const version = crypto.randomUUID().replaceAll("-", "");
    this.#run.add.run(key, version, size, etag, this.#now(), checksums, storageClass, http, custom);
    let start = 0;
    for (const piece of pieces) {
      this.#run.addPiece.run(version, start, piece.size, piece.hash);
      start += piece.size;
    }
    return entryJson(factsOf(this.#find(key)!), WHOLE_ENTRY);
  }

  /** Forgets an object. */
  remove(key: Uint8Array<ArrayBuffer>): void {
    const row = this.#run.remove.get(key);
    if (row === undefined) return;
    for (const { hash } of this.#run.removePieces.all(row["version"]!)) this.takeRef(hash as string);
  }

  /** Refers to a file. */
  addRef(hash: string, size: number): void {
    this.#run.addRef.run(hash, size);
  }

  /** Takes a reference back. */
  takeRef(hash: string): void {
    const { refs } = this.#run.takeRef.get(hash) as { refs: number };
    if (refs > 0) return;
    const { size } = this.#run.removeBlob.get(hash) as { size: number };
    this.#garbage.set(hash, size);
  }

  /** What replaces another counts twice for a moment: it does on the disk, too. */
  requireRoom(action: string, bytes: number, maxBytes: number): void {
    if (this.bytes + bytes > maxBytes) throw storageFull(action, maxBytes);
  }
}
