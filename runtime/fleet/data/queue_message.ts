/** A message of a fleet's queue, as its stream has it: the body as it was sent, everything else in a header. */
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import type { MessageType } from "../../data/queue_store.ts";

/** Nodes that know only lower ones leave such messages alone. */
const FORMAT = 1;
const HEADER = "Nano-Message";

/** What is known of a message. */
export interface MessageFacts {
  readonly id: string;
  /** When it was sent first, in ms since the epoch. */
  readonly sent: number;
  /** When it may be delivered. */
  readonly visible: number;
  /** How often it was delivered in vain. */
  readonly failures: number;
  readonly type: MessageType;
  /** The queue in which it became a dead letter, or null. */
  readonly origin: string | null;
  /** Of its body, in bytes. */
  readonly size: number;
}

/** The headers that say it: JSON in ASCII. */
export function messageHeaders(facts: MessageFacts): MsgHdrs {
  const told = headers();
  const text = JSON.stringify({ format: FORMAT, ...facts });
  told.set(HEADER, text.replace(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`));
  return told;
}

/** What they say, or null when a newer NANO has written them, or something else. */
export function messageFacts(told: MsgHdrs | undefined): MessageFacts | null {
  const text = told?.get(HEADER) ?? "";
  if (text === "") return null;
  const { format, ...facts } = JSON.parse(text);
  return format > FORMAT ? null : facts as MessageFacts;
}
