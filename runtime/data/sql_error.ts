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

/** An error of SQLite as the app is told of it; any other stays what it is. */
export function toldOf(error: unknown): unknown {
  if (error instanceof SqlError || !(error instanceof Error)) return error;
  const { errcode } = error as Error & { errcode?: number };
  // The lower byte is the primary code.
  const code = (errcode ?? 0) & 0xff;
  const message = messageOf(error);
  if (code === FULL) return new SqlError("Exceeded maximum DB size: SQLITE_FULL", true);
  return NAMES[code] === undefined ? error : new SqlError(`${message}: SQLITE_${NAMES[code]}`);
}
