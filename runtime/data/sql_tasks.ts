/** Work on a database and a file beside it: an import, an export, a copy. */
import { join } from "node:path";
import { preparedPath } from "./prepared_path.ts";
import { SqlError } from "./sql_error.ts";
import { exportSql, type SqlExportOptions } from "./sql_export.ts";
import { importSql } from "./sql_import.ts";
import type { SqlStatement } from "./sql_messages.ts";

/** Files are named from the folder of all data. */
export type SqlTask =
  /** Runs the SQL of a file on the store of the call, then these statements, all as one transaction. */
  | { readonly task: "import"; readonly file: string; readonly after?: readonly string[] }
  /** Writes another store into a new file; the store of the call is none, so that nobody waits for it. */
  | ({ readonly task: "export"; readonly store: string; readonly file: string } & SqlExportOptions);

/** Where a task runs. */
export interface TaskPlace {
  readonly folder: string;
  readonly store: string;
  readonly maxBytes: number;
}

/** A task as the statements of a call. */
export function taskStatements(task: SqlTask): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([{ sql: JSON.stringify(task), params: [] }]));
}

/**
 * Does it.
 * @returns JSON of what it came to
 * @throws {SqlError} what people are told
 */
export function runSqlTask({ folder, store, maxBytes }: TaskPlace, statements: readonly SqlStatement[]): string {
  const task = JSON.parse(statements[0]!.sql) as SqlTask;
  const file = join(folder, task.file);
  switch (task.task) {
    case "import":
      return importSql(preparedPath(folder, store), { file, after: task.after ?? [], maxBytes });
    case "export":
      exportSql(preparedPath(folder, task.store), file, task);
      return "{}";
    default:
      throw new SqlError("There is no such task");
  }
}
