/** What people do with the queues of apps, from outside of any app. */
import type { ChangeRequest } from "./change_request.ts";
import type { StoreUse } from "./store_use.ts";

/** A queue. */
export interface QueueView {
  /** As nano.json names it; one of a Workers project is named after its app and its queue. */
  readonly name: string;
  /** Bindings that send to it. */
  readonly producers: readonly StoreUse[];
  /** The app that gets its messages, or null. */
  readonly consumer: string | null;
  /** Where messages go that its consumer has failed at too often; null when they are deleted. */
  readonly deadLetterQueue: string | null;
  /** Queues whose dead letters come here. */
  readonly deadLettersOf: readonly string[];
  /** That wait in it, with those that a consumer has. */
  readonly messages: number;
  /** Of all bodies. */
  readonly bytes: number;
  /** That all bodies may have: `storage_mb` of the apps that use it. */
  readonly maxBytes: number;
  /** Messages that may not be delivered yet. */
  readonly delayed: number;
  /** Messages that a consumer has. */
  readonly leased: number;
  /** When the oldest was sent, in ms since the epoch; null when there is none. */
  readonly oldest: number | null;
  /** That it takes on the disk. */
  readonly storedBytes: number;
}

/** A message. */
export interface QueueMessageView {
  /** As its consumer is told it; a dead letter keeps it. */
  readonly id: string;
  /** When it was sent first, in ms since the epoch. */
  readonly sent: number;
  /** When it may be delivered, or is free again when its consumer says nothing; in ms since the epoch. */
  readonly visible: number;
  /** Whether a consumer has it. */
  readonly isLeased: boolean;
  /** How often it was delivered in vain, in this queue. */
  readonly failures: number;
  /** How its body is read. */
  readonly type: "text" | "bytes" | "json" | "v8";
  /** The queue in which it became a dead letter, or null. */
  readonly origin: string | null;
  /** Of its whole body. */
  readonly size: number;
  /** As many bytes of it as were asked for. */
  readonly body: Uint8Array;
}

/** Which messages are wanted. */
export interface QueuePageQuery {
  /** Of the page before, or null. */
  readonly cursor: number | null;
  /** 1 to 100. */
  readonly limit: number;
  /** Of each body. */
  readonly bodyBytes: number;
}

/** A page of messages, in the order in which they came. */
export interface QueueMessagePage {
  /** At most as many as were asked for. */
  readonly messages: readonly QueueMessageView[];
  /** Where the next page begins, or null when there is none. */
  readonly cursor: number | null;
}

/** A message to send. */
export interface QueueSend {
  /** How its body is read. */
  readonly type: "text" | "bytes" | "json";
  /** Up to 128,000 bytes. */
  readonly body: Uint8Array;
  /** Until it may be delivered, or null for at once. */
  readonly delaySeconds: number | null;
}

/**
 * Why a message was not put back: it is not there; it is no dead letter; a consumer has it; the queue it came from has
 * it still, or again.
 */
export type QueueRetryRefusal = "missing" | "no_dead_letter" | "leased" | "in_origin";

/** What came of putting dead letters back. */
export interface QueueRetryOutcome {
  /** Messages that are in the queue they came from. */
  readonly done: number;
  /** How many are where they were, by the reason. */
  readonly left: Readonly<Record<QueueRetryRefusal, number>>;
}

/** The queues; what is sent is checked as what apps send. */
export interface QueueOperations {
  /** All that apps name, and those that are left on the disk; sorted by name. */
  list(): Promise<readonly QueueView[]>;
  /** One queue. @throws {NanoError} NOT_FOUND */
  info(queue: string): Promise<QueueView>;
  /** A page of messages; they stay where they are. @throws {NanoError} NOT_FOUND */
  peek(queue: string, query: QueuePageQuery): Promise<QueueMessagePage>;
  /** Sends a message. @throws {NanoError} NOT_FOUND, USAGE, BODY_TOO_LARGE, CONFLICT when the queue is full */
  send(queue: string, message: QueueSend, by: ChangeRequest): Promise<void>;
  /** Deletes all messages that are there now. @returns how many @throws {NanoError} NOT_FOUND */
  purge(queue: string, by: ChangeRequest): Promise<number>;
  /**
   * Puts dead letters back into the queues they came from: each is in one of the two at any time, or for a moment in
   * both. It counts its failures anew.
   *
   * @param ids which; null for all that are there now
   * @throws {NanoError} NOT_FOUND, USAGE, CONFLICT when a queue is full
   */
  retry(queue: string, ids: readonly string[] | null, by: ChangeRequest): Promise<QueueRetryOutcome>;
}
