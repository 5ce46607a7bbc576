/** A request that remembers how it was answered. */
import { assertEquals } from "@std/assert";
import type { AnswerBody, AppCall, HostSocket, Patience } from "../../../runtime/terms/app_call.ts";
import type { NanoError } from "../../../runtime/errors.ts";
import { PATIENCE } from "../../../runtime/http/patience.ts";
import { endOfCode, type RequestEnd } from "../../../runtime/terms/request_end.ts";

/** A call for tests; a second answer is a mistake that it reports itself. */
export class FakeCall implements AppCall {
  readonly method: string;
  readonly url: string = "http://blog/";
  readonly headers = "";
  readonly remote = "192.0.2.1 4711";
  readonly startedAt: number;
  readonly declaredBytes: number | null;
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  status: number | null = null;
  answer: AnswerBody | undefined;
  error: NanoError | null = null;
  finished: { readonly bytes: number; readonly end: RequestEnd } | null = null;
  /** How it was refused. */
  end: RequestEnd | null = null;
  readonly patience: Patience = PATIENCE;
  #gone: (() => void)[] = [];

  constructor(
    options: {
      method?: string;
      startedAt?: number;
      declaredBytes?: number;
      body?: string | Uint8Array | ReadableStream<Uint8Array>;
    } = {},
  ) {
    this.method = options.method ?? "POST";
    this.startedAt = options.startedAt ?? 0;
    this.declaredBytes = options.declaredBytes ?? null;
    this.body = options.body ?? null;
  }

  /** Code of the host's answer, or null. */
  get code(): string | null {
    return this.error?.code ?? null;
  }

  /** The client goes away. */
  goAway(): void {
    for (const callback of this.#gone) callback();
  }

  takeBody(): string | Uint8Array | ReadableStream<Uint8Array> | null {
    return this.body;
  }

  onClientGone(callback: () => void): void {
    this.#gone.push(callback);
  }

  respond(status: number, _headers: string, body: AnswerBody): void {
    this.#assertOpen();
    this.status = status;
    this.answer = body;
  }

  fail(error: NanoError, end: RequestEnd = endOfCode(error.code)): void {
    this.#assertOpen();
    this.error = error;
    this.end = end;
  }

  leave(): void {
    this.#assertOpen();
    this.status = 499;
    this.end = "client_gone";
  }

  upgrade(): HostSocket {
    throw new TypeError("The client asked for no WebSocket");
  }

  finish(bytes: number, end: RequestEnd): void {
    assertEquals(this.finished, null, "finish() must be called once");
    this.finished = { bytes, end };
  }

  #assertOpen(): void {
    assertEquals([this.status, this.code], [null, null], "a call must be answered once");
  }
}
