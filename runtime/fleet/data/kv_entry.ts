/** What stands under a key of a KV namespace of a fleet, as the bytes of one message. */
import type { EntryPlace } from "./key_entries.ts";
import { framed, unframed } from "./message_frame.ts";

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
export interface KvKept extends EntryPlace {
  readonly facts: KvFacts;
  /** Nothing when it is in parts. */
  readonly value: Uint8Array;
}

/** @param value nothing when it is in parts */
export function encodeEntry(facts: KvFacts, value: Uint8Array): Uint8Array {
  return framed(facts, value);
}

/** @throws {Error} when a newer NANO has written it */
export function decodeEntry(message: Uint8Array): Pick<KvKept, "facts" | "value"> {
  const { facts, bytes } = unframed<KvFacts>(message);
  return { facts, value: bytes };
}
