/** A batch of messages on its way to an app. */
import type { AnswerBody, QueuedBatch } from "../terms/app_call.ts";
import { NanoError } from "../errors.ts";
import type { BatchVerdict, MessageVerdict } from "../protocol/queue_batch.ts";
import { ERROR_SEPARATOR, VERDICT_SEPARATOR } from "../protocol/queue_batch.ts";
import { ClientlessCall } from "./clientless_call.ts";

/** Told once what the app said, or why it could say nothing. */
export type OnBatchEnd = (end: BatchVerdict | NanoError) => void;

/** Of the text that names an error. */
const MAX_ERROR_CHARS = 200;

/** One delivery of a batch. */
export class QueueCall extends ClientlessCall {
  readonly method = "QUEUE";
  readonly job: QueuedBatch;
  readonly #messages: number;
  readonly #onEnd: OnBatchEnd;

  /**
   * @param options.startedAt monotonic ms
   * @param options.messages how many are in it
   */
  constructor(job: QueuedBatch, options: { readonly startedAt: number; readonly messages: number }, onEnd: OnBatchEnd) {
    super(options.startedAt);
    this.job = job;
    this.#messages = options.messages;
    this.#onEnd = onEnd;
  }

  fail(error: NanoError): void {
    this.#onEnd(error);
  }

  protected answered(body: AnswerBody): void {
    const verdict = typeof body === "string" ? parsedVerdict(body, this.#messages) : null;
    this.#onEnd(verdict ?? new NanoError("APP_BAD_RESPONSE", "Cannot read what became of the batch"));
  }
}

/** What an isolate says, whose word is not to be trusted; null when it says nothing that makes sense. */
export function parsedVerdict(text: string, messages: number): BatchVerdict | null {
  const end = text.indexOf(ERROR_SEPARATOR);
  const parts = (end === -1 ? text : text.slice(0, end)).split(VERDICT_SEPARATOR, messages + 1);
  if (parts.length !== messages || !parts.every((part) => /^(?:a|r(?:-?[0-9]{1,15})?)$/.test(part))) return null;
  return {
    verdicts: parts.map((part): MessageVerdict =>
      part === "a" ? "ack" : { delaySeconds: part === "r" ? null : Number(part.slice(1)) }
    ),
    error: end === -1 ? null : text.slice(end + 1, end + 1 + MAX_ERROR_CHARS),
  };
}
