/** Writes a database as SQL that makes it anew. */
import { closeSync, openSync, writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { SqlError } from "./sql_error.ts";

/** What of a database is written. */
export interface SqlExportOptions {
  readonly hasSchema: boolean;
  readonly hasData: boolean;
  /** Null for all. */
  readonly tables: readonly string[] | null;
}

/** Text is collected up to so much before it is written. */
const WRITE_CHARS = 256 * 1024;
/** SQLite makes its own tables itself. */
const INTERNAL = /^sqlite_/i;

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly tbl_name: string;
  readonly sql: string | null;
}

/**
 * Writes it into a file, all of one moment.
 * @throws {SqlError} for what cannot be written as SQL, or a table that is not there
 */
export function exportSql(database: string, file: string, options: SqlExportOptions): void {
  using writer = new TextWriter(file);
  const source = new DatabaseSync(database, { readOnly: true });
  try {
    source.exec("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; BEGIN");
    writer.write("PRAGMA defer_foreign_keys=TRUE;\n");
    const entries = source.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
      .all() as unknown as Entry[];
    const shadows = shadowTables(source);
    const tables = entries.filter(({ type, name }) => type === "table" && !INTERNAL.test(name) && !shadows.has(name));
    const missing = options.tables?.find((name) => !tables.some((table) => table.name === name));
    if (missing !== undefined) throw new SqlError(`There is no table "${missing}"`);
    const isWanted = (name: string) => options.tables === null || options.tables.includes(name);
    const wanted = tables.filter(({ name }) => isWanted(name));
    // All of them before any row: a row may refer to a table that comes later.
    if (options.hasSchema) { for (const { sql } of wanted) writer.write(`${sql};\n`); }
    if (options.hasData) { for (const { name, sql } of wanted) writeRows(source, { name, sql: sql ?? "" }, writer); }
    if (options.hasData && options.tables === null) writeSequences(source, entries, writer);
    if (!options.hasSchema) return;
    // Afterwards: triggers must not run for rows that were there, and indexes are faster made at once.
    for (const kind of ["index", "trigger", "view"]) {
      for (const { type, tbl_name, sql } of entries) {
        const isOfTable = type === "view" ? options.tables === null : isWanted(tbl_name) && !shadows.has(tbl_name);
        if (type === kind && sql !== null && isOfTable) writer.write(`${sql};\n`);
      }
    }
  } finally {
    source.close();
  }
}

function shadowTables(source: DatabaseSync): ReadonlySet<string> {
  const rows = source.prepare("SELECT name FROM pragma_table_list WHERE type = 'shadow'").all();
  return new Set((rows as unknown as { name: string }[]).map(({ name }) => name));
}

function writeRows(source: DatabaseSync, { name, sql }: { name: string; sql: string }, writer: TextWriter): void {
  const isVirtual = /^\s*CREATE\s+VIRTUAL\s/i.test(sql);
  const content = isVirtual ? /\bcontent\s*=\s*('[^']*'|"[^"]*"|\w+)/i.exec(sql)?.[1] : undefined;
  if (content !== undefined) {
    if (content.length <= 2) {
      throw new SqlError(`The table "${name}" keeps no contents (content=''), and cannot be written as SQL`);
    }
    // Its rows are those of another table.
    writer.write(`INSERT INTO ${quoted(name)}(${quoted(name)}) VALUES('rebuild');\n`);
    return;
  }
  const columns = source.prepare("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0 ORDER BY cid")
    .all(name) as unknown as { name: string }[];
  const names = [...isVirtual ? ["rowid"] : [], ...columns.map((column) => column.name)];
  const list = names.map(quoted).join(",");
  // A text with a NUL comes as bytes, and its place among the marks says so: read as text, it would end there.
  const hasNul = (column: string) => `(typeof(${column}) = 'text' AND instr(CAST(${column} AS BLOB), x'00') > 0)`;
  const values = names.map(quoted).map((one) => `CASE WHEN ${hasNul(one)} THEN CAST(${one} AS BLOB) ELSE ${one} END`);
  const marks = names.map((one) => hasNul(quoted(one))).join(" || ");
  const rows = source.prepare(`SELECT '' || ${marks}, ${values.join(", ")} FROM ${quoted(name)}`);
  rows.setReadBigInts(true);
  (rows as unknown as { setReturnArrays(isOn: boolean): void }).setReturnArrays(true);
  let written = 0;
  for (const row of rows.iterate() as unknown as Iterable<readonly unknown[]>) {
    const [marked, ...own] = row;
    const texts = own.map((value, at) =>
      (marked as string)[at] === "1" ? `CAST(${literal(value)} AS TEXT)` : literal(value)
    );
    writer.write(`INSERT INTO ${quoted(name)} (${list}) VALUES(${texts.join(",")});\n`);
    written++;
  }
  // iterate() of Deno 2.9.6 takes an error for the end of the rows.
  const { count } = source.prepare(`SELECT count(*) AS count FROM ${quoted(name)}`).get() as { count: number };
  if (count !== written) throw new Error(`Cannot read the table "${name}": ${written} of ${count} rows came`);
}

/** What AUTOINCREMENT has given, so that it is not given again. */
function writeSequences(source: DatabaseSync, entries: readonly Entry[], writer: TextWriter): void {
  if (!entries.some(({ name }) => name === "sqlite_sequence")) return;
  const rows = source.prepare("SELECT name, seq FROM sqlite_sequence").all() as unknown as {
    name: string;
    seq: number;
  }[];
  if (rows.length === 0) return;
  writer.write("DELETE FROM sqlite_sequence;\n");
  for (const { name, seq } of rows) {
    writer.write(`INSERT INTO sqlite_sequence (name,seq) VALUES(${literal(name)},${seq});\n`);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value as SQL that means exactly it. */
function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return realLiteral(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  return `X'${(value as Uint8Array & { toHex(): string }).toHex()}'`;
}

function realLiteral(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "9e999" : "-9e999";
  const text = String(value);
  // Without a point it would be an integer.
  return /[.e]/.test(text) ? text : `${Object.is(value, -0) ? "-0" : text}.0`;
}

/** Writes text in large pieces. */
class TextWriter implements Disposable {
  readonly #file: number;
  #parts: string[] = [];
  #chars = 0;

  constructor(path: string) {
    this.#file = openSync(path, "wx", 0o600);
  }

  write(text: string): void {
    this.#parts.push(text);
    this.#chars += text.length;
    if (this.#chars >= WRITE_CHARS) this.#flush();
  }

  [Symbol.dispose](): void {
    try {
      this.#flush();
    } finally {
      closeSync(this.#file);
    }
  }

  #flush(): void {
    const bytes = new TextEncoder().encode(this.#parts.join(""));
    for (let at = 0; at < bytes.byteLength;) at += writeSync(this.#file, bytes, at);
    this.#parts = [];
    this.#chars = 0;
  }
}
