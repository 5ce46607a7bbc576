/** What a fleet's record says about an app: its row, its versions with the digests of their archives, who changed it. */
import type { ChangeAction } from "../terms/operations.ts";
import type { FleetRecord } from "./fleet_store.ts";
import type { FleetRows, HeldRecord } from "../store/fleet_rows.ts";
import type { KeptApp, VersionRecord } from "../store/kept_state.ts";

/**
 * Grows with every change of the shape that an older NANO would misread; such a record is kept, and not followed. A field
 * that may be carried along unread needs no new format: nodes that do not know it leave it where it is, in the record, in
 * the row, in a version, until that goes.
 */
export const RECORD_FORMAT = 1;
/** What the key of an app's record begins with. */
const APP_PREFIX = "app.";

/** A version as the fleet has it. */
export interface FleetVersion extends Omit<VersionRecord, "app"> {
  /** SHA-256 of its archive. */
  readonly digest: string;
  /** Whether nothing in it says how the app is run, so that it can be known without its files; left out: nobody looked. */
  readonly plain?: boolean;
}

/** Who changed an app, for the history of every node. */
export interface ChangedBy {
  readonly actor: string;
  readonly action: ChangeAction;
  readonly detail: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Name of the node that was asked. */
  readonly node: string;
}

/** A record of an app. */
export interface AppRecord {
  /** Number of the newest version that there ever was. */
  readonly last: number;
  /** Null when nothing is kept about it any more. */
  readonly row: Omit<KeptApp, "name"> | null;
  /** Newest first. */
  readonly versions: readonly FleetVersion[];
  readonly by: ChangedBy | null;
}

/** Nothing kept under a name. */
export const NO_RECORD: AppRecord = { last: 0, row: null, versions: [], by: null };

/** What came of reading a record: what it says, or why it cannot be followed. */
export type ReadRecord = { readonly record: AppRecord } | { readonly why: string; readonly isNewer: boolean };

/** A version without what the fleet alone says of it. */
export function versionRecordOf(
  app: string,
  { version, createdAt, bytes, files, note, actor, previewHost }: FleetVersion,
): VersionRecord {
  return { app, version, createdAt, bytes, files, note, actor, previewHost };
}

/** The key of an app's record. */
export function appKey(app: string): string {
  return APP_PREFIX + app;
}

/** The app that a key is about, or null. */
export function appOfKey(key: string): string | null {
  return key.startsWith(APP_PREFIX) ? key.slice(APP_PREFIX.length) : null;
}

/** @param held value: the JSON of a record, or null for a key that is gone; null: there is none */
export function readRecord(held: { readonly format: number; readonly value: string | null } | null): ReadRecord {
  if (held === null) return { record: NO_RECORD };
  if (held.format > RECORD_FORMAT) {
    const why = `its record needs a newer NANO (format ${held.format}, this one knows ${RECORD_FORMAT})`;
    return { why, isNewer: true };
  }
  if (held.value === null) return { record: NO_RECORD };
  let read: Partial<AppRecord> | null;
  try {
    read = JSON.parse(held.value);
  } catch {
    return { why: "its record is no JSON", isNewer: false };
  }
  if (typeof read !== "object" || read === null || !Array.isArray(read.versions) || typeof read.last !== "number") {
    return { why: "its record is none of NANO's", isNewer: false };
  }
  return { record: read as AppRecord };
}

/** A record of the engine as a node keeps it. */
export function heldOf({ key, id, format, value, revision }: FleetRecord): HeldRecord {
  return { key, revision, changeId: id, format, value: value === null ? null : JSON.stringify(value), why: null };
}

/** Digests of all archives that records of a node name; null when a newer NANO has written some, which may name others. */
export function digestsOf(rows: Pick<FleetRows, "held" | "record">): Set<string> | null {
  const all = rows.held().map(({ key }) => readRecord(rows.record(key)));
  if (all.some((read) => "why" in read && read.isNewer)) return null;
  return new Set(all.flatMap((read) => "record" in read ? read.record.versions.map(({ digest }) => digest) : []));
}

/** Number of a version, as 3 of `v3`. */
export function versionNumberOf(version: string): number {
  return Number(version.slice(1));
}
