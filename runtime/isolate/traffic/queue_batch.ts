/** Hands an app a batch of messages: `queue(batch, env, ctx)`, and tells what became of each. */
import {
  decoderDecode,
  defineMember,
  isNotANumber,
  NativeNumber,
  NativeTextDecoder,
  NativeTypeError,
  trunc,
  uncurry,
} from "../../protocol/primordials.ts";
import {
  BACKLOG_FACTS,
  type CrossingBatch,
  ERROR_SEPARATOR,
  MESSAGE_FACTS,
  type MessageVerdict,
  VERDICT_SEPARATOR,
  verdictText,
} from "../../protocol/queue_batch.ts";
import { append, mapList } from "../../protocol/safe_lists.ts";
import { valueOfBytes } from "../bodies/value_bytes.ts";
import type { AppContext } from "./app_context.ts";
import { JobContext } from "./job_context.ts";

/** An app's `queue`. */
export type AppQueue = (batch: unknown, env: unknown, context: AppContext) => unknown;

/** What a batch is run with. */
export interface BatchTools {
  readonly env: unknown;
  /** Tells the log of an error. */
  readonly report: (error: unknown) => void;
  /** Tells the log of calls that have no effect. */
  readonly warn: (text: string) => void;
  /** What is told of an error, in a line. */
  readonly nameOf: (error: unknown) => string;
}

const NativeDate = Date;
const decoder = new NativeTextDecoder("utf-8", { ignoreBOM: true });
const parse = JSON.parse as (text: string) => unknown;
const bytesSlice = uncurry(Uint8Array.prototype.slice);

/** What the app has said so far. */
class Marks {
  ackAll = false;
  retryAll = false;
  retryAllDelay: number | null = null;
  readonly #warn: (text: string) => void;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** Tells of a call that another one has made void. */
  noEffect(call: string, before: string, on = ""): void {
    this.#warn(
      `Received a call to ${call}${on} after ${before} was already called. Calling ${call}${
        on === "" ? "" : " on a message"
      } after calling ${before} has no effect.`,
    );
  }
}

/** Named as on Workers. */
class Message {
  readonly id: string;
  readonly timestamp: Date;
  readonly body: unknown;
  readonly attempts: number;
  readonly #marks: Marks;
  #verdict: MessageVerdict | null = null;

  constructor(members: Pick<Message, "id" | "timestamp" | "body" | "attempts">, marks: Marks) {
    this.id = members.id;
    this.timestamp = members.timestamp;
    this.body = members.body;
    this.attempts = members.attempts;
    this.#marks = marks;
  }

  /** Done: it is not delivered again. */
  ack(): void {
    const marks = this.#marks;
    if (marks.ackAll || this.#verdict === "ack") return;
    if (marks.retryAll) marks.noEffect("ack()", "retryAll()", ` on message ${this.id}`);
    else if (this.#verdict !== null) marks.noEffect("ack()", "retry()", ` on message ${this.id}`);
    else this.#verdict = "ack";
  }

  /** It is delivered again, after a delay if one is given. */
  retry(options?: unknown): void {
    const marks = this.#marks;
    if (marks.ackAll) marks.noEffect("retry()", "ackAll()", ` on message ${this.id}`);
    else if (this.#verdict === "ack") marks.noEffect("retry()", "ack()", ` on message ${this.id}`);
    else this.#verdict = { delaySeconds: delayOf(options) ?? this.#verdict?.delaySeconds ?? null };
  }

  /** What was said of a message itself goes before what was said of all. */
  static verdictOf(message: Message, failed: boolean): MessageVerdict {
    const { ackAll, retryAll, retryAllDelay } = message.#marks;
    if (message.#verdict !== null) return message.#verdict;
    return !ackAll && (retryAll || failed) ? { delaySeconds: retryAllDelay } : "ack";
  }
}

/** Named as on Workers. */
class MessageBatch {
  readonly queue: string;
  readonly messages: readonly Message[];
  readonly metadata: object;
  readonly #marks: Marks;

  constructor(batch: CrossingBatch, messages: readonly Message[], marks: Marks) {
    this.queue = batch.queue;
    this.metadata = { metrics: metricsOf(batch) };
    this.messages = mapList(messages, (message) => message);
    this.#marks = marks;
  }

  /** All messages of which nothing was said are delivered again. */
  retryAll(options?: unknown): void {
    const marks = this.#marks;
    if (marks.ackAll) return marks.noEffect("retryAll()", "ackAll()");
    marks.retryAll = true;
    marks.retryAllDelay = delayOf(options) ?? marks.retryAllDelay;
  }

  /** All messages of which nothing was said are done. */
  ackAll(): void {
    const marks = this.#marks;
    if (marks.retryAll) marks.noEffect("ackAll()", "retryAll()");
    else marks.ackAll = true;
  }
}

const { verdictOf } = Message;

/**
 * Runs a batch; a failure of the handler or of its `waitUntil` work fails the batch.
 * @returns what became of each message, and why the batch failed; see protocol/queue_batch.ts
 */
export async function runQueueBatch(queue: AppQueue | null, batch: CrossingBatch, tools: BatchTools): Promise<string> {
  if (queue === null) {
    throw new NativeTypeError(`Cannot consume "${batch.queue}": the app exports no queue(batch, env, ctx)`);
  }
  const context = new JobContext();
  const failures: unknown[] = [];
  const marks = new Marks(tools.warn);
  // A list of our own: the app may change the one it gets.
  const messages = messagesOf(batch, marks);
  const delivered = new MessageBatch(batch, messages, marks);
  try {
    await queue(delivered, tools.env, context);
  } catch (error) {
    append(failures, error);
  }
  const later = await context.ended();
  for (let at = 0; at < later.length; at++) append(failures, later[at]);
  for (let at = 0; at < failures.length; at++) tools.report(failures[at]);
  let text = "";
  for (let at = 0; at < messages.length; at++) {
    if (at > 0) text += VERDICT_SEPARATOR;
    text += verdictText(verdictOf(messages[at]!, failures.length > 0));
  }
  return failures.length === 0 ? text : `${text}${ERROR_SEPARATOR}${tools.nameOf(failures[0])}`;
}

function messagesOf({ facts, bodies }: CrossingBatch, marks: Marks): Message[] {
  const messages: Message[] = [];
  let from = 0;
  for (let at = BACKLOG_FACTS; at < facts.length; at += MESSAGE_FACTS) {
    const size = facts[at + 4] as number;
    const members = {
      id: facts[at] as string,
      timestamp: new NativeDate(facts[at + 1] as number),
      body: bodyOf(facts[at + 3] as string, bytesSlice(bodies, from, from += size)),
      attempts: facts[at + 2] as number,
    };
    append(messages, new Message(members, marks));
  }
  return messages;
}

function bodyOf(type: string, bytes: Uint8Array): unknown {
  if (type === "bytes") return bytes;
  if (type === "v8") return valueOfBytes(bytes);
  const text = decoderDecode(decoder, bytes);
  return type === "json" ? parse(text) : text;
}

function metricsOf({ facts }: CrossingBatch): object {
  const metrics = { backlogCount: facts[0], backlogBytes: facts[1] };
  const oldest = facts[2];
  if (typeof oldest === "number") defineMember(metrics, "oldestMessageTimestamp", new NativeDate(oldest), true);
  return metrics;
}

/** Whole seconds; null without any that can be read. */
function delayOf(options: unknown): number | null {
  const given = (options as { readonly delaySeconds?: unknown } | null | undefined)?.delaySeconds;
  if (given === undefined || given === null) return null;
  const seconds = NativeNumber(given);
  return isNotANumber(seconds) ? null : trunc(seconds);
}
