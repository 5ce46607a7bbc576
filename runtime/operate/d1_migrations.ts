/** Applies migrations of D1 databases as wrangler does: files by number, a table that remembers them, each a transaction. */
import { join } from "node:path";
import type { AppConfig, MigrationsConfig } from "../config/resolved_config.ts";
import type { D1MigrationFile, D1Migrations } from "../terms/d1_operations.ts";
import { NanoError } from "../errors.ts";
import type { D1Sql } from "./d1_sql.ts";
import type { KeptStore, KeptStores } from "./kept_stores.ts";

/** Where the migrations of a database come from. */
export interface MigrationSource {
  readonly folder: string | null;
  readonly table: string;
  /** In the order in which they are applied. */
  readonly files: readonly { readonly name: string; readonly read: () => Promise<string> }[];
}

/** Told what was applied; waited for. */
type OnApplied = (what: string) => void | Promise<void>;

/** Looks at and applies them. */
export class MigrationRunner {
  readonly #sql: D1Sql;
  readonly #stores: KeptStores;

  constructor(sql: D1Sql, stores: KeptStores) {
    this.#sql = sql;
    this.#stores = stores;
  }

  /** What was applied, and what was not. */
  async look(store: KeptStore, { folder, table, files }: MigrationSource): Promise<D1Migrations> {
    const applied = store.exists ? await this.#applied(store, table) : [];
    const names = new Set(applied.map(({ name }) => name));
    return { folder, table, applied, pending: files.map(({ name }) => name).filter((name) => !names.has(name)) };
  }

  /**
   * Applies what is pending.
   * @param onApplied told of each
   * @throws {NanoError} SQL_FAILED, which names the file
   */
  async apply(store: KeptStore, source: MigrationSource, onApplied: OnApplied): Promise<void> {
    const { pending } = await this.look(store, source);
    for (const name of pending) {
      await this.#applyOne(store, source, name);
      await onApplied(name);
    }
  }

  /**
   * Applies what is pending of an app's databases.
   * @param onApplied told of each, as `0001_posts.sql to D1 database "shop"`
   * @throws {NanoError} SQL_FAILED, which names the file
   */
  async applyOf(app: AppConfig, onApplied: OnApplied): Promise<void> {
    for (const binding of app.bindings) {
      if (binding.kind !== "d1" || binding.migrations === null) continue;
      const source = await folderSource(binding.migrations);
      if (source === null || source.files.length === 0) continue;
      const maxBytes = app.storageMb * 1024 * 1024;
      const exists = await this.#stores.exists("d1", binding.store);
      const store = { name: binding.store, uses: [], maxBytes, exists };
      await this.apply(store, source, (name) => onApplied(`${name} to D1 database "${binding.store}"`));
    }
  }

  /** As an import: a change of a large table takes longer than a query may. */
  async #applyOne(store: KeptStore, { table, files }: MigrationSource, name: string): Promise<void> {
    const text = await files.find((file) => file.name === name)!.read();
    const file = await this.#sql.transfer();
    try {
      await Deno.writeTextFile(file.path, text, { createNew: true, mode: 0o600 });
      const task = { task: "import", file: file.name, after: recording(name, table) } as const;
      await this.#sql.task(store, task, { verb: `apply migration "${name}" to`, lock: store.name });
    } finally {
      await Deno.remove(file.path).catch(() => {});
    }
  }

  async #applied(store: KeptStore, table: string): Promise<D1Migrations["applied"]> {
    const verb = "read the migrations of";
    const [known] = await this.#sql.batch(store, [
      { sql: "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", params: [table] },
    ], verb);
    if (known!.rows.length === 0) return [];
    const sql = `SELECT name, applied_at FROM ${quoted(table)} ORDER BY id`;
    const [found] = await this.#sql.batch(store, [{ sql, params: [] }], verb);
    return found!.rows.map(([name, appliedAt]) => ({ name: String(name), appliedAt: String(appliedAt) }));
  }
}

/** The first folder that there is; null when there is none. */
export async function folderSource({ folders, table }: MigrationsConfig): Promise<MigrationSource | null> {
  for (const folder of folders) {
    const names: string[] = [];
    try {
      for await (const { name, isFile } of Deno.readDir(folder)) {
        if (isFile && name.endsWith(".sql")) names.push(name);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) continue;
      throw error;
    }
    const files = names.sort(byNumber).map((name) => ({ name, read: () => Deno.readTextFile(join(folder, name)) }));
    return { folder, table, files };
  }
  return null;
}

/** @throws {NanoError} USAGE for a name that comes twice */
export function givenSource(given: readonly D1MigrationFile[], table: string): MigrationSource {
  const names = given.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new NanoError("USAGE", `Cannot use the migrations: "${twice}" comes twice`);
  const sorted = [...given].sort((one, other) => byNumber(one.name, other.name));
  return {
    folder: null,
    table,
    files: sorted.map(({ name, sql }) => ({ name, read: () => Promise.resolve(sql) })),
  };
}

/** By the number that a name begins with, as wrangler does; names without one come last, by their letters. */
function byNumber(one: string, other: string): number {
  const [a, b] = [one, other].map((name) => /^\d+/.test(name) ? Number.parseInt(name, 10) : Infinity) as [
    number,
    number,
  ];
  if (a !== b) return a < b ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Remembers that a migration was applied, as wrangler does; part of its transaction. */
function recording(name: string, table: string): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${quoted(table)} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ` +
    "applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    `INSERT INTO ${quoted(table)} (name) VALUES ('${name.replaceAll("'", "''")}')`,
  ];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
