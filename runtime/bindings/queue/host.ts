/** What a queue does for those who send to it: checks as Workers do, keeps messages in a store. */
import type { Backlog, MessageType, QueueStore, SentMessage } from "../../data/queue_store.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type CallBody,
  type Plain,
} from "../../protocol/binding_call.ts";

// https://developers.cloudflare.com/queues/platform/limits/
const MAX_MESSAGES = 100;
const MAX_MESSAGE_BYTES = 128_000;
const MAX_BATCH_BYTES = 256_000;
const TYPES: readonly unknown[] = ["text", "bytes", "json", "v8"] satisfies MessageType[];

const encoder = new TextEncoder();

/** What a queue works with. */
export interface QueueTools {
  readonly store: QueueStore;
  /** Seconds that a message waits where the app does not say. */
  readonly deliveryDelay: number;
  /** Most seconds that it may wait. */
  readonly maxDelay: number;
  /** What the queue may hold. */
  readonly maxBytes: number;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** One app's way into a queue. */
export class QueueHost implements BindingHost {
  readonly methods = ["send", "sendBatch", "metrics"];
  storedBytes: number | null = null;
  readonly #tools: QueueTools;

  constructor(tools: QueueTools) {
    this.#tools = tools;
  }

  /** Answers the methods of queue/isolate.ts. */
  async call({ method, args, body }: BindingCall): Promise<CallAnswer> {
    switch (method) {
      case "send":
      case "sendBatch":
        return await this.#send(method, args, body);
      case "metrics":
        return await told(method, async () => answerOf(await this.#tools.store.backlog()));
      default:
        throw new BindingError(`Cannot call "${method}" of a queue: it has no such method`, { name: "TypeError" });
    }
  }

  [Symbol.dispose](): void {}

  /** Arguments are the delay for all, then of each message its type, its own delay and its length. */
  async #send(
    method: "send" | "sendBatch",
    [delay, ...facts]: readonly Plain[],
    body: CallBody,
  ): Promise<CallAnswer> {
    const { store, deliveryDelay, maxDelay, maxBytes, now } = this.#tools;
    const bytes = body instanceof Uint8Array
      ? body
      : typeof body === "string"
      ? encoder.encode(body)
      : new Uint8Array();
    const sent = now();
    const messages: SentMessage[] = [];
    let from = 0;
    for (let at = 0; at < facts.length; at += 3) {
      const [type, own, size] = facts.slice(at, at + 3);
      if (!TYPES.includes(type) || typeof size !== "number" || !(size >= 0) || from + size > bytes.byteLength) {
        throw refused(method, "its parts do not fit its body");
      }
      if (size > MAX_MESSAGE_BYTES) {
        throw refused(method, `message length of ${size} bytes exceeds limit of ${MAX_MESSAGE_BYTES}`);
      }
      const delaySeconds = secondsOf(method, own, maxDelay) ?? secondsOf(method, delay, maxDelay) ?? deliveryDelay;
      messages.push({
        id: crypto.randomUUID().replaceAll("-", ""),
        sent,
        visible: sent + delaySeconds * 1000,
        type: type as MessageType,
        origin: null,
        body: bytes.subarray(from, from += size),
      });
    }
    if (messages.length === 0 || messages.length > MAX_MESSAGES) {
      throw refused(method, `batch message count of ${messages.length} exceeds limit of ${MAX_MESSAGES}`);
    }
    if (bytes.byteLength > MAX_BATCH_BYTES) {
      throw refused(method, `batch size of ${bytes.byteLength} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
    }
    return await told(method, async () => {
      const { storedBytes, ...backlog } = await store.send(messages, maxBytes);
      this.storedBytes = storedBytes;
      return answerOf(backlog);
    });
  }
}

function answerOf({ messages, bytes, oldest }: Backlog): CallAnswer {
  return { values: [messages, bytes, oldest], body: null };
}

/** What a store refuses is told with the method's name. */
async function told<Result>(method: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    throw refused(method, error.message, error);
  }
}

function refused(
  method: string,
  why: string,
  { code, reason }: Partial<Pick<BindingError, "code" | "reason">> = {},
): BindingError {
  return new BindingError(`Queue ${method} failed: ${why}`, { code: code ?? "", reason: reason ?? null });
}

function secondsOf(method: string, value: Plain | undefined, most: number): number | null {
  if (value === null || value === undefined) return null;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
  const rule = `it must be a whole number of seconds from 0 to ${most}`;
  throw refused(method, `message delay ${value} is invalid: ${rule}`);
}
