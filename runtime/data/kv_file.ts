/** One key-value namespace in one SQLite file. */
import type { DatabaseSync } from "node:sqlite";
import type { Plain } from "../protocol/binding_call.ts";
import type { DataOperation, KvOperation, KvWrite } from "./data_messages.ts";
import { bulkTooLong, MAX_BULK_BYTES, namespaceFull } from "./kv_refusals.ts";
import { type NamedStatements, openStore, USED_BYTES_SQL } from "./open_store.ts";
import type { StoreFile } from "./store_file.ts";
import { inTransaction } from "./store_transaction.ts";

/** Expired entries that a commit takes along; more than one write can add, so that they never pile up. */
const SWEPT_A_COMMIT = 20;

/** Each step leads from `user_version` = its index to the next; a released step is never edited, only followed. */
const MIGRATIONS: readonly string[] = [
  // Keys as bytes: their order is that of UTF-8, and NUL is a character as any other. The value stands last, so that
  // whoever lists keys reads none of its pages.
  `CREATE TABLE entries (
    key BLOB PRIMARY KEY NOT NULL,
    expires INTEGER,
    metadata TEXT,
    value BLOB NOT NULL
  ) STRICT;
  CREATE INDEX entries_by_expiry ON entries (expires) WHERE expires IS NOT NULL;`,
];

const ALIVE = "(expires IS NULL OR expires > ?)";
const STATEMENTS = {
  get: `SELECT length(value) AS size, CASE WHEN length(value) <= ? THEN value END AS value, metadata, expires
     FROM entries WHERE key = ? AND ${ALIVE}`,
  put: `INSERT INTO entries (key, expires, metadata, value) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE
     SET expires = excluded.expires, metadata = excluded.metadata, value = excluded.value`,
  delete: "DELETE FROM entries WHERE key = ?",
  list: `SELECT key, expires, metadata FROM entries WHERE key > ? AND ${ALIVE} ORDER BY key LIMIT ?`,
  listTo: `SELECT key, expires, metadata FROM entries WHERE key > ? AND key < ? AND ${ALIVE} ORDER BY key LIMIT ?`,
  sweep: "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires <= ? ORDER BY expires LIMIT ?)",
  // By the indexes alone; the value of no entry is read.
  count: `SELECT (SELECT count(*) FROM (SELECT 1 FROM entries LIMIT ?1)) AS keys,
     (SELECT count(*) FROM (SELECT 1 FROM entries WHERE expires <= ?2 LIMIT ?1)) AS expired`,
  pages: USED_BYTES_SQL,
} as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const WRITES: ReadonlySet<DataOperation> = new Set<KvWrite>(["put", "delete"]);

interface Entry {
  readonly key: Uint8Array;
  readonly size: number;
  readonly value: Uint8Array | null;
  readonly metadata: string | null;
  readonly expires: number | null;
}

/** The entries of a namespace; times are seconds since the epoch. */
export class KvFile implements StoreFile {
  readonly isHeld = false;
  readonly #database: DatabaseSync;
  readonly #now: () => number;
  readonly #statements: NamedStatements<keyof typeof STATEMENTS>;

  /**
   * @param path of the file, made when missing
   * @param now wall clock, ms since the epoch
   */
  constructor(path: string, now: () => number) {
    this.#now = now;
    const { database, statements } = openStore(path, MIGRATIONS, STATEMENTS);
    this.#database = database;
    this.#statements = statements;
  }

  /** Bytes of the pages in use. */
  get bytes(): number {
    return Number((this.#statements.pages.get() as { bytes: number }).bytes);
  }

  /** Runs calls whose writes are on the disk when it returns, or none of them is. */
  transaction<Result>(run: () => Result): Result {
    return inTransaction(this.#database, () => {
      const result = run();
      this.#statements.sweep.run(this.#seconds, SWEPT_A_COMMIT);
      return result;
    });
  }

  isWrite(operation: DataOperation): boolean {
    return WRITES.has(operation);
  }

  /** Runs one call; see data/kv_store.ts for its arguments and values. */
  run(operation: DataOperation, args: readonly Plain[]): readonly Plain[] {
    switch (operation as KvOperation) {
      case "get":
        return this.#get(args[0] as string, args[1] as number);
      case "getMany":
        return this.#getMany(args[0] as number, args.slice(1) as readonly string[]);
      case "put":
        return this.#put(args);
      case "delete":
        this.#statements.delete.run(encoder.encode(args[0] as string));
        return [this.bytes];
      case "list":
        return this.#list(args[0] as string, args[1] as string | null, args[2] as number);
      case "size":
        return [this.bytes];
      case "count":
        return this.#count(args[0] as number);
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  get #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }

  #find(key: string, maxBytes: number): Entry | undefined {
    return this.#statements.get.get(maxBytes, encoder.encode(key), this.#seconds) as unknown as Entry | undefined;
  }

  #get(key: string, maxBytes: number): readonly Plain[] {
    const entry = this.#find(key, maxBytes);
    return entry === undefined ? [] : [entry.size, entry.value, entry.metadata, entry.expires];
  }

  /** @returns nothing when there are more bytes than wanted, as reading them has to wait for its turn */
  #getMany(maxBytes: number, keys: readonly string[]): readonly Plain[] {
    let bytes = 0;
    const found: Plain[] = [];
    for (const key of keys) {
      const entry = this.#find(key, maxBytes - bytes);
      bytes += entry?.size ?? 0;
      if (bytes > maxBytes) {
        if (maxBytes < MAX_BULK_BYTES) return [];
        throw bulkTooLong();
      }
      found.push(entry?.value ?? null, entry?.metadata ?? null);
    }
    return found;
  }

  #put([key, value, expires, metadata, maxBytes]: readonly Plain[]): readonly Plain[] {
    const bytes = value as Uint8Array;
    // A value that replaces another counts twice for a moment: it does on the disk, too.
    const ownBytes = bytes.byteLength + ((metadata as string | null)?.length ?? 0);
    if (this.bytes + ownBytes > (maxBytes as number)) throw namespaceFull(maxBytes as number);
    this.#statements.put.run(
      encoder.encode(key as string),
      expires as number | null,
      metadata as string | null,
      bytes as Uint8Array<ArrayBuffer>,
    );
    return [this.bytes];
  }

  /** @returns bytes, keys, and whether there may be more than were counted */
  #count(most: number): readonly Plain[] {
    const { keys, expired } = this.#statements.count.get(most, this.#seconds) as { keys: number; expired: number };
    return [this.bytes, Math.max(0, keys - expired), keys === most];
  }

  #list(prefix: string, after: string | null, limit: number): readonly Plain[] {
    const first = encoder.encode(prefix);
    const upper = successor(first);
    // What begins with the prefix is not below it; what is above all bytes before it begins with it or comes later.
    const from = after === null ? predecessor(first) : bytesOfHex(after);
    const rows =
      (upper === null
        ? this.#statements.list.all(from, this.#seconds, limit + 1)
        : this.#statements.listTo.all(from, upper, this.#seconds, limit + 1)) as unknown as Entry[];
    const shown = rows.slice(0, limit);
    const keys = shown.map(({ key, expires, metadata }) => ({ name: decoder.decode(key), expires, metadata }));
    const cursor = rows.length > limit ? hexOf(shown.at(-1)!.key) : null;
    return [JSON.stringify(keys), cursor];
  }
}

/** The least bytes above all that begin with these, or null when there are none. */
export function successor(bytes: Uint8Array): Uint8Array<ArrayBuffer> | null {
  let { length } = bytes;
  while (length > 0 && bytes[length - 1] === 0xff) length--;
  if (length === 0) return null;
  const next = bytes.slice(0, length) as Uint8Array<ArrayBuffer>;
  next[length - 1]!++;
  return next;
}

/** Bytes below the given ones and above all texts that are: UTF-8 has no byte 0xff. */
function predecessor(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const last = bytes.at(-1);
  if (last === undefined) return new Uint8Array();
  const before = bytes.slice(0, -1);
  return last === 0 ? before as Uint8Array<ArrayBuffer> : new Uint8Array([...before, last - 1, 0xff]);
}

function hexOf(bytes: Uint8Array): string {
  return (bytes as Uint8Array & { toHex(): string }).toHex();
}

function bytesOfHex(hex: string): Uint8Array<ArrayBuffer> {
  return (Uint8Array as unknown as { fromHex(hex: string): Uint8Array<ArrayBuffer> }).fromHex(hex);
}
