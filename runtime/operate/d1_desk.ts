/** Carries out what people do with D1 databases. */
import { join } from "node:path";
import { MIGRATIONS_TABLE } from "../config/binding_configs.ts";
import { isBlankSql } from "../data/blank_sql.ts";
import { isOwnTransaction, splitSql } from "../data/sql_splitter.ts";
import type { ChangeRequest } from "../terms/change_request.ts";
import type {
  D1DatabaseView,
  D1ExportOptions,
  D1ImportOutcome,
  D1MigrationFile,
  D1Migrations,
  D1Operations,
  D1Param,
  D1Result,
} from "../terms/d1_operations.ts";
import { NanoError } from "../errors.ts";
import type { ChangeAction } from "../terms/operations.ts";
import type { ChangeDesk } from "./change_desk.ts";
import { folderSource, givenSource, type MigrationRunner, type MigrationSource } from "./d1_migrations.ts";
import { type D1Sql, sqlParam } from "./d1_sql.ts";
import type { KeptStores } from "./kept_stores.ts";

/** As of Cloudflare's import. */
const MAX_IMPORT_BYTES = 5 * 1024 ** 3;
/** Of SQL, in the history. */
const SHOWN_CHARS = 100;
/** SQL that changes nothing, whatever comes of it: that it failed is nothing for the history. */
const READING = /^\s*(?:select|explain|pragma|values)\b/i;

/** What the databases of a running NANO are looked at by. */
export interface D1Parts {
  readonly sql: D1Sql;
  readonly stores: KeptStores;
  readonly runner: MigrationRunner;
}

/** The databases of a running NANO. */
export class D1Desk implements D1Operations {
  readonly #desk: ChangeDesk;
  readonly #parts: D1Parts;

  constructor(desk: ChangeDesk, parts: D1Parts) {
    this.#desk = desk;
    this.#parts = parts;
  }

  async list(): Promise<readonly D1DatabaseView[]> {
    const stores = await this.#parts.stores.list("d1");
    return await Promise.all(stores.map(async ({ name, uses, maxBytes }) => ({
      name,
      titles: this.#titlesOf(name),
      uses,
      bytes: await this.#bytesOf(name),
      maxBytes,
      hasMigrations: (await this.#sourceOf(name)).folder !== null,
    })));
  }

  async execute(
    database: string,
    sql: string,
    params: readonly D1Param[],
    by: ChangeRequest,
  ): Promise<readonly D1Result[]> {
    const verb = "run SQL on";
    const store = await this.#parts.stores.find("d1", database, verb);
    const statements = splitSql(sql).filter((one) => !isBlankSql(one) && !isOwnTransaction(one));
    if (statements.length === 0) {
      throw new NanoError("USAGE", `Cannot ${verb} D1 database "${database}": there is none`);
    }
    const values = params.map(sqlParam);
    const wish = wishOf("d1.execute", `${verb} D1 database "${database}"`, by);
    this.#desk.checkOpen(wish.verb);
    let results: readonly D1Result[];
    try {
      results = await this.#parts.sql.batch(
        store,
        statements.map((one, at) => ({ sql: one, params: at === statements.length - 1 ? values : [] })),
        verb,
      );
    } catch (error) {
      throw statements.every((one) => READING.test(one)) ? error : this.#desk.failed(wish, error);
    }
    if (results.some(({ meta }) => meta["changed_db"] === true)) {
      await this.#desk.record(wish, () => Promise.resolve(`Ran SQL on D1 database "${database}": ${shortened(sql)}`));
    }
    return results;
  }

  async import(database: string, sql: ReadableStream<Uint8Array>, by: ChangeRequest): Promise<D1ImportOutcome> {
    const verb = "import SQL into";
    const store = await this.#parts.stores.find("d1", database, verb);
    let outcome!: D1ImportOutcome;
    await this.#desk.record(wishOf("d1.import", `${verb} D1 database "${database}"`, by), async () => {
      const file = await this.#parts.sql.transfer();
      try {
        await writeAll(sql, file.path);
        const task = { task: "import", file: file.name } as const;
        const done = await this.#parts.sql.task(store, task, { verb, lock: database }) as {
          readonly statements: number;
          readonly changes: number;
          readonly size_after: number;
        };
        outcome = { statements: done.statements, changes: done.changes, sizeAfter: done.size_after };
      } finally {
        await Deno.remove(file.path).catch(() => {});
      }
      const { statements, changes } = outcome;
      return `Ran ${statements} statements on D1 database "${database}", which changed ${changes} rows`;
    });
    return outcome;
  }

  async export(database: string, options: D1ExportOptions): Promise<ReadableStream<Uint8Array>> {
    const verb = "export";
    const store = await this.#parts.stores.find("d1", database, verb);
    const file = await this.#parts.sql.transfer();
    const task = { task: "export", store: `d1/${database}`, file: file.name, ...options } as const;
    try {
      await this.#parts.sql.task(store, task, { verb, lock: file.name });
      return (await Deno.open(file.path)).readable;
    } finally {
      // What is open can be read all the same.
      await Deno.remove(file.path).catch(() => {});
    }
  }

  async migrations(database: string, given: readonly D1MigrationFile[] | null): Promise<D1Migrations> {
    const store = await this.#parts.stores.find("d1", database, "read the migrations of");
    return await this.#parts.runner.look(store, await this.#sourceOf(database, given));
  }

  async migrate(
    database: string,
    given: readonly D1MigrationFile[] | null,
    by: ChangeRequest,
  ): Promise<readonly string[]> {
    const verb = "apply migrations to";
    const store = await this.#parts.stores.find("d1", database, verb);
    const source = await this.#sourceOf(database, given);
    if (source.folder === null && given === null) {
      const why = 'no app that uses it has a folder of migrations; "migrations" beside "d1" in nano.json names one';
      throw new NanoError("NOT_FOUND", `Cannot ${verb} D1 database "${database}": ${why}`);
    }
    const applied: string[] = [];
    // One at a time with deploys, which apply the same.
    await this.#desk.act(wishOf("d1.migrate", `${verb} D1 database "${database}"`, by), async () => {
      await this.#parts.runner.apply(store, source, (name) => void applied.push(name));
      return applied.length === 0
        ? `D1 database "${database}" had all migrations`
        : `Applied ${applied.join(", ")} to D1 database "${database}"`;
    });
    return applied;
  }

  /** Of the first app with a folder of migrations for it. */
  async #sourceOf(database: string, given: readonly D1MigrationFile[] | null = null): Promise<MigrationSource> {
    let table = MIGRATIONS_TABLE;
    for (const { bindings } of this.#desk.config.apps) {
      for (const binding of bindings) {
        if (binding.kind !== "d1" || binding.store !== database || binding.migrations === null) continue;
        const found = given === null ? await folderSource(binding.migrations) : null;
        if (found !== null) return found;
        table = binding.migrations.table;
      }
    }
    return givenSource(given ?? [], table);
  }

  #titlesOf(database: string): readonly string[] {
    const titles = this.#desk.config.apps.flatMap(({ bindings }) => bindings)
      .map((one) => one.kind === "d1" && one.store === database ? one.title : null);
    return [...new Set(titles.filter((title) => title !== null))];
  }

  /** What is not in the file yet is beside it. */
  async #bytesOf(database: string): Promise<number> {
    const path = join(this.#desk.tools.data.folder, "d1", `${database}.db`);
    const sizes = await Promise.all(
      [path, `${path}-wal`].map((one) => Deno.stat(one).then(({ size }) => size, () => 0)),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }
}

function wishOf(action: ChangeAction, verb: string, by: ChangeRequest) {
  return { by, action, app: null, verb } as const;
}

function shortened(sql: string): string {
  const line = sql.trim().replaceAll(/\s+/g, " ");
  return line.length <= SHOWN_CHARS ? line : `${line.slice(0, SHOWN_CHARS)}…`;
}

/** @throws {NanoError} BODY_TOO_LARGE, BAD_REQUEST when it was cut */
async function writeAll(source: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const file = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  const writer = file.writable.getWriter();
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      if (bytes > MAX_IMPORT_BYTES) {
        throw new NanoError("BODY_TOO_LARGE", `Cannot import SQL: it is longer than ${MAX_IMPORT_BYTES} bytes`);
      }
      await writer.write(chunk);
    }
  } catch (cause) {
    throw cause instanceof NanoError
      ? cause
      : new NanoError("BAD_REQUEST", "Cannot read the SQL: it was cut", { cause });
  } finally {
    await writer.close().catch(() => {});
  }
}
