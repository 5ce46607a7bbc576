/** Errors of SQL in the words that D1 has for them. */
import { messageOf } from "../errors.ts";

/** What the app is told, without "D1_ERROR: " before it. */
export class SqlError extends Error {
  /** Whether the database holds all that it may. */
  readonly isFull: boolean;

  constructor(message: string, isFull = false) {
    super(message);
    this.isFull = isFull;
  }
}

// https://sqlite.org/rescode.html; those that are missing are the host's own trouble.
const NAMES: Readonly<Record<number, string>> = {
  1: "ERROR",
  7: "NOMEM",
  18: "TOOBIG",
  19: "CONSTRAINT",
  20: "MISMATCH",
  23: "AUTH",
  25: "RANGE",
};
const FULL = 13;
const CONSTRAINT = 19;
/** Which constraint it was, by the extended code. */
const CONSTRAINTS: Readonly<Record<number, string>> = {
  275: "CHECK",
  531: "COMMITHOOK",
  787: "FOREIGNKEY",
  1043: "FUNCTION",
  1299: "NOTNULL",
  1555: "PRIMARYKEY",
  1811: "TRIGGER",
  2067: "UNIQUE",
  2323: "VTAB",
  2579: "ROWID",
  2835: "PINNED",
  3091: "DATATYPE",
};

/** An error of SQLite as the app is told of it; any other stays what it is. */
export function toldOf(error: unknown): unknown {
  if (error instanceof SqlError || !(error instanceof Error)) return error;
  const { errcode } = error as Error & { errcode?: number };
  // The lower byte is the primary code.
  const code = (errcode ?? 0) & 0xff;
  const message = messageOf(error);
  if (code === FULL) return new SqlError("Exceeded maximum DB size: SQLITE_FULL", true);
  if (NAMES[code] === undefined) return error;
  const constraint = code === CONSTRAINT ? CONSTRAINTS[errcode!] : undefined;
  const extended = constraint === undefined ? "" : ` (extended: SQLITE_CONSTRAINT_${constraint})`;
  return new SqlError(`${message}: SQLITE_${NAMES[code]}${extended}`);
}
