/** Runs a file of SQL on a database, however long it is, as one transaction. */
import { closeSync, openSync, readSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { isBlankSql } from "./blank_sql.ts";
import { SqlError, toldOf } from "./sql_error.ts";
import { addMath } from "./sql_math.ts";
import { SQL_OPTIONS, SqlRules } from "./sql_rules.ts";
import { isOwnTransaction, SqlSplitter } from "./sql_splitter.ts";

/** A value of 2 MB as hexadecimal digits, and a row around it: whatever an export writes can be imported. */
const MAX_SQL_LENGTH = 8_000_000;
/** As for the SQL of apps, see data/sql_file.ts. */
const LIMITS = { attach: 0, column: 100, functionArg: 32, length: 8_000_000, sqlLength: MAX_SQL_LENGTH };
const HEAP_BYTES = 128 * 1024 * 1024;
const CHUNK_BYTES = 256 * 1024;
/** Of a statement that fails, in the error. */
const SHOWN_CHARS = 60;

/** What is run. */
export interface ImportOptions {
  /** Of SQL. */
  readonly file: string;
  /** Statements that belong to the same transaction; a file without any is right beside them. */
  readonly after: readonly string[];
  /** That the database may hold. */
  readonly maxBytes: number;
}

/**
 * Runs it by the rules for apps' SQL. A BEGIN and a COMMIT of its own are left out, and foreign keys are checked at the
 * end: a dump names tables in any order.
 * @returns JSON of `{ statements, changes, size_after }`
 * @throws {SqlError} which names the statement; nothing of the file has happened then
 */
export function importSql(database: string, { file, after, maxBytes }: ImportOptions): string {
  const target = new DatabaseSync(database, { ...SQL_OPTIONS, limits: LIMITS } as object);
  const rules = new SqlRules();
  try {
    addMath(target);
    target.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000; PRAGMA trusted_schema = OFF;
       PRAGMA temp_store = MEMORY; PRAGMA hard_heap_limit = ${HEAP_BYTES}; PRAGMA journal_size_limit = 16777216`,
    );
    const { page_size: page } = target.prepare("PRAGMA page_size").get() as { page_size: number };
    target.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / page))}`);
    (target as unknown as { setAuthorizer(rules: SqlRules["authorize"]): void }).setAuthorizer(rules.authorize);
    rules.own(() => target.exec("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON"));
    const count = runAll(target, statementsOf(file));
    if (count + after.length === 0) throw new SqlError("No SQL statements detected.");
    for (const statement of after) target.prepare(statement).run();
    rules.own(() => target.prepare("COMMIT").run());
    return JSON.stringify({ statements: count, ...rules.own(() => figuresOf(target)) });
  } catch (error) {
    // Closed in the middle of it, the transaction has not happened.
    throw toldOf(error);
  } finally {
    target.close();
  }
}

function runAll(target: DatabaseSync, statements: Iterable<string>): number {
  let count = 0;
  for (const statement of statements) {
    if (isBlankSql(statement) || isOwnTransaction(statement)) continue;
    count++;
    try {
      target.prepare(statement).run();
      if (!target.isTransaction) throw new SqlError("The transaction was rolled back by a statement of it");
    } catch (error) {
      throw placed(toldOf(error), `Statement ${count} (${shortened(statement)})`);
    }
  }
  return count;
}

function figuresOf(target: DatabaseSync): { readonly changes: number; readonly size_after: number } {
  return target.prepare(
    `SELECT total_changes() AS changes, (page_count - freelist_count) * page_size AS size_after
     FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  ).get() as unknown as ReturnType<typeof figuresOf>;
}

function placed(error: unknown, place: string): unknown {
  return error instanceof SqlError ? new SqlError(`${place}: ${error.message}`, error.isFull) : error;
}

/** The beginning of a statement on one line. */
function shortened(statement: string): string {
  const line = statement.trim().replaceAll(/\s+/g, " ");
  return line.length <= SHOWN_CHARS ? line : `${line.slice(0, SHOWN_CHARS)}…`;
}

function* statementsOf(path: string): Generator<string> {
  const splitter = new SqlSplitter();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const buffer = new Uint8Array(CHUNK_BYTES);
  const file = openSync(path, "r");
  try {
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK_BYTES, null);
      yield* splitter.push(decoded(decoder, length === 0 ? undefined : buffer.subarray(0, length)));
      if (length === 0) break;
    }
    yield* splitter.end();
  } finally {
    closeSync(file);
  }
}

function decoded(decoder: TextDecoder, bytes: Uint8Array<ArrayBuffer> | undefined): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    throw new SqlError("The file is no text in UTF-8");
  }
}
