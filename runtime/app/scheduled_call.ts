/** A job on its way to an app: travels as a request does, so it wakes, queues, counts and drains like one. */
import type { AnswerBody, AppCall, HostSocket, Patience, ScheduledJob } from "../app_call.ts";
import type { NanoError } from "../errors.ts";

/** Told once how a job ended; null when all went well. */
export type OnJobEnd = (error: NanoError | null) => void;

/** There is no client to be slow. */
export const ENDLESS: Patience = { writeStallMs: Infinity, bodyWindowMs: Infinity, bodyBytesPerSecond: 0 };

/** One run of a job. */
export class ScheduledCall implements AppCall {
  readonly method = "SCHEDULED";
  readonly url = "";
  readonly headers = "";
  readonly remote = " 0";
  readonly declaredBytes = null;
  readonly patience = ENDLESS;
  readonly startedAt: number;
  readonly job: ScheduledJob;
  readonly #onEnd: OnJobEnd;

  /** @param startedAt monotonic ms */
  constructor(job: ScheduledJob, startedAt: number, onEnd: OnJobEnd) {
    this.job = job;
    this.startedAt = startedAt;
    this.#onEnd = onEnd;
  }

  takeBody(): null {
    return null;
  }

  /** There is no client. */
  onClientGone(): void {}

  respond(_status: number, _headers: string, body: AnswerBody): void {
    // Only a forged answer has a body; nobody wants it, and that it fails changes nothing.
    if (body instanceof ReadableStream) body.cancel().catch(() => {});
    this.#onEnd(null);
  }

  fail(error: NanoError): void {
    this.#onEnd(error);
  }

  /** There is no client. */
  leave(): void {}

  /** @throws {TypeError} always */
  upgrade(): HostSocket {
    throw new TypeError("A job has no connection");
  }

  finish(): void {}
}
