/** Opens the SQLite file of a store that the data thread keeps. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { migrate } from "./migrate.ts";

/** SQL of the bytes of the pages in use. */
export const USED_BYTES_SQL =
  "SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size";

/** Statements that stay read, by their names. */
export type NamedStatements<Name extends string> = Readonly<Record<Name, StatementSync>>;

/**
 * Opens the file, which is made when it is missing, brings its tables to what this NANO knows, and reads its statements.
 * @param steps as {@linkcode migrate} takes them
 */
export function openStore<Name extends string>(
  path: string,
  steps: readonly string[],
  sql: Readonly<Record<Name, string>>,
): { readonly database: DatabaseSync; readonly statements: NamedStatements<Name> } {
  const database = new DatabaseSync(path);
  try {
    // FULL: what was acknowledged survives a power cut, https://sqlite.org/pragma.html#pragma_synchronous
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000");
    migrate(database, path, steps);
    const prepared = Object.entries<string>(sql).map(([name, text]) => [name, database.prepare(text)]);
    return { database, statements: Object.fromEntries(prepared) };
  } catch (error) {
    database.close();
    throw error;
  }
}
