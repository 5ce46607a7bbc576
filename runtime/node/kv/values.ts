/** Values of `Deno.Kv`, as they are kept and as the app has them. */
import { ENTRY_HEAD_BYTES, KV_KIND, type KvKind } from "../../protocol/deno_kv.ts";
import { decodeKey, type KeyPart } from "./keys.ts";

/** By V8's own format. */
export interface ValueCodec {
  readonly bytesOf: (value: unknown) => Uint8Array<ArrayBuffer>;
  readonly valueOf: (bytes: Uint8Array) => unknown;
}

/** An entry as the app gets it; of a key without a value both are null. */
export interface KvRecord {
  readonly key: KeyPart[];
  readonly value: unknown;
  readonly versionstamp: string | null;
}

/** An entry of an answer. */
export interface PackedEntry {
  readonly key: Uint8Array;
  readonly entry: KvRecord;
  /** Without leading zeros, as a watcher tells the host what it knows. */
  readonly version: string;
}

const MAX_U64 = 2n ** 64n - 1n;

/** `Deno.KvU64`. */
export class KvU64 {
  readonly value: bigint;

  constructor(value: bigint) {
    if (typeof value !== "bigint") throw new TypeError(`Value must be a bigint: received ${typeof value}`);
    if (value < 0n) throw new RangeError(`Value must be a positive bigint: received ${value}`);
    if (value > MAX_U64) throw new RangeError("Value must fit in a 64-bit unsigned integer");
    this.value = value;
    Object.freeze(this);
  }

  valueOf(): bigint {
    return this.value;
  }

  toString(): string {
    return String(this.value);
  }

  get [Symbol.toStringTag](): string {
    return "Deno.KvU64";
  }
}

/** @throws {TypeError} for what cannot be kept */
export function packKvValue(value: unknown, codec: ValueCodec): readonly [kind: KvKind, base64: string] {
  if (value instanceof Uint8Array) return [KV_KIND.BYTES, value.toBase64()];
  if (value instanceof KvU64) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value.value, true);
    return [KV_KIND.U64, bytes.toBase64()];
  }
  return [KV_KIND.V8, packMessage(value, codec)];
}

/** @throws {TypeError} for what cannot be kept */
export function packMessage(value: unknown, codec: ValueCodec): string {
  try {
    return codec.bytesOf(value).toBase64();
  } catch (error) {
    throw error instanceof DOMException ? new TypeError(error.message) : error;
  }
}

/** Entries of the body of an answer. */
export function unpackEntries(body: Uint8Array, codec: ValueCodec): PackedEntry[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const found: PackedEntry[] = [];
  for (let at = 0; at < body.byteLength;) {
    const [keyBytes, valueBytes] = [view.getUint32(at), view.getUint32(at + 4)];
    const kind = view.getUint8(at + 8);
    const version = view.getBigUint64(at + 9).toString(16);
    at += ENTRY_HEAD_BYTES;
    const key = body.slice(at, at += keyBytes);
    const value = body.slice(at, at += valueBytes);
    const versionstamp = kind === KV_KIND.NONE ? null : `${version.padStart(16, "0")}0000`;
    found.push({ key, entry: { key: decodeKey(key), value: valueOf(kind, value, codec), versionstamp }, version });
  }
  return found;
}

function valueOf(kind: number, bytes: Uint8Array<ArrayBuffer>, codec: ValueCodec): unknown {
  if (kind === KV_KIND.NONE) return null;
  if (kind === KV_KIND.BYTES) return bytes;
  if (kind === KV_KIND.U64) return new KvU64(new DataView(bytes.buffer).getBigUint64(0, true));
  return codec.valueOf(bytes);
}
