/** What people do with the data of apps as a whole: take a copy of it, put a copy back. */
import type { ChangeRequest } from "./change_request.ts";

/** A store in a backup. */
export interface BackupStoreView {
  /** What it is. */
  readonly kind: "kv" | "d1" | "r2" | "queue" | "storage" | "deno_kv" | "files";
  /** As nano.json names it; one of a Workers project is named after its app and its own id, `localStorage` and `Deno.Kv` after theirs. */
  readonly name: string;
  /** Apps that used it when the backup was made. */
  readonly apps: readonly string[];
  /** Of its database, or of the tar of its files; 0 when nothing was kept in it yet. */
  readonly bytes: number;
}

/** What a backup has. */
export interface BackupView {
  /** Ms since the epoch. */
  readonly createdAt: number;
  /** The app whose data it has, or null for those of all. */
  readonly app: string | null;
  /** By kind and name. */
  readonly stores: readonly BackupStoreView[];
  /** Files of R2 objects: how many, and their bytes. */
  readonly objects: { readonly files: number; readonly bytes: number };
}

/** A backup on its way out. */
export interface BackupStream {
  /** What it has. */
  readonly view: BackupView;
  /** Of the whole archive. */
  readonly bytes: number;
  /** A tar; read it to its end or cancel it. */
  readonly stream: ReadableStream<Uint8Array>;
}

/** Backups of data. */
export interface BackupOperations {
  /**
   * Copies all data of an app, or of all, while apps go on: each store as it is at one moment.
   * @throws {NanoError} NOT_FOUND for an unknown app, CONFLICT when there are too many at once
   */
  backup(app: string | null, by: ChangeRequest): Promise<BackupStream>;
  /**
   * Puts the stores of a backup in the place of those that there are, all or none; others stay as they are.
   * @param how.app only the stores of this app, or null for all
   * @param how.dryRun looks whether it could be done, and changes nothing
   * @returns what is restored
   * @throws {NanoError} USAGE for what is no backup, or is damaged; NOT_FOUND when it has nothing of the app
   */
  restore(
    archive: ReadableStream<Uint8Array>,
    how: { readonly app: string | null; readonly dryRun: boolean },
    by: ChangeRequest,
  ): Promise<BackupView>;
}
