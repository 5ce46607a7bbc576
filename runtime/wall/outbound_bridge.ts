/** The host's half of an app's fetch: takes requests off the wall, performs them, sends answers back. */
import type { HostSocket } from "../terms/app_call.ts";
import type { HostAnswers } from "./host_calls_bridge.ts";
import { messageOf } from "../errors.ts";
import type { BindingHost } from "../protocol/binding_call.ts";
import type { Dial } from "./tcp_bridge.ts";
import { joinHeaders, splitHeaders } from "../protocol/header_block.ts";
import type { Untrusted } from "../protocol/batch.ts";
import { BODY, OP, type OperationFields } from "../protocol/operations.ts";
import { type Wire, WireViolation } from "../protocol/wire.ts";
import type { WindowRoom } from "./window_room.ts";

/** An app's outgoing request; outbound/outbound_fetch.ts fits. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly redirect: "follow" | "manual" | "error";
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
  readonly signal: AbortSignal;
}

/** Its answer. */
export interface OutgoingResponse {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: ReadableStream<Uint8Array> | null;
}

/** Where an app wants a WebSocket to. */
export interface SocketTarget {
  readonly url: string;
  readonly protocols: readonly string[];
  /** Of the handshake: its trace context, and what the app has added. */
  readonly headers: readonly (readonly [string, string])[];
}

/** An app's way out, under its policy; outbound/app_outbound.ts makes one. */
export interface OutboundCalls extends Disposable {
  /** @throws {TypeError} as fetch does */
  fetch(request: OutgoingRequest): Promise<OutgoingResponse>;
  /** @throws {TypeError} when the policy or the URL forbids it */
  connect(target: SocketTarget): HostSocket;
  /** Opens a TCP connection; missing where nobody would ask. */
  readonly dial?: Dial;
  /** What the app's bindings do, by the places that calls name; missing where it has none. */
  readonly bindings?: readonly BindingHost[];
  /** What the app's `node:` modules are answered with; missing where nobody would ask. */
  readonly answers?: HostAnswers;
}

/** Outgoing requests of one isolate at once; more are refused, so that no app exhausts the host's sockets. */
export const MAX_OUTGOING = 256;

const REDIRECT_MODES = new Set(["follow", "manual", "error"]);

/** The fields of FETCH as an isolate sent them. */
export type OutgoingFields = Untrusted<OperationFields["FETCH"]>;

/** Runs the outgoing requests of one isolate. Their ids are negative, so that their streams meet no others. */
export class OutboundBridge {
  readonly #wire: Wire;
  readonly #outbound: OutboundCalls;
  readonly #maxOutgoing: number;
  readonly #room: WindowRoom;
  readonly #running = new Map<number, AbortController>();
  #closed = false;

  /**
   * @param options.room what streamed bodies have in the host unread
   * @param options.maxOutgoing most requests under way at once
   */
  constructor(
    wire: Wire,
    outbound: OutboundCalls,
    options: { readonly room: WindowRoom; readonly maxOutgoing?: number },
  ) {
    this.#room = options.room;
    this.#wire = wire;
    this.#outbound = outbound;
    this.#maxOutgoing = options.maxOutgoing ?? MAX_OUTGOING;
  }

  /** Requests under way. */
  get size(): number {
    return this.#running.size;
  }

  /**
   * FETCH.
   * @throws {WireViolation} when the fields are none of a request
   */
  onFetch([id, method, url, headers, redirect, kind, body]: OutgoingFields): void {
    const isText = typeof method === "string" && typeof url === "string" && typeof headers === "string";
    if (!isText || !Number.isInteger(id) || (id as number) >= 0 || !REDIRECT_MODES.has(redirect as string)) {
      throw new WireViolation("an outgoing request without its parts");
    }
    if (this.#running.has(id as number)) throw new WireViolation("two outgoing requests with one id");
    if (this.#running.size >= this.#maxOutgoing) {
      this.#fail(id as number, `Cannot fetch: ${this.#maxOutgoing} requests of this app are under way already`);
      return;
    }
    const controller = new AbortController();
    this.#running.set(id as number, controller);
    const request: OutgoingRequest = {
      method,
      url,
      headers: splitHeaders(headers),
      redirect: redirect as OutgoingRequest["redirect"],
      body: kind === BODY.STREAM ? this.#bodyOf(id as number) : kind === BODY.WHOLE ? wholeBody(body) : null,
      signal: controller.signal,
    };
    this.#run(id as number, request);
  }

  /** FETCH_ABORT: id. */
  onAbort(id: number): void {
    this.#running.get(id)?.abort();
    // Not only once it has failed: the app's next request may stand in the same batch.
    this.#running.delete(id);
  }

  /** Ends every request: the isolate is gone. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#running.values()) controller.abort();
    this.#running.clear();
  }

  #bodyOf(id: number): ReadableStream<Uint8Array> {
    return this.#wire.receiving.readableOf(this.#room.open(this.#wire, id), { byob: false });
  }

  async #run(id: number, request: OutgoingRequest): Promise<void> {
    let response: OutgoingResponse;
    try {
      response = await this.#outbound.fetch(request);
    } catch (error) {
      this.#running.delete(id);
      if (!this.#closed) this.#fail(id, messageOf(error));
      return;
    }
    if (this.#closed || request.signal.aborted) {
      this.#running.delete(id);
      // Nobody reads it any more; that it cannot be cancelled changes nothing.
      response.body?.cancel().catch(() => {});
      return;
    }
    const { status, statusText, url, redirected, body } = response;
    const kind = body === null ? BODY.NONE : BODY.STREAM;
    this.#wire.out.push(OP.FETCHED, id, status, statusText, joinHeaders(response.headers), url, redirected, kind);
    this.#wire.kick();
    if (body === null) return this.#end(id, request);
    this.#wire.sending.open(id, body.getReader(), { owned: true, onEnd: () => this.#end(id, request) });
  }

  /** Makes room for another; what is left of the request's own body is wanted by nobody. */
  #end(id: number, request: OutgoingRequest): void {
    this.#running.delete(id);
    if (request.body instanceof ReadableStream && !this.#closed) {
      this.#wire.receiving.cancel(id, "The answer has ended");
    }
  }

  #fail(id: number, message: string): void {
    this.#wire.receiving.cancel(id, message);
    this.#wire.out.push(OP.FETCH_FAILED, id, message);
    this.#wire.kick();
  }
}

function wholeBody(body: unknown): string | Uint8Array {
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  throw new WireViolation("an outgoing request without its body");
}
