/** `http.OutgoingMessage`: the headers and the body of what is sent, as a Writable. */
import { Writable } from "node:stream";
import { callable } from "./callable.ts";
import { codedError } from "./coded_error.ts";
import { validateHeaderName, validateHeaderValue } from "./header_rules.ts";
import { VirtualSocket } from "./virtual_socket.ts";

/** What a header may be set to. */
export type HeaderValue = string | number | readonly string[];

/** What belongs to a connection: NANO's own connections have their own. */
const CONNECTION_HEADERS = new Set(["connection", "keep-alive", "transfer-encoding", "trailer", "upgrade", "te"]);

class Message extends Writable {
  declare finished: boolean;
  declare sendDate: boolean;
  declare shouldKeepAlive: boolean;
  declare chunkedEncoding: boolean;
  declare useChunkedEncodingByDefault: boolean;
  declare _store: Map<string, { readonly name: string; readonly value: HeaderValue }>;
  declare _isHeadSent: boolean;
  declare _socket: VirtualSocket | null;
  declare _makeSocket: () => VirtualSocket;

  constructor(options: { readonly autoDestroy?: boolean } = {}) {
    super({ decodeStrings: true, ...options });
    initialize(this);
  }

  get headersSent(): boolean {
    return this._isHeadSent;
  }
  /** Packages ask whether there is one. */
  get _header(): string | null {
    return this._isHeadSent ? "HTTP/1.1\r\n\r\n" : null;
  }
  /** Those of answers that nobody waits for clear it (serverless-http). */
  set _header(_given: string | null) {}

  get socket(): VirtualSocket {
    return this._socket ??= this._makeSocket();
  }
  set socket(socket: VirtualSocket) {
    this._socket = socket;
  }
  get connection(): VirtualSocket {
    return this.socket;
  }
  set connection(socket: VirtualSocket) {
    this._socket = socket;
  }

  setHeader(name: string, value: HeaderValue): this {
    this._refuseLate("set");
    validateHeaderName(name);
    for (const one of Array.isArray(value) ? value : [value]) validateHeaderValue(name, one);
    this._store.set(name.toLowerCase(), { name, value });
    return this;
  }

  setHeaders(headers: Headers | ReadonlyMap<string, HeaderValue>): this {
    this._refuseLate("set");
    const cookies: string[] = [];
    for (const [name, value] of headers as Iterable<[string, HeaderValue]>) {
      if (headers instanceof Headers && name === "set-cookie") cookies.push(value as string);
      else this.setHeader(name, value);
    }
    if (cookies.length > 0) this.setHeader("set-cookie", cookies);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    this._refuseLate("append");
    const present = this._store.get(String(name).toLowerCase());
    if (present === undefined) return this.setHeader(name, value);
    return this.setHeader(present.name, [present.value, value].flat().map(String));
  }

  getHeader(name: string): HeaderValue | undefined {
    return this._store.get(String(name).toLowerCase())?.value;
  }
  getHeaderNames(): string[] {
    return [...this._store.keys()];
  }
  getRawHeaderNames(): string[] {
    return [...this._store.values()].map(({ name }) => name);
  }
  getHeaders(): Record<string, HeaderValue> {
    const headers = Object.create(null) as Record<string, HeaderValue>;
    for (const [key, { value }] of this._store) headers[key] = value;
    return headers;
  }
  hasHeader(name: string): boolean {
    return this._store.has(String(name).toLowerCase());
  }
  removeHeader(name: string): void {
    this._refuseLate("remove");
    this._store.delete(String(name).toLowerCase());
  }

  flushHeaders(): void {}

  addTrailers(): void {
    console.warn("response.addTrailers: trailers are not sent by NANO");
  }

  setTimeout(ms: number, listener?: () => void): this {
    this.socket.setTimeout(ms);
    if (listener !== undefined) this.socket.once("timeout", listener);
    return this;
  }

  /** Nothing but a stream's own end: a second one is no error here, as in Node. */
  override end(...given: unknown[]): this {
    const done = given.find((one) => typeof one === "function") as ((error?: Error) => void) | undefined;
    if (this.finished) {
      if (done !== undefined) {
        const state = this.writableFinished ? "ALREADY_FINISHED" : "WRITE_AFTER_END";
        process.nextTick(done, codedError(`ERR_STREAM_${state}`, "end() was called before"));
      }
      return this;
    }
    const [chunk, encoding] = given;
    if (chunk !== null && chunk !== undefined && typeof chunk !== "function") {
      if (!this._takeWhole(chunk, encoding)) this.write(chunk, encoding as BufferEncoding);
    }
    this.finished = true;
    super.end(done as () => void);
    return this;
  }

  /** Called with what may be the whole body. @returns whether it was taken */
  _takeWhole(_chunk: unknown, _encoding: unknown): boolean {
    return false;
  }

  /** The headers to send. */
  _pairs(): [string, string][] {
    const pairs: [string, string][] = [];
    for (const [key, { name, value }] of this._store) {
      if (CONNECTION_HEADERS.has(key)) continue;
      if (!Array.isArray(value)) pairs.push([name, String(value)]);
      else if (key === "cookie") pairs.push([name, value.join("; ")]);
      else for (const one of value as readonly string[]) pairs.push([name, String(one)]);
    }
    return pairs;
  }

  _refuseLate(action: string): void {
    if (!this._isHeadSent) return;
    throw codedError("ERR_HTTP_HEADERS_SENT", `Cannot ${action} headers after they are sent to the client`);
  }

  assignSocket(socket: VirtualSocket): void {
    this._socket = socket;
  }
  detachSocket(): void {
    this._socket = null;
  }
}

function initialize(message: Message): void {
  Object.assign(message, {
    ...{ finished: false, sendDate: true, shouldKeepAlive: true, chunkedEncoding: false },
    ...{ useChunkedEncodingByDefault: true, _isHeadSent: false, _socket: null },
    ...{ _store: new Map(), _makeSocket: () => new VirtualSocket() },
  });
}

/** Does to an object what the constructor does. */
export function initializeOutgoing(message: object, options: { readonly autoDestroy?: boolean } = {}): void {
  Writable.call(message as never, { decodeStrings: true, ...options } as never);
  initialize(message as Message);
}

/** Bytes of what was written. */
export function writtenBytes(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk === "string") return Buffer.from(chunk, encoding as BufferEncoding | undefined);
  if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  throw codedError(
    "ERR_INVALID_ARG_TYPE",
    'The "chunk" argument must be of type string or an instance of Buffer or Uint8Array',
    { kind: TypeError },
  );
}

/** As apps see it. */
export const OutgoingMessage: typeof Message = callable(
  Message,
  (self, [options]) => initializeOutgoing(self, options),
);
/** Its instances. */
export type OutgoingMessage = Message;

Object.defineProperty(Message, "name", { value: "OutgoingMessage" });
