/** Rows of SQLite as JSON, within a bound. */
import { SqlError } from "./sql_error.ts";
import type { SqlShape } from "./sql_messages.ts";

/** JSON of what one call answers with: the host and the isolate hold it whole. */
const MAX_CHARS = 32 * 1024 * 1024;

/** Until then the texts of rows are trees of small pieces, which take many times as much. */
const ROWS_A_CHUNK = 500;

/** A value as node:sqlite reads it. */
type Cell = null | number | bigint | string | Uint8Array;

/** The columns of a statement, written once for all its rows and runs. */
export interface SqlColumns {
  /** JSON of a list of their names. */
  readonly names: string;
  /** What stands before the cells of a row that is an object. */
  readonly keys: readonly string[];
}

/** @param names of columns, in their order */
export function sqlColumns(names: readonly string[]): SqlColumns {
  const keys = names.map((name, at) => `${at === 0 ? "" : ","}${JSON.stringify(name)}:`);
  return { names: JSON.stringify(names), keys };
}

/** Writes the rows of one call. */
export class SqlRows {
  #chars = 0;

  /** JSON of a list of rows: of lists for "raw" and "full", else of objects, in which the last of columns with one name counts. */
  write(rows: readonly (readonly unknown[])[], { keys }: SqlColumns, shape: SqlShape): string {
    const isRaw = shape === "raw" || shape === "full";
    const [open, close] = isRaw ? ["[", "]"] : ["{", "}"];
    const count = shape === "first" ? Math.min(1, rows.length) : rows.length;
    const chunks: string[] = [];
    let part: string[] = [];
    for (let at = 0; at < count; at++) {
      const row = rows[at] as readonly Cell[];
      let one = open!;
      for (let cell = 0; cell < row.length; cell++) {
        const before = isRaw ? cell === 0 ? "" : "," : keys[cell]!;
        one += before + jsonOf(row[cell]!);
      }
      this.#chars += one.length + 1;
      if (this.#chars > MAX_CHARS) {
        throw new SqlError(`The result is longer than ${MAX_CHARS / 1024 / 1024} MiB: SQLITE_TOOBIG`);
      }
      part.push(one + close);
      if (part.length < ROWS_A_CHUNK) continue;
      chunks.push(part.join());
      part = [];
    }
    if (part.length > 0) chunks.push(part.join());
    return `[${chunks.join()}]`;
  }
}

function jsonOf(cell: Cell): string {
  switch (typeof cell) {
    case "bigint":
      // Its last digits are lost as on Workers.
      return String(Number(cell));
    case "string":
      return JSON.stringify(cell);
    case "number":
      return Number.isFinite(cell) ? String(cell) : "null";
    default:
      return cell === null ? "null" : `[${cell}]`;
  }
}
