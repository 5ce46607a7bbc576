/** What stands under a key of a KV namespace of a fleet, as the bytes of one message. */

/** Nodes that know only lower ones leave such entries alone. */
const FORMAT = 1;
const LENGTH_BYTES = 4;

/** What is known of a key. */
export interface KvFacts {
  /** Of the change that made it: who got no answer finds out by it whether it was kept. */
  readonly id: string;
  /** Whether there is no value any more: the key's message stays for a while, so that late tries of a change fail. */
  readonly isDeleted: boolean;
  /** Of the value, in bytes. */
  readonly size: number;
  /** Seconds since the epoch, or null. */
  readonly expires: number | null;
  /** JSON, or null. */
  readonly metadata: string | null;
  /** Where the value is; null when it follows in the message. */
  readonly parts: KvParts | null;
}

/** A long value, which never changes: another one has other parts. */
export interface KvParts {
  readonly id: string;
  readonly count: number;
}

/** An entry as it is kept. */
export interface KvKept {
  readonly facts: KvFacts;
  /** Nothing when it is in parts. */
  readonly value: Uint8Array;
  /** Of the message in its stream. */
  readonly sequence: number;
  /** When it was kept, in ms since the epoch by the server's clock. */
  readonly at: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param value nothing when it is in parts */
export function encodeEntry(facts: KvFacts, value: Uint8Array): Uint8Array {
  const head = encoder.encode(JSON.stringify({ format: FORMAT, ...facts }));
  const bytes = new Uint8Array(LENGTH_BYTES + head.byteLength + value.byteLength);
  new DataView(bytes.buffer).setUint32(0, head.byteLength);
  bytes.set(head, LENGTH_BYTES);
  bytes.set(value, LENGTH_BYTES + head.byteLength);
  return bytes;
}

/** @throws {Error} when a newer NANO has written it */
export function decodeEntry(bytes: Uint8Array): Pick<KvKept, "facts" | "value"> {
  const end = LENGTH_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const { format, ...facts } = JSON.parse(decoder.decode(bytes.subarray(LENGTH_BYTES, end)));
  if (format > FORMAT) throw new Error(`an entry has format ${format}, which needs a newer NANO`);
  return { facts: facts as KvFacts, value: bytes.subarray(end) };
}
