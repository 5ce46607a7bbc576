/** Brings the tables of a file to what this NANO knows. */
import type { DatabaseSync } from "node:sqlite";

/**
 * Runs the steps that the file lacks, in one transaction.
 * @param path for the message
 * @param steps each leads from `user_version` = its index to the next
 */
export function migrate(database: DatabaseSync, path: string, steps: readonly string[]): void {
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version > steps.length) {
    throw new Error(`Cannot open "${path}": a newer NANO wrote it (version ${version})`);
  }
  if (version === steps.length) return;
  const missing = steps.slice(version).join("\n");
  database.exec(`BEGIN IMMEDIATE; ${missing} PRAGMA user_version = ${steps.length}; COMMIT`);
}
