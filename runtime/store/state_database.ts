/** Opens the SQLite file of the state store, brings its tables up to date and wraps its failures. */
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { messageOf, NanoError } from "../errors.ts";
import { syncPathSync } from "../machine/sync_path.ts";

/** A column value as the tables here hold it. */
export type StateValue = string | number | null;

/** One row by its column names. */
export type StateRow = Readonly<Record<string, StateValue>>;

/** Name of the file inside the state folder. */
export const DATABASE_NAME = "nano.db";

/** Name of the folder beside it, of what was deployed. */
export const VERSIONS_NAME = "versions";

/**
 * Another process may hold the file for one commit (a backup tool, an sqlite3 shell); the wait blocks the event loop,
 * so it is short.
 */
const BUSY_TIMEOUT_MS = 2000;

/** SQLite's primary result codes that say the file itself is bad: SQLITE_CORRUPT, SQLITE_NOTADB. */
const BAD_FILE_CODES: readonly number[] = [11, 26];

/** Each step leads from `user_version` = its index to the next; a released step is never edited, only followed. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE apps (
    name TEXT PRIMARY KEY,
    entry TEXT,
    patch TEXT,
    hides TEXT,
    active_version TEXT,
    previous_version TEXT,
    rollout_version TEXT,
    rollout_percent REAL CHECK (rollout_percent BETWEEN 0 AND 100),
    CHECK ((rollout_version IS NULL) = (rollout_percent IS NULL))
  ) STRICT;
  CREATE TABLE version_counters (
    app TEXT PRIMARY KEY,
    last INTEGER NOT NULL CHECK (last > 0)
  ) STRICT;
  CREATE TABLE versions (
    app TEXT NOT NULL REFERENCES version_counters (app),
    number INTEGER NOT NULL CHECK (number > 0),
    created_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    files INTEGER NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    preview_host TEXT,
    PRIMARY KEY (app, number)
  ) STRICT;
  CREATE TABLE history (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    app TEXT,
    detail TEXT NOT NULL,
    error TEXT
  ) STRICT;
  CREATE INDEX history_by_app ON history (app, id);`,
];

/** A SQLite database whose failures are {@linkcode NanoError}s that name the file. */
export class StateDatabase implements Disposable {
  readonly file: string;
  #database: DatabaseSync;
  /** Which file that is, whatever has its path by now. */
  readonly #identity: string | null;

  /**
   * Opens `nano.db` in a folder; both are made when missing.
   * @throws {NanoError} INTERNAL when it cannot be opened, is damaged, or was written by a newer NANO
   */
  constructor(stateDir: string) {
    this.file = join(stateDir, DATABASE_NAME);
    this.#database = this.#telling("Cannot open", () => openFile(stateDir, this.file));
    this.#identity = identityOf(this.file);
    try {
      this.#telling("Cannot open", () => this.#prepareTables());
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Rows of a query. */
  rows(sql: string, ...values: readonly StateValue[]): StateRow[] {
    return this.#telling(
      "Cannot read",
      () => this.#database.prepare(sql).all(...(values as SQLInputValue[])) as StateRow[],
    );
  }

  /** Runs one statement. @returns how many rows it changed */
  run(sql: string, ...values: readonly StateValue[]): number {
    return this.#telling(
      "Cannot write",
      () => Number(this.#database.prepare(sql).run(...(values as SQLInputValue[])).changes),
    );
  }

  /**
   * Runs a function whose writes are kept together, on the disk when it returns, or not at all.
   * @throws {NanoError} INTERNAL also when the file was taken away: SQLite would write on into what nobody finds again
   */
  transaction<Result>(write: () => Result): Result {
    if (identityOf(this.file) !== this.#identity) {
      const advice = "put it back, or restart NANO to go on with what is there";
      throw new NanoError("INTERNAL", `Cannot write "${this.file}": it was removed or replaced; ${advice}`);
    }
    // IMMEDIATE takes the write lock at once: a transaction that reads first could not be upgraded once another wrote.
    this.run("BEGIN IMMEDIATE");
    try {
      const result = write();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // A full disk or an I/O error has rolled it back already; a second ROLLBACK would hide the first failure.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Error for a value in the file that NANO cannot have written. */
  damaged(what: string, cause?: unknown): NanoError {
    return new NanoError("INTERNAL", `Cannot read "${this.file}": ${what}; ${whatToDo(this.file)}`, { cause });
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #prepareTables(): void {
    const database = this.#database;
    // FULL: a commit that was acknowledged survives a power cut, https://sqlite.org/pragma.html#pragma_synchronous
    this.rows(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    this.rows("PRAGMA journal_mode = WAL");
    this.rows("PRAGMA synchronous = FULL");
    this.rows("PRAGMA foreign_keys = ON");
    // The tables are small and bounded, so looking at every page at each start costs some ms.
    const check = Object.values(this.rows("PRAGMA quick_check(1)")[0] ?? {})[0];
    if (check !== "ok") throw this.damaged(`it is damaged (${check})`);
    this.transaction(() => {
      const version = Number(Object.values(this.rows("PRAGMA user_version")[0] ?? {})[0]);
      if (version > MIGRATIONS.length) {
        throw new NanoError(
          "INTERNAL",
          `Cannot open "${this.file}": a newer NANO wrote it (version ${version}, this one knows ${MIGRATIONS.length}); ` +
            "run that NANO, or give this one another state_dir",
        );
      }
      for (const sql of MIGRATIONS.slice(version)) database.exec(sql);
      if (version < MIGRATIONS.length) database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    });
  }

  // Failures of exec() come without SQLite's code, those of statements with it: so everything that may meet a damaged
  // file is a statement.
  #telling<Result>(action: string, run: () => Result): Result {
    try {
      return run();
    } catch (cause) {
      if (cause instanceof NanoError) throw cause;
      const code = (cause as { errcode?: unknown } | null)?.errcode;
      const bad = typeof code === "number" && BAD_FILE_CODES.includes(code & 0xff);
      const advice = bad ? `; ${whatToDo(this.file)}` : "";
      throw new NanoError("INTERNAL", `${action} "${this.file}": ${messageOf(cause)}${advice}`, { cause });
    }
  }
}

function openFile(stateDir: string, file: string): DatabaseSync {
  mkdirSync(stateDir, { recursive: true });
  refuseEmptied(stateDir, file);
  // Made here and not by SQLite, which would give it the umask's mode; its -wal and -shm files take over this mode.
  closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
  syncPathSync(stateDir);
  return new DatabaseSync(file);
}

/** SQLite would take what a full disk or a repair has emptied for a new file, and what was deployed would be gone. */
function refuseEmptied(stateDir: string, file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.size !== 0) return;
  const hasVersions = statSync(join(stateDir, VERSIONS_NAME), { throwIfNoEntry: false })?.isDirectory() === true &&
    readdirSync(join(stateDir, VERSIONS_NAME)).some((name) => !name.startsWith("."));
  if (!hasVersions) return;
  const why = `it is empty, and "${join(stateDir, VERSIONS_NAME)}" has versions of apps`;
  throw new NanoError("INTERNAL", `Cannot read "${file}": ${why}; ${whatToDo(file)}`);
}

/** Null where there is no file. */
function identityOf(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}/${stat.ino}`;
}

function whatToDo(file: string): string {
  return `put a backup in its place, or move it and "${file}-wal" away to start with nano.json alone`;
}
