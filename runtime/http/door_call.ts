/** A client's request as an app call: turns the isolate's answer into the client's Response and tells what happened. */
import { Buffer } from "node:buffer";
import type { AnswerBody, AppCall, HostSocket, Patience } from "../terms/app_call.ts";
import type { Clock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { RequestEvent } from "../terms/events.ts";
import type { HeaderList } from "../protocol/header_block.ts";
import { type InnerRequest, innerSlots } from "../protocol/inner_slots.ts";
import { CLIENT_GONE_STATUS, endOfCode, type RequestEnd } from "../terms/request_end.ts";
import type { RequestSpan } from "../trace/tracer.ts";
import { answerHeaders } from "./answer_headers.ts";
import { closingResponse, RESET_CONTENT } from "./closing_response.ts";
import type { OpenBodies } from "./open_bodies.ts";
import { problemResponse } from "./problem.ts";
import { answerViolations } from "./socket_violations.ts";
import type { UnfinishedMessages } from "./unfinished_messages.ts";
import { WholeStream } from "./whole_stream.ts";

/** What a call needs of the front door. */
export interface Door {
  readonly draining: boolean;
  /** Whether clients may see stacks. */
  readonly reveal: boolean;
  readonly now: () => number;
  readonly clock: Pick<Clock, "after">;
  readonly patience: Patience;
  readonly tell: (event: RequestEvent) => void;
  readonly bodies: OpenBodies;
  readonly messages: UnfinishedMessages;
}

/** What the dispatcher knows of a request when it hands it on. */
export interface DoorCallInit {
  readonly request: Request;
  readonly inner: InnerRequest | null;
  readonly app: string | null;
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly remote: string;
  /** Whose connection it is: the client's, or a proxy's. */
  readonly peer: Deno.NetAddr;
  readonly requestId: string;
  readonly declaredBytes: number | null;
  readonly startedAt: number;
  /** Null while nobody traces. */
  readonly span: RequestSpan | null;
}

/**
 * From this length on a body that is at hand goes out as a stream, which tells whether its client took it. A shorter one
 * mostly fits the socket's buffers, and a stream costs 16 us (docs/decisions/0003).
 */
const STREAM_FROM_BYTES = 256 * 1024;

const encoder = new TextEncoder();

/** What Deno itself answers a WebSocket's handshake with, and what would make a body of the messages. */
const HANDSHAKE_HEADERS = new Set([
  "connection",
  "content-length",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
  "transfer-encoding",
  "upgrade",
]);

/** One request between Deno.serve and an app. */
export class DoorCall implements AppCall {
  readonly method: string;
  readonly url: string;
  readonly headers: string;
  readonly remote: string;
  readonly declaredBytes: number | null;
  readonly startedAt: number;
  /** The client's answer. */
  readonly response: Promise<Response>;
  readonly #init: DoorCallInit;
  readonly #door: Door;
  #resolve!: (response: Response) => void;
  readonly #mayHaveBody: boolean;
  readonly patience: Patience;
  #status = 0;
  #told = false;

  constructor(init: DoorCallInit, door: Door) {
    this.method = init.method;
    this.url = init.url;
    this.headers = init.headers;
    this.remote = init.remote;
    this.declaredBytes = init.declaredBytes;
    this.startedAt = init.startedAt;
    this.#init = init;
    this.#door = door;
    this.patience = door.patience;
    this.response = new Promise((resolve) => this.#resolve = resolve);
    this.#mayHaveBody = init.method !== "GET" && init.method !== "HEAD" && init.declaredBytes !== 0;
    if (this.#mayHaveBody) door.bodies.begin();
  }

  takeBody(): string | Uint8Array | ReadableStream<Uint8Array> | null {
    const { request, inner } = this.#init;
    if (this.method === "GET" || this.method === "HEAD") return null;
    const body = inner === null ? request.body : innerSlots!.takeRequestBody(inner);
    if (body instanceof Uint8Array && body.byteLength === 0) return null;
    return body;
  }

  onClientGone(callback: () => void): void {
    const { request, inner } = this.#init;
    if (inner?.onCancel !== undefined) inner.onCancel(callback);
    else request.signal.addEventListener("abort", callback, { once: true });
  }

  respond(status: number, block: string, body: AnswerBody): void {
    const streams = body instanceof ReadableStream;
    const bytes = streams ? 0 : byteLength(body);
    let sent: AnswerBody = body;
    let response: Response;
    try {
      const { list, promised } = answerHeaders(this.url, block);
      const headers: HeaderList = [...list, ["x-request-id", this.#init.requestId]];
      if (this.#door.draining) headers.push(["connection", "close"]);
      if (!streams && this.method !== "HEAD") {
        const isWrong = promised !== null && promised !== bytes && status !== 204 && status !== 304;
        if (isWrong && promised === 0) throw new TypeError(`its content-length is 0, and its body has ${bytes} bytes`);
        if (isWrong || bytes > STREAM_FROM_BYTES) {
          if (promised === null) headers.push(["content-length", String(bytes)]);
          sent = this.#streamOf(body, promised);
        }
      }
      if (status === RESET_CONTENT && !streams && this.#isHttp1 && innerSlots !== null) {
        response = closingResponse(innerSlots, headers);
      } else {response = innerSlots === null || sent instanceof ReadableStream
          ? new Response(sent as BodyInit | null, { status, headers })
          : innerSlots.makeResponse(status, headers, sent);}
    } catch (error) {
      // Only a forged answer comes here, or one that cannot be sent as it is; its client must not wait for ever.
      this.fail(new NanoError("APP_BAD_RESPONSE", `Cannot send the Response: ${messageOf(error)}`));
      if (streams) body.cancel().catch(() => {});
      return;
    }
    this.#status = status;
    this.#resolve(response);
    if (sent === body && !streams) this.#tell(bytes, null, "done");
  }

  fail(error: NanoError, end: RequestEnd = endOfCode(error.code)): void {
    const { draining, reveal } = this.#door;
    const { requestId } = this.#init;
    const html = reveal && /\naccept\n[^\n]*text\/html/i.test(`\n${this.headers}`);
    const { response, bytes } = problemResponse(error, { requestId, reveal, close: draining, html });
    this.#status = response.status;
    this.#resolve(response);
    this.#tell(bytes, error.code, end);
  }

  leave(): void {
    this.#status = CLIENT_GONE_STATUS;
    // Nobody reads it, but Deno holds the request until it is answered.
    this.#resolve(new Response(null, { status: CLIENT_GONE_STATUS }));
    this.#tell(0, null, "client_gone");
  }

  upgrade(block: string): HostSocket {
    const headers = answerHeaders(this.url, block).list;
    const protocol = headers.find(([name]) => name.toLowerCase() === "sec-websocket-protocol")?.[1];
    const { socket, response } = Deno.upgradeWebSocket(
      this.#init.request,
      protocol === undefined ? {} : { protocol },
    );
    for (const [name, value] of headers) {
      if (!HANDSHAKE_HEADERS.has(name.toLowerCase())) response.headers.append(name, value);
    }
    response.headers.set("x-request-id", this.#init.requestId);
    this.#status = 101;
    this.#resolve(response);
    // Deno leaves it empty at the server's end.
    if (protocol !== undefined) Object.defineProperty(socket, "protocol", { value: protocol });
    const refuse = answerViolations(socket, this.#door.clock);
    this.#door.messages.watch(socket, this.#init.peer, refuse);
    return socket as HostSocket;
  }

  finish(bytes: number, end: RequestEnd): void {
    this.#tell(bytes, null, end);
  }

  /** Only there a request has a Host header of its own. */
  get #isHttp1(): boolean {
    return /(?:^|\n)host\n/i.test(this.headers);
  }

  #streamOf(body: string | Uint8Array | null, promised: number | null): ReadableStream<Uint8Array> {
    const bytes = typeof body === "string" ? encoder.encode(body) : body ?? new Uint8Array();
    const { clock, patience } = this.#door;
    const onEnd = (sent: number, end: RequestEnd) => this.#tell(sent, null, end);
    return new WholeStream(bytes, { clock, stallMs: patience.writeStallMs, promised, onEnd }).readable();
  }

  #tell(bytes: number, code: string | null, end: RequestEnd): void {
    if (this.#told) return;
    this.#told = true;
    if (this.#mayHaveBody) this.#door.bodies.end();
    const { app, method, url, startedAt, requestId, span } = this.#init;
    if (span !== null) span.end(this.#status, { code, end });
    this.#door.tell({
      event: "request",
      app,
      method,
      path: pathOf(url),
      status: this.#status,
      // Whatever its answer would hold, nothing of it is sent.
      bytes: method === "HEAD" ? 0 : bytes,
      durationMs: this.#door.now() - startedAt,
      requestId,
      code,
      end,
    });
  }
}

/** Path of a URL, without its query: queries carry secrets and do not belong into a log. */
function pathOf(url: string): string {
  const authority = url.indexOf("://") + 3;
  const start = url.indexOf("/", authority);
  const query = url.indexOf("?", authority);
  if (start < 0 || (query >= 0 && query < start)) return "/";
  return query < 0 ? url.slice(start) : url.slice(start, query);
}

/** From this length on Deno's own count, which has to be called, is faster than a look at each character. */
const COUNT_NATIVELY_FROM = 128;

/** UTF-8 length; texts of an answer are mostly ASCII and short. */
function byteLength(body: string | Uint8Array | null): number {
  if (body === null) return 0;
  if (typeof body !== "string") return body.byteLength;
  if (body.length >= COUNT_NATIVELY_FROM) return Buffer.byteLength(body);
  for (let at = 0; at < body.length; at++) if (body.charCodeAt(at) > 0x7f) return Buffer.byteLength(body);
  return body.length;
}
