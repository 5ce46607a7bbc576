/** What people do with the D1 databases of apps, from outside of any app. */
import type { ChangeRequest } from "./change_request.ts";
import type { StoreUse } from "./store_use.ts";

/** A database. */
export interface D1DatabaseView {
  /** As nano.json names it; one of a Workers project is named after its app and its id. */
  readonly name: string;
  /** What Workers projects call it, as `database_name` of their files. */
  readonly titles: readonly string[];
  /** Empty for one that no app names any more. */
  readonly uses: readonly StoreUse[];
  /** That it takes on the disk. */
  readonly bytes: number;
  /** That it may hold: `storage_mb` of the apps that use it. */
  readonly maxBytes: number;
  /** Whether an app that uses it has migrations. */
  readonly hasMigrations: boolean;
}

/** A parameter of a statement; bytes are base64. */
export type D1Param = null | boolean | number | string | { readonly base64: string };

/** What a statement came to. */
export interface D1Result {
  /** Their names, in order; a name may come twice. */
  readonly columns: readonly string[];
  /** Values of each row; a BLOB is a list of its bytes. */
  readonly rows: readonly (readonly unknown[])[];
  /** As the binding's `meta`: `changes`, `duration`, `size_after` and others. */
  readonly meta: Readonly<Record<string, unknown>>;
}

/** What an import came to. */
export interface D1ImportOutcome {
  /** Statements that were run. */
  readonly statements: number;
  /** Rows that were inserted, updated or deleted. */
  readonly changes: number;
  /** Bytes that the database holds afterwards. */
  readonly sizeAfter: number;
}

/** What of a database is exported. */
export interface D1ExportOptions {
  /** Whether tables, indexes, triggers and views are. */
  readonly hasSchema: boolean;
  /** Whether rows are. */
  readonly hasData: boolean;
  /** Only these; null for all. */
  readonly tables: readonly string[] | null;
}

/** A migration as it comes from elsewhere than the apps' folders. */
export interface D1MigrationFile {
  /** As `0001_posts.sql`: they are applied in the order of their numbers, then of their names. */
  readonly name: string;
  /** Its text; all of it is one transaction. */
  readonly sql: string;
}

/** What was applied to a database, and what was not. */
export interface D1Migrations {
  /** Absolute path of their folder, or null without one. */
  readonly folder: string | null;
  /** Name of the table that remembers them. */
  readonly table: string;
  /** The first one first. */
  readonly applied: readonly {
    /** Name of its file. */
    readonly name: string;
    /** As SQLite writes times, in UTC. */
    readonly appliedAt: string;
  }[];
  /** Names of those that are still to be applied, in their order. */
  readonly pending: readonly string[];
}

/** The databases; SQL runs where that of the apps runs, under the same rules. */
export interface D1Operations {
  /** All that apps name, and those that are left on the disk; sorted by name. */
  list(): Promise<readonly D1DatabaseView[]>;
  /**
   * Runs the statements of a text as one transaction.
   * @param params of its last statement
   * @throws {NanoError} NOT_FOUND, SQL_FAILED, CONFLICT when the database is full; nothing has happened then
   */
  execute(database: string, sql: string, params: readonly D1Param[], by: ChangeRequest): Promise<readonly D1Result[]>;
  /** Runs a file of SQL of any length as one transaction. @throws {NanoError} as {@linkcode D1Operations.execute} */
  import(database: string, sql: ReadableStream<Uint8Array>, by: ChangeRequest): Promise<D1ImportOutcome>;
  /** SQL that makes the database anew, all of one moment. @throws {NanoError} NOT_FOUND, SQL_FAILED */
  export(database: string, options: D1ExportOptions): Promise<ReadableStream<Uint8Array>>;
  /** What was applied, and what was not. @param given instead of those of an app's folder @throws {NanoError} NOT_FOUND */
  migrations(database: string, given: readonly D1MigrationFile[] | null): Promise<D1Migrations>;
  /**
   * Applies what was not applied yet, each migration as a transaction of its own.
   * @param given instead of those of an app's folder
   * @returns names of those that were applied now
   * @throws {NanoError} NOT_FOUND, SQL_FAILED at the first that fails: nothing of it has happened, those before it have
   */
  migrate(database: string, given: readonly D1MigrationFile[] | null, by: ChangeRequest): Promise<readonly string[]>;
}
