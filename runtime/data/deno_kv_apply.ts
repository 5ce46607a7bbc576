/** Writes a commit into a file of `Deno.openKv`: checks first, then all of it, under one version. */
import { KV_KIND } from "../protocol/deno_kv.ts";
import { BindingError } from "../protocol/binding_call.ts";
import { type KvMutation, type ParsedCommit, refused } from "./deno_kv_commit.ts";
import { type EntryRow, versionstamp } from "./deno_kv_pack.ts";
import type { DenoKvStatements } from "./deno_kv_tables.ts";

/** Names of databases that an app may have: each is a row that nothing takes away. */
const MAX_SPACES = 1000;
/** What an entry or a message takes in the file beside its bytes, roughly. */
const ROW_BYTES = 64;
/** In a key, before and after a text: https://github.com/denoland/denokv, as FoundationDB's tuples. */
const TEXT_MARK = 2;
const U64_MASK = 2n ** 64n;

const encoder = new TextEncoder();

/** What a commit is written with. */
export interface ApplyTools {
  readonly statements: DenoKvStatements;
  /** Ms since the epoch. */
  readonly now: number;
  /** That the file holds. */
  readonly bytes: number;
  readonly maxBytes: number;
}

/** The number of a database of the app, or null when nothing was kept in it. */
export function spaceOf({ space }: DenoKvStatements, name: string): number | null {
  return (space.get(name) as { id: number } | undefined)?.id ?? null;
}

/**
 * To be called in a transaction, which is to be rolled back when it throws.
 * @returns the versionstamp, or null when a check did not hold
 */
export function applyCommit(space: string, commit: ParsedCommit, tools: ApplyTools): string | null {
  const { statements, now } = tools;
  const known = spaceOf(statements, space);
  for (const { key, version } of commit.checks) {
    const row = known === null ? undefined : statements.version.get(known, key, now) as { version: number } | undefined;
    if ((row?.version ?? null) !== version) return null;
  }
  needRoom(commit, tools);
  const id = known ?? madeSpace(statements, space);
  const { last } = statements.nextVersion.get() as { last: number };
  for (const mutation of commit.mutations) mutate(mutation, { ...tools, space: id, version: last });
  for (const { payload, delayMs, keysIfUndelivered, backoffMs } of commit.enqueues) {
    const due = now + Math.floor(delayMs);
    statements.enqueue.run(id, due, payload, JSON.stringify(backoffMs), JSON.stringify(keysIfUndelivered));
  }
  return versionstamp(last);
}

/** What is only deleted needs none, so that a full database can be emptied. */
function needRoom({ mutations, enqueues, bytes }: ParsedCommit, tools: ApplyTools): void {
  const rows = mutations.filter(({ type }) => type !== "delete").length + enqueues.length;
  if (rows === 0 || tools.bytes + bytes + rows * ROW_BYTES <= tools.maxBytes) return;
  const mb = Math.floor(tools.maxBytes / 1024 / 1024);
  throw new BindingError(`Cannot write: Deno.Kv of this app would hold more than storage_mb allows, ${mb} MiB`, {
    code: "STORAGE_FULL",
  });
}

function madeSpace(statements: DenoKvStatements, name: string): number {
  const { count } = statements.spaces.get() as { count: number };
  if (count >= MAX_SPACES) {
    throw new BindingError(`Cannot open another database: this app has ${MAX_SPACES} already`, {
      code: "STORAGE_FULL",
    });
  }
  return Number(statements.addSpace.run(name).lastInsertRowid);
}

interface Place extends ApplyTools {
  readonly space: number;
  readonly version: number;
}

function mutate({ key, type, kind, value, expireIn }: KvMutation, place: Place): void {
  const { statements, space, version, now } = place;
  const expires = expireIn === null ? null : now + Math.floor(expireIn);
  switch (type) {
    case "set":
      statements.set.run(space, key, kind, version, expires, value);
      return;
    case "setVersioned":
      statements.set.run(space, versioned(key, version), kind, version, expires, value);
      return;
    case "delete":
      statements.delete.run(space, key);
      return;
    default: {
      if (kind !== KV_KIND.U64) throw refused(`Failed to perform '${type}' mutation on a non-U64 operand`);
      const row = statements.get.get(space, key, now) as EntryRow | undefined;
      if (row !== undefined && row.kind !== KV_KIND.U64) {
        throw refused(`Failed to perform '${type}' mutation on a non-U64 value in the database`);
      }
      const next = row === undefined ? value : bytesOf(combined(type, numberOf(row.value), numberOf(value)));
      statements.set.run(space, key, kind, version, expires, next);
    }
  }
}

function versioned(key: Uint8Array, version: number): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(versionstamp(version));
  return new Uint8Array([...key, TEXT_MARK, ...text, 0]);
}

function combined(type: "sum" | "min" | "max", one: bigint, other: bigint): bigint {
  if (type === "sum") return (one + other) % U64_MASK;
  return (type === "min") === (one < other) ? one : other;
}

function numberOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

function bytesOf(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
