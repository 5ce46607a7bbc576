/** Puts files of stores in the place of others, all of them or none, whatever ends the process meanwhile. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../errors.ts";
import { syncPathSync } from "../machine/sync_path.ts";

/** Below the data folder; no kind of store has these names. */
export const RESTORE_FOLDER = ".restore";
/** The same for what goes out. */
export const BACKUP_FOLDER = ".backup";
const PLAN_NAME = "plan.json";
/** Ending of a database. */
const DATABASE = ".db";

/** Which files go where. */
export interface RestorePlan {
  /** Name of the folder in which they wait. */
  readonly id: string;
  /** As `kv/cache`. */
  readonly stores: readonly string[];
}

/** How a file gets another name; others are for tests. */
export type Rename = (from: string, to: string) => void;

/** Where the new file of a store waits, without its ending. */
export function waitingPath(folder: string, id: string, store: string): string {
  return join(folder, RESTORE_FOLDER, id, "new", store);
}

/**
 * Does it. Nobody may have one of the files open. Once the plan is on the disk a crash does not undo it: the next start
 * goes on.
 * @throws when a file cannot be moved; all are where they were then
 */
export function swapStores(folder: string, plan: RestorePlan, rename: Rename = renameSync): void {
  if (existsSync(join(folder, RESTORE_FOLDER, PLAN_NAME))) {
    throw new Error("Cannot exchange files: an earlier restore is not over, and the next start of NANO ends it");
  }
  writePlan(folder, plan);
  try {
    for (const store of plan.stores) moveIn({ folder, id: plan.id, store, rename });
    syncFolders(folder, plan);
  } catch (error) {
    try {
      for (const store of plan.stores.toReversed()) moveOut({ folder, id: plan.id, store, rename });
      syncFolders(folder, plan);
    } catch (second) {
      const why = `${messageOf(error)}, and what was moved could not be moved back: ${messageOf(second)}`;
      throw new Error(`${why}; the next start of NANO ends the restore`, { cause: error });
    }
    removePlan(folder);
    throw error;
  }
  removePlan(folder);
}

/**
 * Ends what a crash has interrupted: a restore that had begun to move files is done, another one has not happened.
 * Nobody may have a file of a store open yet.
 * @returns whether there was a restore to go on with
 */
export function finishRestore(folder: string): boolean {
  const path = join(folder, RESTORE_FOLDER, PLAN_NAME);
  const isPlanned = existsSync(path);
  if (isPlanned) {
    const plan = JSON.parse(readFileSync(path, "utf8")) as RestorePlan;
    for (const store of plan.stores) moveIn({ folder, id: plan.id, store, rename: renameSync });
    syncFolders(folder, plan);
    removePlan(folder);
  }
  for (const name of [RESTORE_FOLDER, BACKUP_FOLDER]) rmSync(join(folder, name), { recursive: true, force: true });
  return isPlanned;
}

interface Move {
  readonly folder: string;
  readonly id: string;
  readonly store: string;
  readonly rename: Rename;
}

/** Of a bucket the files of its objects, too: before the rows that name them. What an app writes is a folder by itself. */
function partsOf(store: string): readonly string[] {
  if (store.startsWith("files/")) return [""];
  return store.startsWith("r2/") ? [".files", DATABASE] : [DATABASE];
}

function placesOf({ folder, id, store }: Move, part: string) {
  return {
    now: join(folder, `${store}${part}`),
    next: `${waitingPath(folder, id, store)}${part}`,
    before: join(folder, RESTORE_FOLDER, id, "old", `${store}${part}`),
  };
}

/** As long as the new file waits, all that has the place is old; so this may be done again after a crash in it. */
function moveIn(move: Move): void {
  for (const part of partsOf(move.store)) {
    const { now, next, before } = placesOf(move, part);
    if (!existsSync(next)) continue;
    mkdirSync(dirname(before), { recursive: true, mode: 0o700 });
    mkdirSync(dirname(now), { recursive: true, mode: 0o700 });
    moveIfThere(now, before, move.rename);
    // What a crash has left in a log belongs to its own file, and would spoil another one.
    if (part === DATABASE) {
      moveIfThere(`${now}-wal`, `${before}-wal`, move.rename);
      rmSync(`${now}-shm`, { force: true });
    }
    move.rename(next, now);
  }
}

function moveOut(move: Move): void {
  for (const part of partsOf(move.store).toReversed()) {
    const { now, next, before } = placesOf(move, part);
    if (!existsSync(next) && existsSync(now)) move.rename(now, next);
    moveIfThere(before, now, move.rename);
    if (part === DATABASE) moveIfThere(`${before}-wal`, `${now}-wal`, move.rename);
  }
}

function moveIfThere(from: string, to: string, rename: Rename): void {
  if (existsSync(from)) rename(from, to);
}

function writePlan(folder: string, plan: RestorePlan): void {
  const path = join(folder, RESTORE_FOLDER, PLAN_NAME);
  // All that is named has to be on the disk before the plan is.
  for (const store of plan.stores) syncPathSync(dirname(waitingPath(folder, plan.id, store)));
  const file = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(file, new TextEncoder().encode(JSON.stringify(plan)));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  syncPathSync(dirname(path));
}

function removePlan(folder: string): void {
  rmSync(join(folder, RESTORE_FOLDER, PLAN_NAME), { force: true });
  syncPathSync(join(folder, RESTORE_FOLDER));
}

function syncFolders(folder: string, { stores }: RestorePlan): void {
  for (const kind of new Set(stores.map((store) => dirname(store)))) {
    if (existsSync(join(folder, kind))) syncPathSync(join(folder, kind));
  }
}
