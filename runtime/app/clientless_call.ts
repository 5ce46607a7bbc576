/** A call that no client waits for: travels as a request does, so it wakes, queues, counts and drains like one. */
import type { AnswerBody, AppCall, HostSocket, Patience } from "../terms/app_call.ts";
import type { NanoError } from "../errors.ts";

/** There is no client to be slow. */
const ENDLESS: Patience = { writeStallMs: Infinity, bodyWindowMs: Infinity, bodyBytesPerSecond: 0 };

/** What such calls have in common; each says what its job is, and what its answer means. */
export abstract class ClientlessCall implements AppCall {
  abstract readonly method: string;
  abstract readonly job: NonNullable<AppCall["job"]>;
  readonly url = "";
  readonly headers = "";
  readonly remote = " 0";
  readonly declaredBytes = null;
  readonly patience = ENDLESS;
  readonly startedAt: number;

  /** @param startedAt monotonic ms */
  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** The app has answered; a stream is nobody's. */
  protected abstract answered(body: AnswerBody): void;

  /** No answer came. */
  abstract fail(error: NanoError): void;

  takeBody(): null {
    return null;
  }

  /** There is no client. */
  onClientGone(): void {}

  respond(_status: number, _headers: string, body: AnswerBody): void {
    // Only a forged answer is streamed; nobody wants it, and that it fails changes nothing.
    if (body instanceof ReadableStream) body.cancel().catch(() => {});
    this.answered(body);
  }

  /** There is no client. */
  leave(): void {}

  /** @throws {TypeError} always */
  upgrade(): HostSocket {
    throw new TypeError("A job has no connection");
  }

  finish(): void {}
}
