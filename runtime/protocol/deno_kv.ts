/** What crosses for `Deno.openKv`: limits, kinds of values, how entries lie in the body of an answer. */

// As Deno has them, https://docs.deno.com/deploy/kv/transactions/#limits and the errors of Deno 2.9.
export const MAX_READ_KEY_BYTES = 2049;
export const MAX_WRITE_KEY_BYTES = 2048;
export const MAX_VALUE_BYTES = 65_536;
export const MAX_KEYS_A_READ = 10;
export const MAX_ENTRIES_A_READ = 1000;
export const MAX_CHECKS = 100;
export const MAX_MUTATIONS = 1000;
export const MAX_COMMIT_BYTES = 819_200;
export const MAX_COMMIT_KEY_BYTES = 81_920;

/** What is kept of a value: V8's bytes of it, the bytes that it is, or 8 bytes of a number, the least first. */
export const KV_KIND = { NONE: 0, V8: 1, BYTES: 2, U64: 3 } as const;

/** One of {@linkcode KV_KIND}. */
export type KvKind = (typeof KV_KIND)[keyof typeof KV_KIND];

/**
 * Of an entry in a body: lengths of key and value as 32-bit numbers, the greatest byte first, the kind as one byte, the
 * version as a 64-bit number; then key and value. An asked key without a value has the kind NONE.
 */
export const ENTRY_HEAD_BYTES = 17;

/** Of the text of a version: 8 bytes of a number and two of zero, in hexadecimal digits. */
export const VERSIONSTAMP = /^[0-9a-f]{20}$/;

/** Types of a mutation. `setVersioned` ends its key in the versionstamp of the commit. */
export type KvMutationType = "set" | "setVersioned" | "delete" | "sum" | "min" | "max";

/** What is written at once, as JSON; keys, values and payloads are base64. */
export interface KvCommit {
  /** Versionstamp null: there must be no entry. */
  readonly checks: readonly (readonly [key: string, versionstamp: string | null])[];
  readonly mutations: readonly (readonly [
    key: string,
    type: KvMutationType,
    kind: KvKind,
    value: string,
    expireIn: number | null,
  ])[];
  readonly enqueues: readonly (readonly [
    payload: string,
    delayMs: number,
    keysIfUndelivered: readonly string[],
    backoffMs: readonly number[],
  ])[];
}

/** Longer JSON of a commit is none: all bytes that it may have as base64, and 200 characters around each part. */
export const MAX_COMMIT_CHARS: number = 2 * (MAX_COMMIT_BYTES + MAX_COMMIT_KEY_BYTES) +
  200 * (MAX_CHECKS + MAX_MUTATIONS);

/** A database of this path is in memory, and ends with the isolate. */
export const MEMORY_PATH = ":memory:";
