/** One request or call on its way from an app to another; the app that asks is its client. */
import type { AnswerBody, AppCall, CallEntry, HostSocket, Patience } from "../../terms/app_call.ts";
import type { Clock } from "../../clock.ts";
import { ERROR_CODES, type NanoError } from "../../errors.ts";
import type { NanoEvent } from "../../terms/events.ts";
import { BindingError, type CallAnswer, type CallBody, type FetchedValues } from "../../protocol/binding_call.ts";
import { RPC_THREW } from "../../protocol/rpc.ts";
import { endOfCode, type RequestEnd } from "../../terms/request_end.ts";

/** Nobody measures another app as a client: its calls have deadlines of their own. */
const PATIENCE: Patience = { writeStallMs: 60_000, bodyWindowMs: 15_000, bodyBytesPerSecond: 0 };

/** What a call is made of. */
export interface ServiceCallInit {
  readonly app: string;
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly body: CallBody;
  readonly signal: AbortSignal;
  readonly entry: CallEntry;
}

/** Stands for it in the other app's queue and isolate. */
export class ServiceCall implements AppCall {
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly remote = "127.0.0.1 0";
  readonly declaredBytes: number | null = null;
  readonly startedAt: number;
  readonly patience = PATIENCE;
  readonly entry: CallEntry;
  /** What it comes to; rejects with a NanoError for which the other app is to blame. */
  readonly answer: Promise<CallAnswer>;
  readonly #init: ServiceCallInit;
  readonly #clock: Clock;
  readonly #emit: (event: NanoEvent) => void;
  readonly #answered = Promise.withResolvers<CallAnswer>();
  #status = 0;

  constructor(
    init: ServiceCallInit,
    { clock, emit }: { readonly clock: Clock; readonly emit: (event: NanoEvent) => void },
  ) {
    this.#init = init;
    this.#clock = clock;
    this.#emit = emit;
    this.method = init.method;
    this.url = init.url;
    this.headers = init.headers;
    this.entry = init.entry;
    this.startedAt = clock.now();
    this.answer = this.#answered.promise;
  }

  takeBody(): CallBody {
    return this.#init.body;
  }

  onClientGone(callback: () => void): void {
    const { signal } = this.#init;
    if (signal.aborted) callback();
    else signal.addEventListener("abort", callback, { once: true });
  }

  respond(status: number, headers: string, body: AnswerBody): void {
    this.#status = status;
    const values: FetchedValues = [status, headers];
    // Of an answer to HEAD nobody gets a body, whatever the app gave it.
    const isHead = this.method === "HEAD";
    if (isHead && body instanceof ReadableStream) body.cancel().catch(() => {});
    this.#answered.resolve({ values, body: isHead ? null : body });
    if (!(body instanceof ReadableStream)) this.#tell(body === null ? 0 : body.length, "done");
  }

  fail(error: NanoError, end: RequestEnd = endOfCode(error.code)): void {
    this.#status = ERROR_CODES[error.code].status ?? 500;
    this.#answered.reject(error);
    this.#tell(0, end, error.code);
  }

  leave(): void {
    this.#status = 499;
    this.#answered.reject(new BindingError("The call was given up", { name: "AbortError" }));
    this.#tell(0, "client_gone");
  }

  upgrade(): HostSocket {
    throw new TypeError("no WebSocket goes through a service binding");
  }

  finish(bytes: number, end: RequestEnd): void {
    this.#tell(bytes, end);
  }

  #tell(bytes: number, end: RequestEnd, code: string | null = null): void {
    const { app, method, url, entry: { operation, entrypoint, path } } = this.#init;
    const isMethod = operation !== "fetch";
    // What a method threw went to its caller whole, and is the app's failure all the same.
    const threw = isMethod && end === "done" && this.#status === RPC_THREW;
    this.#emit({
      event: "request",
      app,
      method: isMethod ? "RPC" : method,
      path: isMethod ? `/${entrypoint}/${(JSON.parse(path) as string[]).join(".")}` : new URL(url).pathname,
      status: this.#status,
      bytes,
      durationMs: this.#clock.now() - this.startedAt,
      requestId: crypto.randomUUID(),
      code: threw ? "APP_EXCEPTION" : code,
      end: threw ? "app_failed" : end,
    });
  }
}
