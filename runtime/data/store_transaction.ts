/** Writes to the SQLite file of a store: all of a turn or none, and of one call all or none. */
import type { DatabaseSync } from "node:sqlite";

/** Runs calls whose writes are on the disk when it returns, or none of them is. */
export function inTransaction<Result>(database: DatabaseSync, run: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = run();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Runs one call of a transaction; one that fails has changed nothing. Outside of one it only runs it. */
export function inSavepoint<Result>(database: DatabaseSync, run: () => Result): Result {
  if (!database.isTransaction) return run();
  database.exec("SAVEPOINT call");
  try {
    return run();
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK TO call");
    throw error;
  } finally {
    if (database.isTransaction) database.exec("RELEASE call");
  }
}
