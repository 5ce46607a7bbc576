/** Reads what an app wants written at once into its `Deno.Kv`, and refuses what Deno refuses, in its words. */
import {
  KV_KIND,
  type KvCommit,
  type KvKind,
  type KvMutationType,
  MAX_CHECKS,
  MAX_COMMIT_BYTES,
  MAX_COMMIT_KEY_BYTES,
  MAX_MUTATIONS,
  MAX_VALUE_BYTES,
  MAX_WRITE_KEY_BYTES,
  VERSIONSTAMP,
} from "../protocol/deno_kv.ts";
import { BindingError } from "../protocol/binding_call.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A change of one key. */
export interface KvMutation {
  readonly key: Bytes;
  readonly type: KvMutationType;
  readonly kind: KvKind;
  readonly value: Bytes;
  readonly expireIn: number | null;
}

/** A message on its way into the queue. */
export interface KvEnqueue {
  readonly payload: Bytes;
  readonly delayMs: number;
  /** Hexadecimal. */
  readonly keysIfUndelivered: readonly string[];
  readonly backoffMs: readonly number[];
}

/** A commit whose parts are what they say. */
export interface ParsedCommit {
  readonly checks: readonly { readonly key: Bytes; readonly version: number | null }[];
  readonly mutations: readonly KvMutation[];
  readonly enqueues: readonly KvEnqueue[];
  /** Of all keys, values and payloads. */
  readonly bytes: number;
}

const TYPES: readonly unknown[] = ["set", "setVersioned", "delete", "sum", "min", "max"] satisfies KvMutationType[];
const KINDS: readonly unknown[] = Object.values(KV_KIND);
/** As Deno has it: 30 days, and five waits of an hour at most. */
const MAX_DELAY_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_BACKOFFS = 5;
const MAX_BACKOFF_MS = 60 * 60 * 1000;
const MAX_UNDELIVERED_KEYS = 1000;
/** No time that SQLite or a Date could not hold. */
const MAX_EXPIRE_MS = 8.64e15;

/**
 * @param text JSON of a {@linkcode KvCommit}, which may be forged
 * @throws {BindingError} a TypeError
 */
export function parseCommit(text: string): ParsedCommit {
  const { checks, mutations, enqueues } = shapeOf(text);
  if (checks.length > MAX_CHECKS) throw refused(`Too many checks (max ${MAX_CHECKS})`);
  if (mutations.length + enqueues.length > MAX_MUTATIONS) throw refused(`Too many mutations (max ${MAX_MUTATIONS})`);
  let keyBytes = 0;
  let bytes = 0;
  const keyOf = (written: unknown) => {
    const key = writtenKey(written);
    keyBytes += key.byteLength;
    bytes += key.byteLength;
    return key;
  };
  const parsed = {
    checks: checks.map(([key, stamp]) => ({ key: keyOf(key), version: versionOf(stamp) })),
    mutations: mutations.map(([key, type, kind, value, expireIn]): KvMutation => {
      if (!TYPES.includes(type) || !KINDS.includes(kind) || !isTime(expireIn)) throw forged();
      const own = bytesOf(value);
      if (kind === KV_KIND.U64 && own.byteLength !== 8) throw forged();
      if (own.byteLength > MAX_VALUE_BYTES) throw refused(`Value too large (max ${MAX_VALUE_BYTES} bytes)`);
      bytes += own.byteLength;
      return {
        key: keyOf(key),
        type: type as KvMutationType,
        kind: kind as KvKind,
        value: own,
        expireIn: expireIn as number | null,
      };
    }),
    enqueues: enqueues.map(([written, delayMs, keys, backoffMs]): KvEnqueue => {
      const payload = bytesOf(written);
      if (payload.byteLength > MAX_VALUE_BYTES) {
        throw refused(`enqueue payload too large (max ${MAX_VALUE_BYTES} bytes)`);
      }
      if (!isWithin(delayMs, MAX_DELAY_MS)) throw forged();
      if (!Array.isArray(keys) || keys.length > MAX_UNDELIVERED_KEYS) throw forged();
      if (!Array.isArray(backoffMs) || backoffMs.length > MAX_BACKOFFS) throw forged();
      if (!backoffMs.every((one) => isWithin(one, MAX_BACKOFF_MS))) throw forged();
      bytes += payload.byteLength;
      const keysIfUndelivered = keys.map((key) => {
        const one = bytesOf(key);
        if (one.byteLength > MAX_WRITE_KEY_BYTES) throw tooLongKey();
        keyBytes += one.byteLength;
        bytes += one.byteLength;
        return one.toHex();
      });
      return { payload, delayMs: delayMs as number, keysIfUndelivered, backoffMs };
    }),
  };
  if (bytes > MAX_COMMIT_BYTES) throw refused(`Total mutation size too large (max ${MAX_COMMIT_BYTES} bytes)`);
  if (keyBytes > MAX_COMMIT_KEY_BYTES) throw refused(`Total key size too large (max ${MAX_COMMIT_KEY_BYTES} bytes)`);
  return { ...parsed, bytes };
}

/** A TypeError of the app's. */
export function refused(message: string): BindingError {
  return new BindingError(message, { name: "TypeError" });
}

type Row = readonly unknown[];

function shapeOf(text: string): { checks: Row[]; mutations: Row[]; enqueues: Row[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw forged();
  }
  const { checks, mutations, enqueues } = (value ?? {}) as Partial<Record<keyof KvCommit, unknown>>;
  for (const list of [checks, mutations, enqueues]) {
    if (!Array.isArray(list) || !list.every(Array.isArray)) throw forged();
  }
  return { checks, mutations, enqueues } as { checks: Row[]; mutations: Row[]; enqueues: Row[] };
}

function writtenKey(written: unknown): Bytes {
  const key = bytesOf(written);
  if (key.byteLength === 0) throw refused("key cannot be empty");
  if (key.byteLength > MAX_WRITE_KEY_BYTES) throw tooLongKey();
  return key;
}

function versionOf(stamp: unknown): number | null {
  if (stamp === null) return null;
  if (typeof stamp !== "string" || !VERSIONSTAMP.test(stamp)) throw refused("Invalid check");
  return Number.parseInt(stamp.slice(0, 16), 16);
}

function bytesOf(written: unknown): Bytes {
  if (typeof written !== "string") throw forged();
  try {
    return Uint8Array.fromBase64(written);
  } catch {
    throw forged();
  }
}

function isTime(value: unknown): boolean {
  return value === null || isWithin(value, MAX_EXPIRE_MS);
}

function isWithin(value: unknown, most: number): boolean {
  return typeof value === "number" && value >= 0 && value <= most;
}

function tooLongKey(): BindingError {
  return refused(`Key too large for write (max ${MAX_WRITE_KEY_BYTES} bytes)`);
}

/** What Deno.Kv of an isolate never sends. */
function forged(): BindingError {
  return refused("Cannot write: this is no commit of Deno.Kv");
}
