/** What SQL of apps may do: an authorizer that SQLite asks while it reads a statement. */
import { constants } from "node:sqlite";

/**
 * How a connection for SQL of apps is opened. Defensive: no statement may break the file, nor the tables behind a virtual
 * one. Double quotes around what names no column make a text, as on Workers.
 */
export const SQL_OPTIONS = {
  defensive: true,
  allowExtension: false,
  enableForeignKeyConstraints: true,
  enableDoubleQuotedStringLiterals: true,
} as const;

/** Pragmas that neither reach outside of the database nor change how it is kept, as on Workers. */
const PRAGMAS: ReadonlySet<string> = new Set([
  ...["table_list", "table_info", "table_xinfo", "index_list", "index_info", "index_xinfo", "foreign_key_list"],
  ...["foreign_key_check", "quick_check", "integrity_check", "optimize", "data_version", "function_list"],
  ...["foreign_keys", "defer_foreign_keys", "case_sensitive_like", "ignore_check_constraints", "legacy_alter_table"],
  ...["recursive_triggers", "reverse_unordered_selects"],
]);
/** Of those, the ones that stay with the connection when they are set. */
const STICKY: ReadonlySet<string> = new Set([
  ...["foreign_keys", "case_sensitive_like", "ignore_check_constraints", "legacy_alter_table"],
  ...["recursive_triggers", "reverse_unordered_selects"],
]);
/** Modules that a virtual table may be of, as on Workers. */
const MODULES: ReadonlySet<string> = new Set(["fts5", "fts5vocab"]);
/** Functions that load code, or take the address of some. */
const FUNCTIONS: ReadonlySet<string> = new Set(["load_extension", "fts3_tokenizer"]);

/** Functions that answer something else without a write: by chance, by the clock, by what the connection did before. */
export const MOMENTARY: ReadonlySet<string> = new Set([
  ...["random", "randomblob", "changes", "total_changes", "last_insert_rowid"],
  ...["date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff"],
  ...["current_date", "current_time", "current_timestamp"],
]);

const {
  SQLITE_ATTACH,
  SQLITE_CREATE_TEMP_INDEX,
  SQLITE_CREATE_TEMP_TABLE,
  SQLITE_CREATE_TEMP_TRIGGER,
  SQLITE_CREATE_TEMP_VIEW,
  SQLITE_CREATE_VTABLE,
  SQLITE_DELETE,
  SQLITE_DENY,
  SQLITE_DETACH,
  SQLITE_DROP_TEMP_INDEX,
  SQLITE_DROP_TEMP_TABLE,
  SQLITE_DROP_TEMP_TRIGGER,
  SQLITE_DROP_TEMP_VIEW,
  SQLITE_FUNCTION,
  SQLITE_INSERT,
  SQLITE_OK,
  SQLITE_PRAGMA,
  SQLITE_READ,
  SQLITE_RECURSIVE,
  SQLITE_SAVEPOINT,
  SQLITE_SELECT,
  SQLITE_TRANSACTION,
  SQLITE_UPDATE,
} = constants as unknown as Readonly<Record<string, number>>;

/** Files of others, and tables that would outlive the call in the connection, which other apps use after it. */
const DENIED: ReadonlySet<number> = new Set([
  ...[SQLITE_ATTACH, SQLITE_DETACH],
  ...[SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_TRIGGER, SQLITE_CREATE_TEMP_VIEW],
  ...[SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TEMP_TABLE, SQLITE_DROP_TEMP_TRIGGER, SQLITE_DROP_TEMP_VIEW],
] as number[]);

/** What a statement is that changes nothing, when it is no more than this. */
const SELECTING: ReadonlySet<number> = new Set(
  [SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE] as number[],
);

/** What a statement is that leaves the schema as it is, when it is no more than this. */
const ROWS: ReadonlySet<number> = new Set([...SELECTING, SQLITE_INSERT, SQLITE_UPDATE, SQLITE_DELETE] as number[]);

/** Decides for one connection. */
export class SqlRules {
  /** Whether a statement set something that the connection keeps. */
  isTouched = false;
  /** Whether a transaction was asked for by SQL. */
  askedTransaction = false;
  #selects = false;
  #doesMore = false;
  #touchesSchema = false;
  #isMomentary = false;
  #isOwn = false;

  /** A statement is about to be read. */
  beginStatement(): void {
    this.askedTransaction = false;
    this.#selects = false;
    this.#doesMore = false;
    this.#touchesSchema = false;
    this.#isMomentary = false;
  }

  /** Whether the statement that was read last selects, and does nothing else. */
  get onlySelects(): boolean {
    return this.#selects && !this.#doesMore;
  }

  /** Whether the statement that was read last may answer something else without a write. */
  get isMomentary(): boolean {
    return this.#isMomentary;
  }

  /** Whether the statement that was read last may change the schema. */
  get touchesSchema(): boolean {
    return this.#touchesSchema;
  }

  /** Runs what is not the app's: anything is allowed. */
  own<Result>(run: () => Result): Result {
    this.#isOwn = true;
    try {
      return run();
    } finally {
      this.#isOwn = false;
    }
  }

  /** Asked by SQLite. */
  readonly authorize = (action: number, first: string | null, second: string | null): number => {
    if (this.#isOwn) return SQLITE_OK!;
    if (action === SQLITE_SELECT) this.#selects = true;
    else if (!SELECTING.has(action)) this.#doesMore = true;
    if (!ROWS.has(action)) this.#touchesSchema = true;
    return this.#allows(action, first?.toLowerCase() ?? "", second?.toLowerCase() ?? null) ? SQLITE_OK! : SQLITE_DENY!;
  };

  #allows(action: number, first: string, second: string | null): boolean {
    switch (action) {
      case SQLITE_PRAGMA:
        if (second !== null && STICKY.has(first)) this.isTouched = true;
        return PRAGMAS.has(first);
      case SQLITE_FUNCTION:
        if (MOMENTARY.has(second ?? "")) this.#isMomentary = true;
        return !FUNCTIONS.has(second ?? "");
      case SQLITE_CREATE_VTABLE:
        return MODULES.has(second ?? "");
      case SQLITE_TRANSACTION:
      case SQLITE_SAVEPOINT:
        this.askedTransaction = true;
        return false;
      default:
        return !DENIED.has(action);
    }
  }
}
