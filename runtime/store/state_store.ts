/** Keeps what is changed while NANO runs: apps, deployed versions and the history of changes. */
import type { ChangeAction, HistoryEntry } from "../terms/operations.ts";
import { NanoError } from "../errors.ts";
import { FleetRows } from "./fleet_rows.ts";
import type { HistoryFilter, KeptApp, StateChange, VersionRecord } from "./kept_state.ts";
import { StateDatabase, type StateRow, type StateValue } from "./state_database.ts";

export type { HistoryFilter, KeptApp, StateChange, VersionRecord } from "./kept_state.ts";

/** More than a year of thirty changes a day, in about 2 MB. */
const MAX_HISTORY_ENTRIES = 10_000;

/** Two nodes that took the same changes in another order must set the same ones aside. */
const KEPT_APPS_OF_FLEET = `SELECT apps.* FROM apps LEFT JOIN fleet_records ON key = 'app.' || name
  ORDER BY coalesce(revision, 0), apps.rowid`;

/** The kept state, in `<state_dir>/nano.db`. What a call has written is on the disk when it returns. */
export class StateStore implements Disposable {
  #database: StateDatabase;
  #fleet: FleetRows | null = null;
  readonly #wasInFleet: boolean;

  private constructor(database: StateDatabase) {
    this.#database = database;
    this.#wasInFleet = FleetRows.isThere(database);
  }

  /**
   * Opens the store; folder and file are made when missing, a damaged file is left as it is.
   * @param stateDir path of the folder
   * @throws {NanoError} INTERNAL, naming the file, when it cannot be opened, is damaged, or a newer NANO wrote it
   */
  static open(stateDir: string): StateStore {
    return new StateStore(new StateDatabase(stateDir));
  }

  /** The fleet's tables, made when they are missing; from now on its order of the changes is the one that counts. */
  get fleet(): FleetRows {
    return this.#fleet ??= new FleetRows(this.#database);
  }

  /** Everything that is kept, the oldest change first. */
  keptApps(): readonly KeptApp[] {
    const sql = this.#fleet === null ? "SELECT * FROM apps ORDER BY rowid" : KEPT_APPS_OF_FLEET;
    return this.#database.rows(sql).map((row) => this.#keptApp(row));
  }

  /** What is kept about one app, or null. */
  keptApp(name: string): KeptApp | null {
    const [row] = this.#database.rows("SELECT * FROM apps WHERE name = ?", name);
    return row === undefined ? null : this.#keptApp(row);
  }

  /** Versions of an app, newest first. */
  versions(app: string): readonly VersionRecord[] {
    return this.#database.rows("SELECT * FROM versions WHERE app = ? ORDER BY number DESC", app).map(versionRecord);
  }

  /** Versions of all apps, by app and newest first. */
  allVersions(): readonly VersionRecord[] {
    return this.#database.rows("SELECT * FROM versions ORDER BY app, number DESC").map(versionRecord);
  }

  /**
   * Takes the next version of an app, `v1` at first.
   * @returns a name that was never given before, whatever was removed in between
   */
  nextVersion(app: string): string {
    const [row] = this.#database.rows(
      `INSERT INTO version_counters (app, last) VALUES (?, 1)
        ON CONFLICT (app) DO UPDATE SET last = last + 1 RETURNING last`,
      app,
    );
    return versionName(Number(row?.["last"]));
  }

  /** Changes that were asked for, newest first; the newest 10,000 are kept. */
  history(filter: HistoryFilter): readonly HistoryEntry[] {
    const { app, before, limit } = filter;
    const where = [...(app === null ? [] : ["app = ?"]), ...(before === null ? [] : ["id < ?"])];
    const sql = `SELECT * FROM history ${where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`}
      ORDER BY id DESC LIMIT ?`;
    const values: StateValue[] = [...(app === null ? [] : [app]), ...(before === null ? [] : [before]), limit];
    return this.#database.rows(sql, ...values).map(historyEntry);
  }

  /**
   * Writes what is named in one transaction, all or nothing.
   * @throws {NanoError} INTERNAL when a version is added twice or an unknown one is named, or the disk refuses
   */
  commit(change: StateChange): void {
    this.#database.transaction(() => {
      for (const name of change.forgetApps ?? []) this.#database.run("DELETE FROM apps WHERE name = ?", name);
      for (const app of change.apps ?? []) this.#putApp(app);
      for (const { app, version } of change.removeVersions ?? []) this.#removeVersion(app, version);
      for (const record of change.addVersions ?? []) this.#addVersion(record);
      for (const { app, version, previewHost } of change.setPreview ?? []) this.#setPreview(app, version, previewHost);
      this.#addHistory(change.history ?? []);
      if (change.fleet !== undefined) { for (const record of change.fleet) this.fleet.put(record); }
      else if (this.#wasInFleet && this.#fleet === null && changesApps(change)) FleetRows.leave(this.#database);
    });
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]();
  }

  #putApp(app: KeptApp): void {
    this.#database.run(
      `INSERT OR REPLACE INTO apps
        (name, entry, patch, hides, active_version, previous_version, rollout_version, rollout_percent)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      app.name,
      app.entry && JSON.stringify(app.entry),
      app.patch && JSON.stringify(app.patch),
      app.hides,
      app.activeVersion,
      app.previousVersion,
      app.rollout?.version ?? null,
      app.rollout?.percent ?? null,
    );
  }

  #addVersion(record: VersionRecord): void {
    const number = versionNumber(record.version);
    this.#database.run(
      `INSERT INTO version_counters (app, last) VALUES (?, ?)
        ON CONFLICT (app) DO UPDATE SET last = max(last, excluded.last)`,
      record.app,
      number,
    );
    const { app, createdAt, bytes, files, note, actor, previewHost } = record;
    this.#database.run(
      `INSERT INTO versions (app, number, created_at, bytes, files, note, actor, preview_host)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[app, number, createdAt, bytes, files, note, actor, previewHost],
    );
  }

  #removeVersion(app: string, version: string): void {
    const number = versionNumber(version);
    known(this.#database.run("DELETE FROM versions WHERE app = ? AND number = ?", app, number), app, version);
  }

  #setPreview(app: string, version: string, previewHost: string | null): void {
    const sql = "UPDATE versions SET preview_host = ? WHERE app = ? AND number = ?";
    known(this.#database.run(sql, previewHost, app, versionNumber(version)), app, version);
  }

  #addHistory(entries: readonly Omit<HistoryEntry, "id">[]): void {
    for (const { at, actor, action, app, detail, error } of entries) {
      this.#database.run(
        "INSERT INTO history (at, actor, action, app, detail, error) VALUES (?, ?, ?, ?, ?, ?)",
        ...[at, actor, action, app, detail, error],
      );
    }
    // Ids have no gaps: a transaction that is rolled back gives them back.
    if (entries.length === 0) return;
    this.#database.run("DELETE FROM history WHERE id <= (SELECT max(id) FROM history) - ?", MAX_HISTORY_ENTRIES);
  }

  #keptApp(row: StateRow): KeptApp {
    const rollout = text(row["rollout_version"]);
    return {
      name: String(row["name"]),
      entry: this.#record(row, "entry"),
      patch: this.#record(row, "patch"),
      hides: text(row["hides"]),
      activeVersion: text(row["active_version"]),
      previousVersion: text(row["previous_version"]),
      rollout: rollout === null ? null : { version: rollout, percent: Number(row["rollout_percent"]) },
    };
  }

  #record(row: StateRow, column: "entry" | "patch"): Readonly<Record<string, unknown>> | null {
    const json = text(row[column]);
    if (json === null) return null;
    try {
      return JSON.parse(json);
    } catch (cause) {
      throw this.#database.damaged(`"${column}" of app "${row["name"]}" is no JSON`, cause);
    }
  }
}

function changesApps({ history: _history, ...change }: StateChange): boolean {
  return Object.values(change).some((part) => Array.isArray(part) && part.length > 0);
}

function text(column: StateValue | undefined): string | null {
  return column === null || column === undefined ? null : String(column);
}

function versionName(number: number): string {
  return `v${number}`;
}

function versionNumber(version: string): number {
  const number = /^v([1-9][0-9]{0,14})$/.exec(version)?.[1];
  if (number === undefined) throw new NanoError("INTERNAL", `Cannot keep version "${version}": its name is no "v<n>"`);
  return Number(number);
}

function known(changedRows: number, app: string, version: string): void {
  if (changedRows === 1) return;
  throw new NanoError("INTERNAL", `Cannot change version "${version}" of app "${app}": there is no such version`);
}

function versionRecord(row: StateRow): VersionRecord {
  return {
    app: String(row["app"]),
    version: versionName(Number(row["number"])),
    createdAt: Number(row["created_at"]),
    bytes: Number(row["bytes"]),
    files: Number(row["files"]),
    note: String(row["note"]),
    actor: String(row["actor"]),
    previewHost: text(row["preview_host"]),
  };
}

function historyEntry(row: StateRow): HistoryEntry {
  return {
    id: Number(row["id"]),
    at: Number(row["at"]),
    actor: String(row["actor"]),
    // Written by commit() only, which takes nothing else.
    action: String(row["action"]) as ChangeAction,
    app: text(row["app"]),
    detail: String(row["detail"]),
    error: text(row["error"]),
  };
}
