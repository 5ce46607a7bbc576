/** Looks whether the file of a store that came in from outside may take the place of the one that there is. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { messageOf } from "../errors.ts";
import { DenoKvFile } from "./deno_kv_file.ts";
import { KvFile } from "./kv_file.ts";
import { QueueFile } from "./queue_file.ts";
import { blobsOf, openR2Tables } from "./r2_tables.ts";
import { linked } from "./store_snapshot.ts";

/** What is looked at; paths are absolute. */
export interface CheckAsk {
  /** Folder of such stores: `kv`, `d1`, `queues`, `r2`. */
  readonly kind: string;
  /** The database, which is brought to the tables of this NANO. */
  readonly path: string;
  /** Of a bucket: where files of objects lie, and the folder that is to have its own. */
  readonly objects: { readonly from: string; readonly to: string } | null;
}

/** Why a file is none. */
export class BadStore extends Error {
  override readonly name = "BadStore";
}

/** @throws {BadStore} for a file that this NANO cannot use */
export function checkStore({ kind, path, objects }: CheckAsk): void {
  try {
    checkPages(path);
    openTables(kind, path);
  } catch (error) {
    throw error instanceof BadStore ? error : new BadStore(messageOf(error).replace(`"${path}"`, "it"));
  }
  if (objects !== null) takeObjects(path, objects);
}

function checkPages(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec("PRAGMA trusted_schema = OFF");
    const { quick_check: found } = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (found !== "ok") throw new BadStore(found);
  } finally {
    database.close();
  }
}

/** By the one who uses it: who cannot prepare a statement on it says so. */
function openTables(kind: string, path: string): void {
  if (kind === "kv" || kind === "storage") new KvFile(path, Date.now)[Symbol.dispose]();
  else if (kind === "deno_kv") new DenoKvFile(path, Date.now)[Symbol.dispose]();
  else if (kind === "queues") new QueueFile(path)[Symbol.dispose]();
  else if (kind === "r2") openR2Tables(path).database.close();
}

function takeObjects(path: string, { from, to }: NonNullable<CheckAsk["objects"]>): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const { database, statements } = openR2Tables(path);
  try {
    for (const { hash, size } of blobsOf(statements)) {
      if (!/^[0-9a-f]{64}$/.test(hash)) throw new BadStore("it names an object's file that can be none");
      try {
        linked(join(from, hash), join(to, hash));
      } catch (error) {
        if ((error as { code?: unknown }).code !== "ENOENT") throw error;
        throw new BadStore(`the file "${hash}" of an object is missing`);
      }
      if (statSync(join(to, hash)).size !== size) throw new BadStore(`the file "${hash}" has another size`);
    }
  } finally {
    database.close();
  }
}
