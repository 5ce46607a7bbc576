/** `nano d1 migrations`: makes migrations, tells which were applied, applies the others. */
import { join, resolve } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import type { D1MigrationList } from "../../schemas/d1_schemas.ts";
import type { MigrationFile } from "../../client/d1_client.ts";
import { CliError } from "../../process/cli_error.ts";
import { migrationsFolder } from "../host/migrations_folder.ts";
import type { Command } from "../line/command.ts";
import type { OptionDoc } from "../line/command_doc.ts";
import { DATABASE, DATABASE_OPTIONS, databaseOf } from "../online/database_choice.ts";
import type { Online } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

/** As wrangler numbers them: 0001. */
const DIGITS = 4;
const DIR: OptionDoc = {
  name: "dir",
  value: "FOLDER",
  summary: "take the migrations of this folder, instead of those in the app's",
  completes: "folder",
};

interface Row {
  readonly name: string;
  readonly appliedAt: string | null;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "MIGRATION", value: ({ name }) => name, shrinks: true },
  {
    title: "APPLIED",
    value: ({ appliedAt }) => appliedAt === null ? "pending" : `${appliedAt} UTC`,
    style: ({ appliedAt }) => appliedAt === null ? "yellow" : null,
  },
];

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "d1 migrations create": {
    doc: {
      name: "d1 migrations create",
      summary: "Make an empty migration",
      description: [
        "Makes a numbered file in the folder of migrations: that of the wrangler file here, or of nano.json, else " +
        "./migrations. It needs no running NANO.",
      ],
      arguments: [DATABASE, { name: "MESSAGE", required: true }],
      examples: [{ command: 'nano d1 migrations create shop "add users"', meaning: "migrations/0001_add_users.sql" }],
    },
    options: [{ name: "dir", value: "FOLDER", summary: "the folder", completes: "folder" }],
    run: async (line, io) => {
      const given = line.text("dir");
      const message = line.required("MESSAGE").trim().replaceAll(/\s+/g, "_");
      if (/[/\\\0]/.test(message) || message === "") {
        throw new CliError("USAGE", `Cannot name a migration "${message}": it would be no file of its folder`);
      }
      const folder = given === null ? await migrationsFolder(line.required("DATABASE"), io) : resolve(io.cwd, given);
      await Deno.mkdir(folder, { recursive: true });
      const number = String(await nextNumber(folder)).padStart(DIGITS, "0");
      const path = join(folder, `${number}_${message}.sql`);
      await Deno.writeTextFile(path, `-- Migration number: ${number} \t ${new Date().toISOString()}\n`, {
        createNew: true,
      });
      io.out(path);
      return 0;
    },
  },
  "d1 migrations list": shortCommand({
    doc: {
      name: "d1 migrations list",
      summary: "Tell which migrations were applied",
      description: ["Lists the migrations of a D1 database: those that were applied, then those that were not."],
      arguments: [DATABASE],
      examples: [{ command: "nano d1 migrations list shop", meaning: "a table" }],
    },
    options: [DIR, ...DATABASE_OPTIONS],
    ask: async (online) => await online.client.d1.migrations(await databaseOf(online), await filesOf(online)),
    tell: (list, { io }) => listLines(list, { columns: io.columns, color: wantsColor(io) }),
  }),
  "d1 migrations apply": shortCommand({
    doc: {
      name: "d1 migrations apply",
      summary: "Apply the migrations that were not applied",
      description: [
        "Applies them in the order of their numbers, each as a transaction of its own. Of one that fails nothing happens, " +
        "and the rest is left. nano deploy does the same for the version that it sends.",
      ],
      arguments: [DATABASE],
      examples: [
        { command: "nano d1 migrations apply shop", meaning: "those of the app that uses it" },
        { command: "nano d1 migrations apply shop --dir ./migrations", meaning: "those of a folder here" },
      ],
    },
    options: [DIR, ...DATABASE_OPTIONS],
    ask: async (online) => {
      const database = await databaseOf(online);
      return { database, applied: await online.client.d1.migrate(database, await filesOf(online)) };
    },
    tell: ({ database, applied }) =>
      applied.length === 0
        ? [`D1 database "${database}" has all migrations`]
        : applied.map((name) => `Applied ${name} to D1 database "${database}"`),
  }),
};

function listLines({ applied, pending }: D1MigrationList, options: { columns: number | null; color: boolean }) {
  const rows: Row[] = [
    ...applied.map(({ name, applied_at }) => ({ name, appliedAt: applied_at })),
    ...pending.map((name) => ({ name, appliedAt: null })),
  ];
  return rows.length === 0 ? ["There are no migrations"] : tableLines(rows, COLUMNS, options);
}

/** Of the folder that is named, or null. */
async function filesOf({ line, io }: Online): Promise<MigrationFile[] | null> {
  const given = line.text("dir");
  if (given === null) return null;
  const folder = resolve(io.cwd, given);
  try {
    const files: MigrationFile[] = [];
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && name.endsWith(".sql")) files.push({ name, sql: await Deno.readTextFile(join(folder, name)) });
    }
    return files;
  } catch (error) {
    throw new CliError("USAGE", `Cannot read "${given}": ${messageOf(error)}`);
  }
}

async function nextNumber(folder: string): Promise<number> {
  let last = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const number = Number.parseInt(name, 10);
    if (name.endsWith(".sql") && number > last) last = number;
  }
  return last + 1;
}
