/** The tables of a bucket: objects, what they are made of, uploads of several parts. */
import type { DatabaseSync } from "node:sqlite";
import { type NamedStatements, openStore } from "./open_store.ts";
import type { ObjectFacts } from "./r2_entry.ts";
import type { KeptPart } from "./r2_parts.ts";

/** Each step leads from `user_version` = its index to the next; a released step is never edited, only followed. */
const MIGRATIONS: readonly string[] = [
  // Keys as bytes, for their order. A piece is a part of an object that lies in one file; of an object put at once there
  // is one. What no piece and no part refers to has no row among the blobs.
  `CREATE TABLE objects (
    key BLOB PRIMARY KEY NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    uploaded INTEGER NOT NULL,
    checksums TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    http TEXT NOT NULL,
    custom TEXT NOT NULL
  ) STRICT;
  CREATE TABLE pieces (
    version TEXT NOT NULL,
    start INTEGER NOT NULL,
    size INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (version, start)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE blobs (hash TEXT PRIMARY KEY NOT NULL, size INTEGER NOT NULL, refs INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE totals (bytes INTEGER NOT NULL) STRICT;
  INSERT INTO totals VALUES (0);
  CREATE TRIGGER blob_added AFTER INSERT ON blobs BEGIN UPDATE totals SET bytes = bytes + NEW.size; END;
  CREATE TRIGGER blob_removed AFTER DELETE ON blobs BEGIN UPDATE totals SET bytes = bytes - OLD.size; END;
  CREATE TABLE uploads (
    id TEXT PRIMARY KEY NOT NULL,
    key BLOB NOT NULL,
    created INTEGER NOT NULL,
    is_over INTEGER NOT NULL DEFAULT 0,
    storage_class TEXT NOT NULL,
    http TEXT NOT NULL,
    custom TEXT NOT NULL
  ) STRICT;
  CREATE INDEX uploads_by_age ON uploads (created);
  CREATE TABLE parts (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (upload, number)
  ) STRICT, WITHOUT ROWID;`,
];

const OBJECT = "key, version, size, etag, uploaded, checksums, storage_class, http, custom";

/** An object as its table has it. */
export interface ObjectRow extends Omit<ObjectFacts, "key" | "storageClass"> {
  readonly key: Uint8Array;
  readonly storage_class: string;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The same under the names that all engines have for it. */
export function factsOf({ key, storage_class: storageClass, ...facts }: ObjectRow): ObjectFacts {
  return { ...facts, key: decoder.decode(key), storageClass };
}

/** An upload of several parts as its table has it. */
export interface UploadRow {
  readonly is_over: number;
  readonly storage_class: string;
  /** JSON. */
  readonly http: string;
  /** JSON. */
  readonly custom: string;
}

/** A part of an upload as its table has it. */
export interface PartRow extends KeptPart {
  readonly hash: string;
}

/** Files that are named at once. */
const BLOBS_AT_ONCE = 10_000;

const STATEMENTS = {
  find: `SELECT ${OBJECT} FROM objects WHERE key = ?`,
  add: `INSERT INTO objects (${OBJECT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  remove: "DELETE FROM objects WHERE key = ? RETURNING version",
  list: `SELECT ${OBJECT} FROM objects WHERE key >= ? ORDER BY key LIMIT ?`,
  listTo: `SELECT ${OBJECT} FROM objects WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`,
  addPiece: "INSERT INTO pieces (version, start, size, hash) VALUES (?, ?, ?, ?)",
  pieces:
    "SELECT start, size, hash FROM pieces WHERE version = ? AND start < ? AND start + size > ? AND size > 0 ORDER BY start",
  removePieces: "DELETE FROM pieces WHERE version = ? RETURNING hash",
  addRef: "INSERT INTO blobs (hash, size, refs) VALUES (?, ?, 1) ON CONFLICT (hash) DO UPDATE SET refs = refs + 1",
  takeRef: "UPDATE blobs SET refs = refs - 1 WHERE hash = ? RETURNING refs",
  removeBlob: "DELETE FROM blobs WHERE hash = ? RETURNING size",
  blob: "SELECT size FROM blobs WHERE hash = ?",
  count: "SELECT count(*) AS objects FROM (SELECT 1 FROM objects LIMIT ?)",
  hashes: "SELECT hash FROM blobs",
  blobsAfter: "SELECT hash, size FROM blobs WHERE hash > ? ORDER BY hash LIMIT ?",
  addUpload: "INSERT INTO uploads (id, key, created, storage_class, http, custom) VALUES (?, ?, ?, ?, ?, ?)",
  upload: "SELECT is_over, storage_class, http, custom FROM uploads WHERE id = ? AND key = ?",
  endUpload: "UPDATE uploads SET is_over = 1, http = '{}', custom = '{}' WHERE id = ?",
  oldUploads: "SELECT id FROM uploads WHERE created < ? LIMIT ?",
  removeUpload: "DELETE FROM uploads WHERE id = ?",
  part: "SELECT hash FROM parts WHERE upload = ? AND number = ?",
  parts: "SELECT number, size, etag, hash FROM parts WHERE upload = ?",
  putPart: "INSERT OR REPLACE INTO parts (upload, number, size, etag, hash) VALUES (?, ?, ?, ?, ?)",
  removeParts: "DELETE FROM parts WHERE upload = ? RETURNING hash",
  bytes: `SELECT bytes + (SELECT (page_count - freelist_count) * page_size
          FROM pragma_page_count, pragma_freelist_count, pragma_page_size) AS bytes FROM totals`,
} as const;

/** The prepared statements of a bucket. */
export type R2Statements = NamedStatements<keyof typeof STATEMENTS>;

/** Opens the database of a bucket, which is made when it is missing. */
export function openR2Tables(path: string): { readonly database: DatabaseSync; readonly statements: R2Statements } {
  return openStore(path, MIGRATIONS, STATEMENTS);
}

/** A file of objects as its table has it. */
export interface BlobRow {
  readonly hash: string;
  readonly size: number;
}

/** All files that the rows of a bucket name. By pages: `iterate()` of Deno 2.9.6 takes an error for the end of the rows. */
export function* blobsOf({ blobsAfter }: Pick<R2Statements, "blobsAfter">): Generator<BlobRow> {
  for (let after = "";;) {
    const rows = blobsAfter.all(after, BLOBS_AT_ONCE) as unknown as BlobRow[];
    yield* rows;
    if (rows.length < BLOBS_AT_ONCE) return;
    after = rows.at(-1)!.hash;
  }
}
