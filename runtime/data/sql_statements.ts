/** Statements of one connection that stay read: to read one takes longer than to run it. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isBlankSql } from "./blank_sql.ts";
import type { SqlColumns } from "./sql_rows.ts";
import type { SqlRules } from "./sql_rules.ts";

/** Kept at once; the least used goes. */
const MAX_KEPT = 64;
/** Longer texts are read again each time. */
const MAX_KEPT_CHARS = 4_096;
/** How a text begins whose statement may change nothing; the rules say whether it does. */
const READING = /^\s*(?:select|with|values)\b/i;

/** A statement and what is known of it. */
export interface PreparedStatement {
  readonly statement: StatementSync;
  /** What stands behind it in its text. */
  readonly rest: string;
  readonly isLast: boolean;
  /** Whether it surely changes nothing. */
  readonly onlyReads: boolean;
  /** Whether it answers the same until something is written. */
  readonly isLasting: boolean;
  /** Whether it may change tables, of which others were read. */
  readonly touchesSchema: boolean;
  /** How many parameters it takes, once that is known. */
  params: number | null;
  /** Its columns, once they are known. */
  columns: SqlColumns | null;
}

/** Reads statements. */
export class SqlStatements {
  readonly #database: DatabaseSync;
  readonly #rules: SqlRules;
  /** In the order of their last use. */
  readonly #kept = new Map<string, PreparedStatement>();

  constructor(database: DatabaseSync, rules: SqlRules) {
    this.#database = database;
    this.#rules = rules;
  }

  /** The first statement of a text. */
  prepare(sql: string): PreparedStatement {
    const kept = this.#kept.get(sql);
    if (kept !== undefined) {
      this.#kept.delete(sql);
      this.#kept.set(sql, kept);
      return kept;
    }
    this.#rules.beginStatement();
    const statement = this.#database.prepare(sql);
    (statement as unknown as { setReturnArrays(isOn: boolean): void }).setReturnArrays(true);
    // Otherwise SQLite's long integers are errors; on Workers they lose their last digits.
    statement.setReadBigInts(true);
    const rest = sql.slice(statement.sourceSQL.length);
    const { onlySelects, touchesSchema, isMomentary } = this.#rules;
    const onlyReads = onlySelects && READING.test(sql);
    const isLast = isBlankSql(rest);
    const isLasting = onlyReads && !isMomentary;
    const prepared = { statement, rest, isLast, onlyReads, isLasting, touchesSchema, params: null, columns: null };
    if (sql.length <= MAX_KEPT_CHARS) this.#keep(sql, prepared);
    return prepared;
  }

  /**
   * Forgets all. SQLite reads a statement again whose table has changed, but not before node:sqlite has counted its
   * columns; and of one that failed nobody knows the state.
   */
  clear(): void {
    this.#kept.clear();
  }

  #keep(sql: string, prepared: PreparedStatement): void {
    if (this.#kept.size >= MAX_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(sql, prepared);
  }
}
