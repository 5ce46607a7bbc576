/** What a node keeps of its fleet in nano.db: the newest record of each key, up to which revision, and who it is. */
import type { StateDatabase, StateRow } from "./state_database.ts";

/** A record of the fleet as this node holds it. */
export interface HeldRecord {
  readonly key: string;
  /** Place in the order of all changes; below 0 until the engine has it. */
  readonly revision: number;
  /** Made up by who wrote it: two records of one revision are two changes if these differ. */
  readonly changeId: string;
  /** Of the value. */
  readonly format: number;
  /** JSON; null for a key that is gone. */
  readonly value: string | null;
  /** Why it is not in force here, or null when it is. */
  readonly why: string | null;
}

/** Without its value, which may be long. */
export type HeldMark = Omit<HeldRecord, "value">;

/** What the tables lie in. */
export type FleetDatabase = Pick<StateDatabase, "rows" | "run" | "transaction">;

/** Which fleet this is, and up to which revision it was followed. */
export interface FleetMark {
  /** Null: of no fleet. */
  readonly epoch: string | null;
  readonly revision: number;
}

/** Made when a fleet is configured for the first time: without one, older releases can open the file as before. */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS fleet (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    node TEXT NOT NULL,
    epoch TEXT,
    revision INTEGER NOT NULL
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS fleet_records (
    key TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    change_id TEXT NOT NULL,
    format INTEGER NOT NULL,
    value TEXT,
    why TEXT
  ) STRICT`,
  `CREATE TABLE IF NOT EXISTS fleet_files (
    app TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (app, version)
  ) STRICT`,
];

/** More changes than any engine will ever have counted: what is taken off a revision that it does not have yet. */
const UNKNOWN = 2 ** 48;

/** The fleet's tables. */
export class FleetRows {
  readonly #database: FleetDatabase;
  /** Made up once, and kept: tells this node from another of the same name. */
  readonly node: string;
  #mark: FleetMark;

  /** Makes the tables when they are missing. */
  constructor(database: FleetDatabase) {
    this.#database = database;
    for (const sql of TABLES) database.run(sql);
    database.run("INSERT OR IGNORE INTO fleet VALUES (1, ?, NULL, 0)", crypto.randomUUID());
    const row = database.rows("SELECT * FROM fleet")[0]!;
    this.node = String(row["node"]);
    this.#mark = { epoch: row["epoch"] === null ? null : String(row["epoch"]), revision: Number(row["revision"]) };
  }

  /** Whether the tables are there. */
  static isThere(database: StateDatabase): boolean {
    return database.rows("SELECT 1 FROM sqlite_master WHERE name = 'fleet'").length === 1;
  }

  /** What is kept was changed by a NANO without a fleet: it is of no fleet any more. */
  static leave(database: StateDatabase): void {
    database.run("UPDATE fleet SET epoch = NULL WHERE epoch IS NOT NULL");
  }

  mark(): FleetMark {
    return this.#mark;
  }

  /** Asked for every few seconds: what is so already costs no write. */
  setMark({ epoch, revision }: FleetMark): void {
    if (epoch === this.#mark.epoch && revision === this.#mark.revision) return;
    this.#database.run("UPDATE fleet SET epoch = ?, revision = ?", epoch, revision);
    this.#mark = { epoch, revision };
  }

  /** All records without their values, by revision. */
  held(): readonly HeldMark[] {
    return this.#database.rows("SELECT key, revision, change_id, format, why FROM fleet_records ORDER BY revision, key")
      .map(markOf);
  }

  record(key: string): HeldRecord | null {
    const [row] = this.#database.rows("SELECT * FROM fleet_records WHERE key = ?", key);
    return row === undefined ? null : recordOf(row);
  }

  /** Within a transaction or by itself. */
  put({ key, revision, changeId, format, value, why }: HeldRecord): void {
    this.#database.run(
      "INSERT OR REPLACE INTO fleet_records VALUES (?, ?, ?, ?, ?, ?)",
      ...[key, revision, changeId, format, value, why],
    );
  }

  setRevision(key: string, revision: number): void {
    this.#database.run("UPDATE fleet_records SET revision = ? WHERE key = ?", revision, key);
  }

  /** Makes this node's records those of a fleet that has none of them yet; their order stays. */
  begin(epoch: string, added: readonly Omit<HeldRecord, "revision" | "why">[] = []): void {
    this.#database.transaction(() => {
      this.#database.run("UPDATE fleet_records SET revision = revision - ? WHERE revision > 0", UNKNOWN);
      added.forEach((record, at) => this.put({ ...record, revision: at - UNKNOWN, why: null }));
      this.setMark({ epoch, revision: 0 });
    });
  }

  /** Takes this node out of its fleet; what it holds stays, as nothing that the next one knows. */
  leave(): void {
    this.#database.transaction(() => {
      this.#database.run("UPDATE fleet_records SET revision = revision - ? WHERE revision > 0", UNKNOWN);
      this.setMark({ epoch: null, revision: 0 });
    });
  }

  /** Forgets a record that the fleet does not have. */
  forget(key: string): void {
    this.#database.run("DELETE FROM fleet_records WHERE key = ?", key);
  }

  /** Of the archive that a version's files came from, or null. */
  digestOf(app: string, version: string): string | null {
    const [row] = this.#database.rows("SELECT digest FROM fleet_files WHERE app = ? AND version = ?", app, version);
    return row === undefined ? null : String(row["digest"]);
  }

  /** The same of all, by `app/version`. */
  digests(): ReadonlyMap<string, string> {
    const rows = this.#database.rows("SELECT * FROM fleet_files");
    return new Map(rows.map((row) => [`${row["app"]}/${row["version"]}`, String(row["digest"])]));
  }

  setDigest(app: string, version: string, digest: string): void {
    this.#database.run("INSERT OR REPLACE INTO fleet_files VALUES (?, ?, ?)", app, version, digest);
  }

  /** Several of them, all or none. */
  setDigests(all: readonly { readonly app: string; readonly version: string; readonly digest: string }[]): void {
    this.#database.transaction(() => {
      for (const { app, version, digest } of all) this.setDigest(app, version, digest);
    });
  }

  forgetDigest(app: string, version: string): void {
    this.#database.run("DELETE FROM fleet_files WHERE app = ? AND version = ?", app, version);
  }
}

function markOf(row: StateRow): HeldMark {
  const why = row["why"];
  return {
    key: String(row["key"]),
    revision: Number(row["revision"]),
    changeId: String(row["change_id"]),
    format: Number(row["format"]),
    why: why === null || why === undefined ? null : String(why),
  };
}

function recordOf(row: StateRow): HeldRecord {
  const value = row["value"];
  return { ...markOf(row), value: value === null || value === undefined ? null : String(value) };
}
