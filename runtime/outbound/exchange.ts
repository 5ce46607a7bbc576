/** One HTTP request over an app's connections, and its answer as a stream that ends only if the answer is whole. */
import type { Agent, Dispatcher } from "undici";
import { messageOf } from "../errors.ts";
import { OutboundRefused } from "./outbound.ts";

/** What is sent, to one address and without redirects. */
export interface ExchangeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
  /** Called once when nothing of it is under way any more, however it ended. */
  readonly onEnd?: () => void;
}

/** What came back, as it came: nothing is decoded. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Null where HTTP allows none. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
}

/**
 * How long an answer may lie unread before its connection is taken back, in ms; as long as undici lets an upstream be
 * silent within a body (its `bodyTimeout`).
 */
const UNREAD_TIMEOUT_MS = 300_000;
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

type State =
  | { readonly kind: "waiting" }
  | { readonly kind: "streaming"; readonly stream: ReadableStreamDefaultController<Uint8Array> }
  | { readonly kind: "ended" };

/**
 * Sends a request.
 *
 * undici's own `fetch` never fails a body that breaks off under Deno: it asks `node:stream.isReadable` of a
 * ReadableStream, which is null here (docs/decisions/0010). So its dispatcher is used, and the stream is ours.
 *
 * @throws {TypeError} when there is no whole head, or the policy refuses the connection; the signal's reason once it aborts
 */
export function exchange(agent: Agent, request: ExchangeRequest): Promise<ExchangeAnswer> {
  return new Exchange(request).run(agent);
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #head = Promise.withResolvers<ExchangeAnswer>();
  #state: State = { kind: "waiting" };
  #controller: Dispatcher.DispatchController | null = null;
  /** Why it must end, if that came before there was a connection. */
  #aborted: Error | null = null;
  #unread: ReturnType<typeof setTimeout> | null = null;

  constructor(request: ExchangeRequest) {
    this.#request = request;
  }

  run(agent: Agent): Promise<ExchangeAnswer> {
    const { method, url, headers, body, signal } = this.#request;
    if (signal.aborted) {
      this.#fail(signal.reason);
      return this.#head.promise;
    }
    signal.addEventListener("abort", this.#onAbort, { once: true });
    try {
      agent.dispatch({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: headers.flat(),
        // A stream is read chunk by chunk, as the connection takes it.
        body: body as string | Uint8Array | null,
      }, this);
    } catch (error) {
      this.#fail(error);
    }
    return this.#head.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted !== null) controller.abort(this.#aborted);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, statusText = ""): void {
    // 1xx goes before the answer.
    if (status < 200 || this.#state.kind !== "waiting") return;
    const hasBody = this.#request.method !== "HEAD" && !NULL_BODY_STATUSES.has(status);
    this.#head.resolve({
      status,
      statusText,
      headers: headersOf(controller.rawHeaders),
      body: hasBody ? this.#open(controller) : null,
    });
    if (!hasBody) this.#settle();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    // undici hands on an empty one after each pause; to pause on that would read nothing for ever.
    if (this.#state.kind !== "streaming" || chunk.byteLength === 0) return;
    const { stream } = this.#state;
    // undici's chunk is a part of what it read from the connection, and that is used again.
    stream.enqueue(new Uint8Array(chunk));
    if ((stream.desiredSize ?? 0) > 0) return;
    controller.pause();
    this.#unread ??= setTimeout(() => {
      this.#abort(new TypeError(`nobody has read it for ${UNREAD_TIMEOUT_MS} ms`));
    }, UNREAD_TIMEOUT_MS);
  }

  onResponseEnd(): void {
    if (this.#state.kind === "streaming") this.#state.stream.close();
    this.#settle();
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(error);
  }

  onRequestUpgrade(_: unknown, status: number, __: unknown, socket: { destroy(): void }): void {
    socket.destroy();
    this.#fail(new TypeError(`it answered ${status} to a request that asked for no other protocol`));
  }

  #open(controller: Dispatcher.DispatchController): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream({
      start: (stream) => {
        this.#state = { kind: "streaming", stream };
      },
      pull: () => {
        this.#stopTimer();
        controller.resume();
      },
      cancel: (reason) => {
        this.#settle();
        controller.abort(reason instanceof Error ? reason : new Error("The body was cancelled"));
      },
    });
  }

  readonly #onAbort = (): void => this.#abort(this.#request.signal.reason);

  #abort(reason: Error): void {
    this.#aborted = reason;
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  #fail(error: unknown): void {
    const { signal, url } = this.#request;
    const state = this.#state;
    this.#settle();
    const isAbort = signal.aborted && error === signal.reason;
    if (state.kind === "waiting") this.#head.reject(isAbort ? error : refusalOf(error) ?? failure("fetch", url, error));
    else if (state.kind === "streaming") {
      state.stream.error(isAbort ? error : failure("read the answer of", url, error));
    }
  }

  #settle(): void {
    if (this.#state.kind !== "ended") this.#request.onEnd?.();
    this.#state = { kind: "ended" };
    this.#stopTimer();
    this.#request.signal.removeEventListener("abort", this.#onAbort);
  }

  #stopTimer(): void {
    if (this.#unread !== null) clearTimeout(this.#unread);
    this.#unread = null;
  }
}

/** The names as they came, the values byte for byte. */
function headersOf(raw: Dispatcher.DispatchController["rawHeaders"]): [string, string][] {
  const list: [string, string][] = [];
  if (Array.isArray(raw)) {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const value = raw[at + 1]! as unknown;
      for (const one of Array.isArray(value) ? value : [value]) list.push([textOf(raw[at]!), textOf(one)]);
    }
    return list;
  }
  for (const [name, value] of Object.entries(raw ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) list.push([name, String(one)]);
  }
  return list;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (value as { toString(encoding: string): string }).toString("latin1");
}

function refusalOf(error: unknown): OutboundRefused | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof OutboundRefused) return cause;
  }
  return undefined;
}

function failure(action: string, url: URL, error: unknown): TypeError {
  return new TypeError(`Cannot ${action} ${url.origin}: ${messageOf(error)}`, { cause: error });
}
