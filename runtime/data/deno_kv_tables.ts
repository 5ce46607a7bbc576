/** Tables and statements of a file of `Deno.openKv`. */
import { type NamedStatements, USED_BYTES_SQL } from "./open_store.ts";

/** Each step leads from `user_version` = its index to the next; a released step is never edited, only followed. */
export const DENO_KV_TABLES: readonly string[] = [
  // A space is a database of the app: "" without a path. Values stand last: who looks at a version reads none.
  `CREATE TABLE spaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE versions (last INTEGER NOT NULL) STRICT;
  INSERT INTO versions VALUES (0);
  CREATE TABLE entries (
    space INTEGER NOT NULL,
    key BLOB NOT NULL,
    kind INTEGER NOT NULL,
    version INTEGER NOT NULL,
    expires INTEGER,
    value BLOB NOT NULL,
    PRIMARY KEY (space, key)
  ) STRICT;
  CREATE INDEX entries_by_expiry ON entries (expires) WHERE expires IS NOT NULL;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    space INTEGER NOT NULL,
    due INTEGER NOT NULL,
    lease TEXT,
    payload BLOB NOT NULL,
    backoff TEXT NOT NULL,
    undelivered TEXT NOT NULL
  ) STRICT;
  CREATE INDEX waiting ON messages (space, due, id) WHERE lease IS NULL;
  CREATE INDEX leased ON messages (lease) WHERE lease IS NOT NULL;`,
];

const ALIVE = "(expires IS NULL OR expires > ?)";

/** What is asked of them. */
export const DENO_KV_SQL = {
  space: "SELECT id FROM spaces WHERE name = ?",
  addSpace: "INSERT INTO spaces (name) VALUES (?)",
  spaces: "SELECT count(*) AS count FROM spaces",
  nextVersion: "UPDATE versions SET last = last + 1 RETURNING last",
  get: `SELECT key, kind, version, value FROM entries WHERE space = ? AND key = ? AND ${ALIVE}`,
  version: `SELECT version FROM entries WHERE space = ? AND key = ? AND ${ALIVE}`,
  list: `SELECT key, kind, version, value FROM entries WHERE space = ? AND key >= ? AND key < ? AND ${ALIVE}
    ORDER BY key LIMIT ?`,
  listBack: `SELECT key, kind, version, value FROM entries WHERE space = ? AND key >= ? AND key < ? AND ${ALIVE}
    ORDER BY key DESC LIMIT ?`,
  set: `INSERT INTO entries (space, key, kind, version, expires, value) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (space, key) DO UPDATE
    SET kind = excluded.kind, version = excluded.version, expires = excluded.expires, value = excluded.value`,
  delete: "DELETE FROM entries WHERE space = ? AND key = ?",
  sweep: `DELETE FROM entries WHERE rowid IN
    (SELECT rowid FROM entries WHERE expires <= ? ORDER BY expires LIMIT ?)`,
  enqueue: "INSERT INTO messages (space, due, payload, backoff, undelivered) VALUES (?, ?, ?, ?, ?)",
  strays: "UPDATE messages SET lease = NULL WHERE lease IS NOT NULL AND substr(lease, 1, 36) <> ?",
  ready: `SELECT id, payload FROM messages WHERE lease IS NULL AND space = ? AND due <= ? ORDER BY due, id LIMIT 1`,
  lease: "UPDATE messages SET lease = ? WHERE id = ?",
  nextDue: "SELECT min(due) AS due FROM messages WHERE lease IS NULL AND space = ?",
  message: "SELECT id, space, payload, backoff, undelivered FROM messages WHERE id = ? AND lease = ?",
  retry: "UPDATE messages SET lease = NULL, due = ?, backoff = ? WHERE id = ?",
  forget: "DELETE FROM messages WHERE id = ?",
  release: "UPDATE messages SET lease = NULL, due = ?1 WHERE lease = ?2 AND (?3 IS NULL OR id = ?3)",
  pages: USED_BYTES_SQL,
} as const;

/** By name. */
export type DenoKvStatements = NamedStatements<keyof typeof DENO_KV_SQL>;
