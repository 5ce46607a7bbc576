/** A client's request as an app call: turns the isolate's answer into the client's Response and tells what happened. */
import type { AnswerBody, AppCall, HostSocket } from "../app_call.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { RequestEvent } from "../events.ts";
import { type HeaderList, splitHeaders } from "../protocol/header_block.ts";
import { type InnerRequest, innerSlots } from "../protocol/inner_slots.ts";
import type { RequestSpan } from "../trace/tracer.ts";
import type { OpenBodies } from "./open_bodies.ts";
import { problemResponse } from "./problem.ts";
import { clearsCookies, isSharedHost, plantsSession } from "./session_guard.ts";

/** What a call needs of the front door. */
export interface Door {
  readonly draining: boolean;
  /** Whether clients may see stacks. */
  readonly reveal: boolean;
  readonly now: () => number;
  readonly tell: (event: RequestEvent) => void;
  readonly bodies: OpenBodies;
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
  readonly requestId: string;
  readonly declaredBytes: number | null;
  readonly startedAt: number;
  /** Null while nobody traces. */
  readonly span: RequestSpan | null;
}

/** Header blocks repeat from one answer to the next; parsed ones are kept while small. */
const parsedHeaders = new Map<string, HeaderList>();
const PARSED_BLOCKS = 256;
const PARSED_BLOCK_CHARS = 400;

/**
 * What HTTP allows (RFC 9110, 5.1 and 5.5). A hostile app reaches the inside of its Response, so the isolate's own check
 * counts for nothing, and Deno's HTTP writer ends the process on a name or value beyond this.
 */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Blocks with a header that may not go to every host; they are looked at once more. */
const clearing = new WeakSet<HeaderList>();

/**
 * Parsed headers without a request id, which the front door sets itself, and without the dashboard's cookie.
 * @throws {TypeError} when a name or value is beyond what HTTP allows
 */
function parseHeaders(block: string): HeaderList {
  let list = parsedHeaders.get(block);
  if (list !== undefined) return list;
  list = splitHeaders(block).filter(([name, value]) =>
    name.toLowerCase() !== "x-request-id" && !plantsSession(name, value)
  );
  for (const [name, value] of list) {
    if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
      throw new TypeError(`header ${JSON.stringify(name.slice(0, 80))} is beyond what HTTP allows`);
    }
  }
  if (list.some(([name, value]) => clearsCookies(name, value))) clearing.add(list);
  if (block.length < PARSED_BLOCK_CHARS) {
    if (parsedHeaders.size >= PARSED_BLOCKS) parsedHeaders.clear();
    parsedHeaders.set(block, list);
  }
  return list;
}

/** The same, as they may go to the host of a URL. */
function headersFor(url: string, block: string): HeaderList {
  const list = parseHeaders(block);
  if (!clearing.has(list) || !isSharedHost(url)) return list;
  return list.filter(([name, value]) => !clearsCookies(name, value));
}

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
    let response: Response;
    try {
      const headers: HeaderList = [...headersFor(this.url, block), ["x-request-id", this.#init.requestId]];
      if (this.#door.draining) headers.push(["connection", "close"]);
      response = streams || innerSlots === null
        ? new Response(body as BodyInit | null, { status, headers })
        : innerSlots.makeResponse(status, headers, body);
    } catch (error) {
      // Only a forged answer comes here, and its client must not wait for ever.
      this.fail(new NanoError("APP_BAD_RESPONSE", `Cannot send the Response: ${messageOf(error)}`));
      if (streams) body.cancel().catch(() => {});
      return;
    }
    this.#status = status;
    this.#resolve(response);
    if (!streams) this.#tell(byteLength(body), null);
  }

  fail(error: NanoError): void {
    const { draining, reveal } = this.#door;
    const { requestId } = this.#init;
    const html = reveal && /\naccept\n[^\n]*text\/html/i.test(`\n${this.headers}`);
    const response = problemResponse(error, { requestId, reveal, close: draining, html });
    this.#status = response.status;
    this.#resolve(response);
    this.#tell(0, error.code);
  }

  upgrade(block: string): HostSocket {
    const headers = headersFor(this.url, block);
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
    return socket as HostSocket;
  }

  finish(bytes: number, _cut: boolean): void {
    this.#tell(bytes, null);
  }

  #tell(bytes: number, code: string | null): void {
    if (this.#told) return;
    this.#told = true;
    if (this.#mayHaveBody) this.#door.bodies.end();
    const { app, method, url, startedAt, requestId, span } = this.#init;
    if (span !== null) span.end(this.#status, code);
    this.#door.tell({
      event: "request",
      app,
      method,
      path: pathOf(url),
      status: this.#status,
      bytes,
      durationMs: this.#door.now() - startedAt,
      requestId,
      code,
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

/** UTF-8 length; texts of an answer are mostly ASCII and short. */
function byteLength(body: string | Uint8Array | null): number {
  if (body === null) return 0;
  if (typeof body !== "string") return body.byteLength;
  let bytes = body.length;
  for (let at = 0; at < body.length; at++) {
    const unit = body.charCodeAt(at);
    // A surrogate pair is two units and four bytes: two a unit, as for U+0080 to U+07FF.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
