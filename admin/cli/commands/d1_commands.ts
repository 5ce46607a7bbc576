/** `nano d1`: looks at D1 databases, runs SQL on them, exports them. */
import { resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { D1Database, D1Results } from "../../schemas/d1_schemas.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import type { CommandLine } from "../line/command_line.ts";
import { DATABASE, DATABASE_OPTIONS, databaseOf } from "../online/database_choice.ts";
import { type Online, onlineCommand, outJson } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import { bytesText } from "../../schemas/figures.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

type Result = D1Results["results"][number];

/** Stands for stdin and stdout where a file is named. */
const STREAM = "-";

const DATABASE_COLUMNS: readonly Column<D1Database>[] = [
  { title: "DATABASE", value: ({ name }) => name },
  { title: "SIZE", value: ({ bytes }) => bytesText(bytes), right: true },
  { title: "QUOTA", value: ({ max_bytes }) => bytesText(max_bytes), right: true },
  { title: "MIGRATIONS", value: ({ has_migrations }) => has_migrations ? "yes" : "-" },
  {
    title: "USED BY",
    value: ({ uses }) => uses.map(({ app, binding }) => `${app} (${binding})`).join(", ") || "no app",
    shrinks: true,
  },
];

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "d1 list": shortCommand({
    doc: {
      name: "d1 list",
      summary: "List the D1 databases",
      description: ["Lists the D1 databases with their sizes, what they may hold, and the apps that use them."],
      arguments: [],
      examples: [{ command: "nano d1 list", meaning: "a table" }],
    },
    ask: ({ client }) => client.d1.databases(),
    tell: (databases, { io }) =>
      databases.length === 0
        ? ['There are no D1 databases. "bindings": { "DB": { "d1": "shop" } } gives an app one']
        : tableLines(databases, DATABASE_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
  }),
  "d1 execute": onlineCommand({
    doc: {
      name: "d1 execute",
      summary: "Run SQL on a D1 database",
      description: [
        "Runs SQL as one transaction: all of it happens, or nothing. DATABASE is its name, or the binding of an app. A file " +
        "may be of any length; its own BEGIN and COMMIT are left out, and foreign keys are checked at its end.",
      ],
      arguments: [DATABASE],
      examples: [
        { command: 'nano d1 execute shop --command "SELECT * FROM users LIMIT 5"', meaning: "a table of rows" },
        { command: "nano d1 execute DB --app shop --file seed.sql", meaning: "a file, on the app's env.DB" },
        { command: 'nano d1 execute shop --command "PRAGMA table_list" --json', meaning: "for a program" },
      ],
    },
    options: [
      { name: "command", value: "SQL", summary: "the SQL: one statement, or several" },
      { name: "file", value: "FILE", summary: "a file of SQL; - is stdin", completes: "file" },
      ...DATABASE_OPTIONS,
      { name: "json", value: null, summary: "JSON for programs: results, success and meta of each statement" },
    ],
    check: sqlOf,
    run: async (online) => {
      const database = await databaseOf(online);
      const { command, file } = sqlOf(online.line);
      return command === null ? await runFile(online, database, file!) : await runCommand(online, database, command);
    },
  }),
  "d1 export": onlineCommand({
    doc: {
      name: "d1 export",
      summary: "Export a D1 database as SQL",
      description: [
        "Writes SQL that makes the database anew, all of one moment, while apps go on. nano d1 execute --file reads it.",
      ],
      arguments: [DATABASE],
      examples: [
        { command: "nano d1 export shop --output shop.sql", meaning: "into a file" },
        { command: "nano d1 export shop --table users --no-schema", meaning: "rows of one table, on stdout" },
      ],
    },
    options: [
      { name: "output", value: "FILE", summary: "the file to write (stdout)", completes: "file" },
      { name: "table", value: "TABLE", summary: "only this table", repeats: true },
      { name: "no-schema", value: null, summary: "rows only" },
      { name: "no-data", value: null, summary: "tables, indexes, triggers and views only" },
      ...DATABASE_OPTIONS,
    ],
    run: exportDatabase,
  }),
};

function sqlOf(line: CommandLine): { readonly command: string | null; readonly file: string | null } {
  const [command, file] = [line.text("command"), line.text("file")];
  if ((command === null) !== (file === null)) return { command, file };
  throw new CliError(
    "USAGE",
    command === null ? "What to run? Give --command SQL, or --file FILE" : "--command and --file exclude each other",
  );
}

async function runCommand({ line, io, client }: Online, database: string, sql: string): Promise<number> {
  const results = await client.d1.query(database, { sql });
  if (line.flag("json")) {
    return outJson(io, results.map((one) => ({ results: rowsOf(one), success: true, meta: one.meta })));
  }
  for (const [at, result] of results.entries()) {
    if (at > 0) io.out("");
    for (const text of resultLines(result, io)) io.out(text);
  }
  return 0;
}

async function runFile({ line, io, client }: Online, database: string, path: string): Promise<number> {
  const sql = path === STREAM ? io.stdinBytes() : (await opened(resolve(io.cwd, path), path)).readable;
  const outcome = await client.d1.import(database, sql);
  if (line.flag("json")) return outJson(io, outcome);
  const { statements, changes, size_after } = outcome;
  io.out(
    `Ran ${statements} ${statements === 1 ? "statement" : "statements"} on D1 database "${database}": ` +
      `${rowsText(changes)} changed, it holds ${bytesText(size_after)}`,
  );
  return 0;
}

async function exportDatabase(online: Online): Promise<number> {
  const { line, io, client } = online;
  const database = await databaseOf(online);
  const path = line.text("output") ?? STREAM;
  const sql = await client.d1.export(database, {
    noSchema: line.flag("no-schema"),
    noData: line.flag("no-data"),
    tables: line.list("table"),
  });
  if (path === STREAM) {
    for await (const chunk of sql) io.outBytes(chunk);
    return 0;
  }
  const target = resolve(io.cwd, path);
  let bytes = 0;
  try {
    using file = await Deno.open(target, { write: true, create: true, truncate: true, mode: 0o600 });
    for await (const chunk of sql) {
      bytes += chunk.byteLength;
      for (let at = 0; at < chunk.byteLength;) at += await file.write(chunk.subarray(at));
    }
  } catch (error) {
    await sql.cancel().catch(() => {});
    throw new CliError("INTERNAL", `Cannot write "${path}": ${messageOf(error)}`);
  }
  io.out(`Exported D1 database "${database}" into ${path} (${bytesText(bytes)})`);
  return 0;
}

async function opened(path: string, shown: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${shown}": ${messageOf(error)}`);
  }
}

function rowsOf({ columns, rows }: Result): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])));
}

function resultLines({ columns, rows, meta }: Result, io: CliIo): readonly string[] {
  if (columns.length === 0) return [`Done: ${rowsText(meta.changes)} changed`];
  const titles = columns.map((title, at): Column<readonly unknown[]> => ({
    title,
    value: (row) => cellText(row[at]),
    right: rows.length > 0 && rows.every((row) => typeof row[at] === "number"),
    shrinks: true,
  }));
  return [...tableLines(rows, titles, { columns: io.columns, color: wantsColor(io) }), rowsText(rows.length)];
}

function cellText(value: unknown): string {
  if (value === null) return "NULL";
  if (Array.isArray(value)) return `x'${(new Uint8Array(value) as Uint8Array & { toHex(): string }).toHex()}'`;
  return String(value);
}

function rowsText(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}
