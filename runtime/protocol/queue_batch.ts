/** A batch of messages on its way into an isolate, and what comes back: what became of each. */
import type { Plain } from "./binding_call.ts";

/** How many values of a batch tell of the backlog, before those of its messages. */
export const BACKLOG_FACTS = 3;
/** How many tell of a message: id, when it was sent, attempts, type, length of its body. */
export const MESSAGE_FACTS = 5;

/** A batch as it crosses: bodies are one after the other. */
export interface CrossingBatch {
  readonly queue: string;
  /** Messages and bytes in the queue, when the oldest was sent or null; then {@linkcode MESSAGE_FACTS} a message. */
  readonly facts: readonly Plain[];
  readonly bodies: Uint8Array<ArrayBuffer>;
}

/** What an app says of a message: done, or to be delivered again, after so many seconds if it says so. */
export type MessageVerdict = "ack" | { readonly delaySeconds: number | null };

/** What an app says of a batch. */
export interface BatchVerdict {
  readonly verdicts: readonly MessageVerdict[];
  /** Why its handler failed, or null when it did not. */
  readonly error: string | null;
}

/** One character a message, and the delay behind it; then, in a line of its own, why the handler failed. */
const ACK = "a";
const RETRY = "r";

/** Text of a verdict. */
export function verdictText(verdict: MessageVerdict): string {
  if (verdict === "ack") return ACK;
  return verdict.delaySeconds === null ? RETRY : `${RETRY}${verdict.delaySeconds}`;
}

/** Between the texts of two verdicts. */
export const VERDICT_SEPARATOR = ",";
/** Before the text of the error. */
export const ERROR_SEPARATOR = "\n";
