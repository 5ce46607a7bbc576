/** One bucket: its SQLite file, and the folder of files beside it. */
import type { DatabaseSync } from "node:sqlite";
import type { Plain } from "../protocol/binding_call.ts";
import type { DataOperation, R2Operation, R2Write } from "./data_messages.ts";
import { BlobFolder } from "./r2_blobs.ts";
import { type ListedPage, listObjects, type ObjectsWanted, type R2ListOptions } from "./r2_listing.ts";
import { R2Objects } from "./r2_objects.ts";
import { factsOf, type ObjectRow, openR2Tables, type R2Statements } from "./r2_tables.ts";
import { R2Uploads } from "./r2_uploads.ts";
import type { StoreFile } from "./store_file.ts";
import { inSavepoint, inTransaction } from "./store_transaction.ts";

const encoder = new TextEncoder();
const WRITES: ReadonlySet<DataOperation> = new Set<R2Write>([
  "r2.put",
  "r2.delete",
  "r2.create",
  "r2.part",
  "r2.complete",
  "r2.abort",
]);

/** The objects of a bucket. */
export class R2File implements StoreFile {
  readonly #database: DatabaseSync;
  readonly #run: R2Statements;
  readonly #blobs: BlobFolder;
  readonly #objects: R2Objects;
  readonly #uploads: R2Uploads;

  /**
   * @param path of the database, made when missing
   * @param options.now wall clock, ms since the epoch
   * @param options.isFirst whether it may hold what a crash left
   */
  constructor(path: string, { now, isFirst }: { readonly now: () => number; readonly isFirst: boolean }) {
    const { database, statements } = openR2Tables(path);
    this.#database = database;
    this.#run = statements;
    this.#blobs = new BlobFolder(filesOf(path));
    const tools = { statements, blobs: this.#blobs, now };
    this.#objects = new R2Objects(tools);
    this.#uploads = new R2Uploads(this.#objects, tools);
    if (isFirst) this.#blobs.sweep(new Set(statements.hashes.all().map(({ hash }) => hash as string)));
  }

  get isHeld(): boolean {
    return this.#blobs.isHeld;
  }

  isWrite(operation: DataOperation): boolean {
    return WRITES.has(operation);
  }

  transaction<Result>(run: () => Result): Result {
    this.#objects.begin();
    const result = inTransaction(this.#database, () => {
      const done = run();
      // Rows must not be there before the files that they name.
      this.#blobs.settle();
      return done;
    });
    this.#objects.collect();
    return result;
  }

  run(operation: DataOperation, args: readonly Plain[]): readonly Plain[] {
    if (!this.isWrite(operation)) return this.#read(operation as R2Operation, args);
    return inSavepoint(this.#database, () => this.#write(operation as R2Write, args));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #read(operation: R2Operation, args: readonly Plain[]): readonly Plain[] {
    switch (operation) {
      case "r2.head":
        return this.#objects.head(args[0] as string);
      case "r2.get":
        return this.#objects.get(args[0] as string, JSON.parse(args[1] as string));
      case "r2.list": {
        const { objects, prefixes, cursor } = this.#list(JSON.parse(args[0] as string) as R2ListOptions);
        return [objects, prefixes, cursor];
      }
      case "r2.keep":
        return [this.#blobs.keepAll()];
      case "r2.release":
        this.#blobs.release(args[0] as number);
        return [];
      case "r2.count":
        return [this.#objects.bytes, this.#objects.count(args[0] as number)];
      case "r2.size":
        return [this.#objects.bytes];
      default:
        throw new TypeError(`Cannot do "${operation}": a bucket has no such operation`);
    }
  }

  #list(options: R2ListOptions): ListedPage {
    const listing = listObjects(options);
    let step = listing.next();
    while (!step.done) {
      const rows = this.#rows(step.value);
      step = listing.next({ objects: rows.map(factsOf), isEnd: rows.length < step.value.limit });
    }
    return step.value;
  }

  #rows({ from, upper, limit }: ObjectsWanted): readonly ObjectRow[] {
    const { list, listTo } = this.#run;
    return (upper === null ? list.all(from, limit) : listTo.all(from, upper, limit)) as unknown as readonly ObjectRow[];
  }

  #write(operation: R2Write, args: readonly Plain[]): readonly Plain[] {
    const key = args[0] as string;
    switch (operation) {
      case "r2.put":
        return this.#objects.put(key, JSON.parse(args[1] as string));
      case "r2.delete":
        for (const one of JSON.parse(key) as readonly string[]) this.#objects.remove(encoder.encode(one));
        return [this.#objects.bytes];
      case "r2.create":
        return this.#uploads.create(key, JSON.parse(args[1] as string));
      case "r2.part":
        return this.#uploads.putPart(key, JSON.parse(args[1] as string));
      case "r2.complete":
        return this.#uploads.complete(key, args[1] as string, JSON.parse(args[2] as string));
      case "r2.abort":
        return this.#uploads.abort(key, args[1] as string);
    }
  }
}

/** The folder of a bucket's files, by the path of its database: no other store has it, as theirs end otherwise. */
function filesOf(path: string): string {
  return path.replace(/\.db$/, ".files");
}
