/** What stands under a key of a bucket of a fleet, as the bytes of one message. */
import type { ObjectFacts } from "../../data/r2_entry.ts";
import { framed, unframed } from "./message_frame.ts";

/** What is known of a key. */
export interface BucketFacts {
  /** Of the change that made it: who got no answer finds out by it whether it was kept. */
  readonly id: string;
  /** Null when there is none any more: the key's message stays for a while, so that late tries of a change fail. */
  readonly object: Omit<ObjectFacts, "key"> | null;
  /** Where its bytes are; null when they follow in the message. */
  readonly content: ObjectContent | null;
}

/** Bytes of an object, which never change: others have other names. */
export interface ObjectContent {
  /** What they are removed by: of one put, or of one upload of several parts. */
  readonly owner: string;
  /** What its parts are called, in order. */
  readonly pieces: readonly string[];
  /** Of each but the last. */
  readonly pieceBytes: number;
}

/** An entry. */
export interface BucketEntry {
  readonly facts: BucketFacts;
  /** Nothing when they are elsewhere. */
  readonly bytes: Uint8Array;
}

/** The message of an entry. */
export function encodeBucketEntry({ facts, bytes }: BucketEntry): Uint8Array {
  return framed(facts, bytes);
}

/** @throws {Error} when a newer NANO has written it */
export function decodeBucketEntry(message: Uint8Array): BucketEntry {
  return unframed<BucketFacts>(message);
}
