/** One D1 database in one SQLite file, asked by SQL that nobody has looked at. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isBlankSql } from "./blank_sql.ts";
import { SqlError, toldOf } from "./sql_error.ts";
import { addMath } from "./sql_math.ts";
import type { SqlParam, SqlStatement } from "./sql_messages.ts";
import { type SqlColumns, sqlColumns, SqlRows } from "./sql_rows.ts";
import { SQL_OPTIONS, SqlRules } from "./sql_rules.ts";
import { type PreparedStatement, SqlStatements } from "./sql_statements.ts";

// https://developers.cloudflare.com/d1/platform/limits/
const LIMITS = {
  attach: 0,
  column: 100,
  functionArg: 32,
  length: 2_000_000,
  sqlLength: 100_000,
  variableNumber: 100,
};
/** What SQLite may take for a query, such as for sorting; it would go to files of no bound otherwise. */
const HEAP_BYTES = 128 * 1024 * 1024;
const NO_STATEMENT = "No SQL statements detected.";
const WRONG_NUMBER = "Wrong number of parameter bindings for SQL query.";
const TRANSACTION_TEXT =
  "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs " +
  "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will " +
  "automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic " +
  "write coalescing.";

interface Figures {
  readonly changes: bigint;
  readonly row: bigint;
  readonly pages: bigint;
  readonly free: bigint;
  readonly page: bigint;
}

/** What the last call that succeeded does to later ones: "lasting" answers the same until something is written. */
export type SqlEffect = "may write" | "reads" | "lasting";

/** A database; not to be used after a call that has left something in its connection. */
export class SqlFile implements Disposable {
  readonly #database: DatabaseSync;
  readonly #rules = new SqlRules();
  readonly #statements: SqlStatements;
  readonly #onWrite: () => void;
  readonly #own: Readonly<Record<"figures" | "version" | "begin" | "commit", StatementSync>>;
  #figures: Figures | null = null;
  #version = -1;
  #maxBytes = 0;
  #effect: SqlEffect = "may write";

  /**
   * @param path of the file, made when missing
   * @param onWrite told before anything runs that may change the file
   */
  constructor(path: string, onWrite: () => void) {
    this.#onWrite = onWrite;
    const database = this.#database = new DatabaseSync(path, { ...SQL_OPTIONS, limits: LIMITS } as object);
    try {
      addMath(database);
      // FULL: what was acknowledged survives a power cut, https://sqlite.org/pragma.html#pragma_synchronous
      database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000; PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY; PRAGMA hard_heap_limit = ${HEAP_BYTES}; PRAGMA journal_size_limit = 16777216`,
      );
      this.#own = {
        figures: database.prepare(
          `SELECT total_changes() AS changes, last_insert_rowid() AS row, page_count AS pages, freelist_count AS free,
           page_size AS page FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
        ),
        version: database.prepare("PRAGMA data_version"),
        begin: database.prepare("BEGIN"),
        // By a statement of its own: what exec() throws has no code, and foreign keys may be checked only here.
        commit: database.prepare("COMMIT"),
      };
      this.#own.figures.setReadBigInts(true);
      this.#statements = new SqlStatements(database, this.#rules);
      (database as unknown as { setAuthorizer(rules: SqlRules["authorize"]): void })
        .setAuthorizer(this.#rules.authorize);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Bytes of the pages in use. */
  get bytes(): number {
    const { pages, free, page } = this.#look();
    return Number((pages - free) * page);
  }

  /** Of the last batch. */
  get effect(): SqlEffect {
    return this.#effect;
  }

  /** Whether a call has left something in the connection that the next one would see. */
  get isTouched(): boolean {
    return this.#rules.isTouched;
  }

  /** Calls follow, during which nobody else uses the file. */
  begin(): void {
    // It changes when another connection has changed something.
    const { data_version: version } = this.#rules.own(() => this.#own.version.get()) as { data_version: number };
    if (version === this.#version) return;
    this.#version = version;
    this.#figures = null;
    this.#statements.clear();
  }

  /** What the database may hold from now on; what it holds already stays. */
  limit(maxBytes: number): void {
    if (maxBytes === this.#maxBytes) return;
    const pages = Math.max(1, Math.floor(maxBytes / Number(this.#look().page)));
    this.#rules.own(() => this.#database.exec(`PRAGMA max_page_count = ${pages}`));
    this.#maxBytes = maxBytes;
  }

  /**
   * Runs statements as one transaction, which is on the disk when it returns, or has not happened.
   * @returns JSON of a list of `{ rows, meta }`, of `{ rows, columns }` for what is raw, and of a row or null for a first one
   * @throws {SqlError} what the app is told
   */
  batch(statements: readonly SqlStatement[]): string {
    const wanted = statements.filter(({ sql }) => !isBlankSql(sql));
    if (wanted.length === 0) throw new SqlError(NO_STATEMENT);
    const rows = new SqlRows();
    this.#effect = "may write";
    try {
      // It is a transaction of its own, and SQLite's to begin and to end.
      const alone = wanted.length === 1 ? this.#prepare(textOf(wanted[0]!)) : null;
      if (alone !== null && alone.isLast && alone.onlyReads) {
        const result = `[${this.#runOne(alone, wanted[0]!, rows)}]`;
        this.#effect = alone.isLasting ? "lasting" : "reads";
        return result;
      }
      this.#onWrite();
      this.#rules.own(() => this.#own.begin.run());
      const results = wanted.map((statement) => this.#runAll(statement, rows));
      this.#rules.own(() => this.#own.commit.run());
      return `[${results.join()}]`;
    } catch (error) {
      if (this.#database.isTransaction) this.#rules.own(() => this.#database.exec("ROLLBACK"));
      this.#figures = null;
      this.#statements.clear();
      throw toldOf(error);
    }
  }

  /**
   * Runs lines one after the other; those before one that fails have happened.
   * @returns JSON of `{ count, duration }`, or of `{ line, error }`, which counts from 0
   */
  exec(lines: readonly SqlStatement[]): string {
    let count = 0;
    const startedAt = performance.now();
    for (const [line, statement] of lines.entries()) {
      if (isBlankSql(statement.sql)) continue;
      try {
        this.batch([statement]);
      } catch (error) {
        if (error instanceof SqlError) return JSON.stringify({ line, error: error.message });
        throw error;
      }
      count++;
    }
    if (count === 0) return JSON.stringify({ line: 0, error: NO_STATEMENT });
    return JSON.stringify({ count, duration: performance.now() - startedAt });
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #look(): Figures {
    return this.#figures ??= this.#rules.own(() => this.#own.figures.get() as unknown as Figures);
  }

  /** Runs all that stands in one text; the parameters are those of its last statement, whose rows are the answer. */
  #runAll(asked: SqlStatement, rows: SqlRows): string {
    for (let rest = textOf(asked);;) {
      const prepared = this.#prepare(rest);
      const { isLast } = prepared;
      const result = this.#runOne(prepared, isLast ? asked : { ...asked, params: [] }, rows);
      if (!this.#database.isTransaction) throw new SqlError("The transaction was rolled back by a statement of it");
      if (isLast) return result;
      rest = prepared.rest;
    }
  }

  #prepare(sql: string): PreparedStatement {
    try {
      return this.#statements.prepare(sql);
    } catch (error) {
      throw this.#rules.askedTransaction ? new SqlError(TRANSACTION_TEXT) : error;
    }
  }

  #runOne(prepared: PreparedStatement, { params, shape = "all" }: SqlStatement, rows: SqlRows): string {
    const startedAt = shape === "all" || shape === "full" ? performance.now() : 0;
    const before = this.#look();
    const found = rowsOf(prepared, params, shape === "first");
    if (!prepared.onlyReads) this.#figures = null;
    if (prepared.touchesSchema) this.#statements.clear();
    const columns = prepared.columns ??= columnsOf(prepared.statement);
    const json = rows.write(found, columns, shape);
    if (shape === "first") return found.length === 0 ? "null" : json.slice(1, -1);
    if (shape === "raw") return `{"columns":${columns.names},"rows":${json}}`;
    const after = this.#look();
    const changes = Number(after.changes - before.changes);
    const meta = {
      served_by: "nano",
      duration: performance.now() - startedAt,
      changes,
      last_row_id: Number(after.row),
      changed_db: changes !== 0 || after.row !== before.row || after.pages !== before.pages,
      size_after: Number(after.pages * after.page),
      // SQLite counts them for whoever asks by C only: these are the rows that are to be seen from outside.
      rows_read: found.length,
      rows_written: changes,
    };
    const told = shape === "full" ? `"columns":${columns.names},` : "";
    return `{${told}"rows":${json},"meta":${JSON.stringify(meta)}}`;
  }
}

/** SQLite reads no further than to the first NUL, and neither may others. */
function textOf({ sql }: SqlStatement): string {
  return sql.includes("\0") ? sql.split("\0", 1)[0]! : sql;
}

function columnsOf(statement: StatementSync): SqlColumns {
  return sqlColumns((statement as unknown as { columns(): { name: string }[] }).columns().map(({ name }) => name));
}

/**
 * Runs a statement with exactly as many parameters as it has. All rows at once: `iterate()` of Deno 2.9.6 takes an error
 * for the end of the rows. Rows without end are the business of whoever watches the memory of the process.
 */
function rowsOf(
  prepared: PreparedStatement,
  params: SqlStatement["params"],
  isFirst: boolean,
): readonly (readonly unknown[])[] {
  const { statement } = prepared;
  const values = params.map(valueOf);
  if (prepared.params !== values.length) {
    // What is bound to nothing would be null without a word. Nothing is run by this: it fails, or is left alone.
    const isShort = /[?:@$#]/.test(statement.sourceSQL) && !isRefused(() => statement.iterate(...values, null));
    if (isShort) throw new SqlError(WRONG_NUMBER);
  }
  try {
    const rows = isFirst && prepared.onlyReads
      ? [statement.get(...values)].filter((row) => row !== undefined)
      : statement.all(...values);
    prepared.params = values.length;
    return rows as unknown as unknown[][];
  } catch (error) {
    throw isOutOfRange(error) ? new SqlError(WRONG_NUMBER) : error;
  }
}

function isRefused(bind: () => void): boolean {
  try {
    bind();
    return false;
  } catch (error) {
    if (isOutOfRange(error)) return true;
    throw error;
  }
}

/** SQLITE_RANGE of sqlite3_bind. */
function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && error.message === "column index out of range";
}

function valueOf(param: SqlParam): null | number | bigint | string | Uint8Array<ArrayBuffer> {
  // A number alone would be REAL, and "1.0" in a column of text.
  if (typeof param === "number") return Number.isSafeInteger(param) ? BigInt(param) : param;
  if (param === null || typeof param === "string") return param;
  return (Uint8Array as unknown as { fromHex(hex: string): Uint8Array<ArrayBuffer> }).fromHex(param.hex);
}
