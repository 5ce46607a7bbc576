/** A batch of messages on its way to an app: travels as a request does, so it wakes, queues, counts and drains like one. */
import type { AnswerBody, AppCall, HostSocket, QueuedBatch } from "../app_call.ts";
import { NanoError } from "../errors.ts";
import type { BatchVerdict, Verdict } from "../protocol/queue_batch.ts";
import { ERROR_SEPARATOR, VERDICT_SEPARATOR } from "../protocol/queue_batch.ts";
import { ENDLESS } from "./scheduled_call.ts";

/** Told once what the app said, or why it could say nothing. */
export type OnBatchEnd = (end: BatchVerdict | NanoError) => void;

/** Of the text that names an error. */
const MAX_ERROR_CHARS = 200;

/** One delivery of a batch. */
export class QueueCall implements AppCall {
  readonly method = "QUEUE";
  readonly url = "";
  readonly headers = "";
  readonly remote = " 0";
  readonly declaredBytes = null;
  readonly patience = ENDLESS;
  readonly startedAt: number;
  readonly job: QueuedBatch;
  readonly #messages: number;
  readonly #onEnd: OnBatchEnd;

  /**
   * @param options.startedAt monotonic ms
   * @param options.messages how many are in it
   */
  constructor(job: QueuedBatch, options: { readonly startedAt: number; readonly messages: number }, onEnd: OnBatchEnd) {
    this.job = job;
    this.startedAt = options.startedAt;
    this.#messages = options.messages;
    this.#onEnd = onEnd;
  }

  takeBody(): null {
    return null;
  }

  /** There is no client. */
  onClientGone(): void {}

  respond(_status: number, _headers: string, body: AnswerBody): void {
    // Only a forged answer is streamed; nobody wants it, and that it fails changes nothing.
    if (body instanceof ReadableStream) body.cancel().catch(() => {});
    const verdict = typeof body === "string" ? parsedVerdict(body, this.#messages) : null;
    this.#onEnd(verdict ?? new NanoError("APP_BAD_RESPONSE", "Cannot read what became of the batch"));
  }

  fail(error: NanoError): void {
    this.#onEnd(error);
  }

  /** There is no client. */
  leave(): void {}

  /** @throws {TypeError} always */
  upgrade(): HostSocket {
    throw new TypeError("A batch has no connection");
  }

  finish(): void {}
}

/** What an isolate says, whose word is not to be trusted; null when it says nothing that makes sense. */
export function parsedVerdict(text: string, messages: number): BatchVerdict | null {
  const end = text.indexOf(ERROR_SEPARATOR);
  const parts = (end === -1 ? text : text.slice(0, end)).split(VERDICT_SEPARATOR, messages + 1);
  if (parts.length !== messages || !parts.every((part) => /^(?:a|r(?:-?[0-9]{1,15})?)$/.test(part))) return null;
  return {
    verdicts: parts.map((part): Verdict =>
      part === "a" ? "ack" : { delaySeconds: part === "r" ? null : Number(part.slice(1)) }
    ),
    error: end === -1 ? null : text.slice(end + 1, end + 1 + MAX_ERROR_CHARS),
  };
}
