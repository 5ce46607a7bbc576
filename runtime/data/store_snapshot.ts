/** Copies the file of a store as it is at one moment, while others read and write it. */
import { createHash } from "node:crypto";
import { closeSync, copyFileSync, linkSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { blobsOf, openR2Tables } from "./r2_tables.ts";

const CHUNK_BYTES = 1024 * 1024;
/** A tar has a block before each file, and fills its last one. */
const BLOCK_BYTES = 512;

/** What is copied; paths are absolute. */
export interface SnapshotAsk {
  /** The database. */
  readonly from: string;
  /** A new file. */
  readonly to: string;
  /** Of a bucket: where its objects' files lie, and the folder that is to have them, too. */
  readonly objects: { readonly from: string; readonly to: string } | null;
}

/** What was copied. */
export interface Snapshot {
  readonly bytes: number;
  /** Of the copied database, hexadecimal. */
  readonly sha256: string;
  /** Files of objects that the folder did not have yet: how many, their bytes, and their bytes in a tar. */
  readonly objects: { readonly files: number; readonly bytes: number; readonly packedBytes: number };
}

/** Copies it; whoever writes to it meanwhile waits for nothing. */
export async function snapshotStore({ from, to, objects }: SnapshotAsk): Promise<Snapshot> {
  closeSync(openSync(to, "wx", 0o600));
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    // A reader of one moment: a copy begins anew with each write of others otherwise. By pages, not by VACUUM INTO,
    // which gives rows of tables without a key of their own other rowids.
    source.exec("BEGIN");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    await backup(source, to);
  } finally {
    source.close();
  }
  const linked = objects === null ? { files: 0, bytes: 0, packedBytes: 0 } : linkObjects(to, objects);
  return { bytes: statSync(to).size, sha256: digestOf(to), objects: linked };
}

/** What a file is known by that was copied otherwise. */
export function measureFile(path: string): Snapshot {
  return { bytes: statSync(path).size, sha256: digestOf(path), objects: { files: 0, bytes: 0, packedBytes: 0 } };
}

/** The files that the rows of a bucket name; who keeps them there meanwhile is the business of the caller. */
function linkObjects(database: string, { from, to }: NonNullable<SnapshotAsk["objects"]>): Snapshot["objects"] {
  const sum = { files: 0, bytes: 0, packedBytes: 0 };
  const { database: source, statements } = openR2Tables(database);
  try {
    for (const { hash, size } of blobsOf(statements)) {
      if (!linked(join(from, hash), join(to, hash))) continue;
      sum.files++;
      sum.bytes += size;
      sum.packedBytes += packedBytes(size);
    }
  } finally {
    source.close();
  }
  return sum;
}

/** Gives a file a second name. Files of objects never change, so it is as good as a copy. @returns false when it has it */
export function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "EEXIST") return false;
    if (code === "ENOENT") throw error;
    // A file system without links.
    copyFileSync(from, to);
    return true;
  }
}

/** What a file takes in a tar. */
export function packedBytes(bytes: number): number {
  return BLOCK_BYTES + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function digestOf(path: string): string {
  const hash = createHash("sha256");
  const buffer = new Uint8Array(CHUNK_BYTES);
  const file = openSync(path, "r");
  try {
    for (let length; (length = readSync(file, buffer, 0, CHUNK_BYTES, null)) > 0;) {
      hash.update(buffer.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
