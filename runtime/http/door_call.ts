/** A client's request as an app call: turns the isolate's answer into the client's Response and tells what happened. */
import type { AnswerBody, AppCall } from "../app_call.ts";
import type { NanoError } from "../errors.ts";
import type { RequestEvent } from "../events.ts";
import { type HeaderList, splitHeaders } from "../protocol/header_block.ts";
import { type InnerRequest, innerSlots } from "../protocol/inner_slots.ts";
import { problemResponse } from "./problem.ts";

/** What a call needs of the front door. */
export interface Door {
  readonly draining: boolean;
  /** Whether clients may see stacks. */
  readonly reveal: boolean;
  readonly now: () => number;
  readonly tell: (event: RequestEvent) => void;
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
}

/** Header blocks repeat from one answer to the next; parsed ones are kept while small. */
const parsedHeaders = new Map<string, HeaderList>();
const PARSED_BLOCKS = 256;
const PARSED_BLOCK_CHARS = 400;

/** Parsed headers without a request id, which the front door sets itself. */
function parseHeaders(block: string): HeaderList {
  let list = parsedHeaders.get(block);
  if (list !== undefined) return list;
  list = splitHeaders(block).filter(([name]) => name.toLowerCase() !== "x-request-id");
  if (block.length < PARSED_BLOCK_CHARS) {
    if (parsedHeaders.size >= PARSED_BLOCKS) parsedHeaders.clear();
    parsedHeaders.set(block, list);
  }
  return list;
}

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
  #status = 0;

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
    const headers: HeaderList = [...parseHeaders(block), ["x-request-id", this.#init.requestId]];
    if (this.#door.draining) headers.push(["connection", "close"]);
    this.#status = status;
    const streams = body instanceof ReadableStream;
    this.#resolve(
      streams || innerSlots === null
        ? new Response(body as BodyInit | null, { status, headers })
        : innerSlots.makeResponse(status, headers, body),
    );
    if (!streams) this.#tell(byteLength(body), null);
  }

  fail(error: NanoError): void {
    const { draining, reveal } = this.#door;
    const { requestId } = this.#init;
    const response = problemResponse(error, { requestId, reveal, close: draining });
    this.#status = response.status;
    this.#resolve(response);
    this.#tell(0, error.code);
  }

  finish(bytes: number, _cut: boolean): void {
    this.#tell(bytes, null);
  }

  #tell(bytes: number, code: string | null): void {
    const { app, method, url, startedAt, requestId } = this.#init;
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
  const start = url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0) return "/";
  const query = url.indexOf("?", start);
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
