/** What `Deno.openKv` of one app keeps, in one SQLite file: the entries and messages of all its databases. */
import type { DatabaseSync } from "node:sqlite";
import type { Plain } from "../protocol/binding_call.ts";
import type { DataOperation, DenoKvOperation, DenoKvWrite } from "./data_messages.ts";
import { applyCommit, spaceOf } from "./deno_kv_apply.ts";
import { parseCommit } from "./deno_kv_commit.ts";
import { type EntryRow, packEntries } from "./deno_kv_pack.ts";
import { finishMessage, releaseMessages, takeMessage } from "./deno_kv_queue.ts";
import { DENO_KV_SQL, DENO_KV_TABLES, type DenoKvStatements } from "./deno_kv_tables.ts";
import { openStore } from "./open_store.ts";
import type { StoreFile } from "./store_file.ts";
import { inSavepoint, inTransaction } from "./store_transaction.ts";

/** Expired entries that a commit takes along; more than most write, so that they never pile up. */
const SWEPT_A_COMMIT = 20;
/** Of a page of a list, of which one entry may have more. */
const PAGE_BYTES = 192 * 1024;
const WRITES: ReadonlySet<DataOperation> = new Set<DenoKvWrite>([
  "dkv.commit",
  "dkv.take",
  "dkv.finish",
  "dkv.release",
]);
const MEMORY = ":memory:";

/** An open file; times are ms since the epoch. See data/deno_kv_store.ts for arguments and values. */
export class DenoKvFile implements StoreFile {
  /** What is in memory alone is gone when it is closed. */
  readonly isHeld: boolean;
  readonly #database: DatabaseSync;
  readonly #statements: DenoKvStatements;
  readonly #now: () => number;

  /**
   * @param path of the file, made when missing; ":memory:" for none
   * @param now wall clock, ms since the epoch
   */
  constructor(path: string, now: () => number) {
    this.#now = now;
    this.isHeld = path === MEMORY;
    const { database, statements } = openStore(path, DENO_KV_TABLES, DENO_KV_SQL);
    this.#database = database;
    this.#statements = statements;
  }

  isWrite(operation: DataOperation): boolean {
    return WRITES.has(operation);
  }

  /** Runs calls whose writes are on the disk when it returns, or none of them is. */
  transaction<Result>(run: () => Result): Result {
    return inTransaction(this.#database, () => {
      const result = run();
      this.#statements.sweep.run(this.#now(), SWEPT_A_COMMIT);
      return result;
    });
  }

  /** Runs one call; one that fails has changed nothing. */
  run(operation: DataOperation, args: readonly Plain[]): readonly Plain[] {
    return inSavepoint(this.#database, () => this.#run(operation as DenoKvOperation, args));
  }

  #run(operation: DenoKvOperation, args: readonly Plain[]): readonly Plain[] {
    const statements = this.#statements;
    const now = this.#now();
    switch (operation) {
      case "dkv.read":
        return this.#read(args[0] as string, args.slice(1) as readonly Uint8Array<ArrayBuffer>[]);
      case "dkv.list":
        return this.#list(args);
      case "dkv.commit": {
        const commit = parseCommit(args[2] as string);
        const tools = { statements, now, bytes: this.#bytes, maxBytes: args[1] as number };
        const stamp = applyCommit(args[0] as string, commit, tools);
        return [stamp, this.#bytes, commit.enqueues.length];
      }
      case "dkv.take":
        return takeMessage(statements, now, args as [string, string]);
      case "dkv.finish":
        return [finishMessage(statements, now, args as [string, number, boolean])];
      case "dkv.release":
        releaseMessages(statements, now, args as [string, number | null]);
        return [];
      case "dkv.size":
        return [this.#bytes];
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Bytes of the pages in use. */
  get #bytes(): number {
    return (this.#statements.pages.get() as { bytes: number }).bytes;
  }

  #read(space: string, keys: readonly Uint8Array<ArrayBuffer>[]): readonly Plain[] {
    const id = spaceOf(this.#statements, space);
    const now = this.#now();
    const rows = keys.map((key): EntryRow => {
      const row = id === null ? undefined : this.#statements.get.get(id, key, now);
      return row === undefined ? { key, kind: 0, version: 0, value: new Uint8Array() } : row as unknown as EntryRow;
    });
    return [packEntries(rows)];
  }

  /** @returns whether there is no more, and the entries */
  #list([space, first, end, limit, reverse]: readonly Plain[]): readonly Plain[] {
    const id = spaceOf(this.#statements, space as string);
    if (id === null) return [true, new Uint8Array()];
    const statement = reverse === true ? this.#statements.listBack : this.#statements.list;
    const rows: EntryRow[] = [];
    let bytes = 0;
    const [from, to] = [first as Uint8Array<ArrayBuffer>, end as Uint8Array<ArrayBuffer>];
    for (const row of statement.iterate(id, from, to, this.#now(), limit as number)) {
      const entry = row as unknown as EntryRow;
      rows.push(entry);
      bytes += entry.key.byteLength + entry.value.byteLength;
      if (bytes >= PAGE_BYTES) return [false, packEntries(rows)];
    }
    return [rows.length < (limit as number), packEntries(rows)];
  }
}
