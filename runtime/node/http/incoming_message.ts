/** `http.IncomingMessage`: a request at a server, or an answer at a client, as a Readable. */
import { Readable } from "node:stream";
import { callable } from "./callable.ts";
import { resetError } from "./coded_error.ts";
import { VirtualSocket } from "./virtual_socket.ts";

/** What a message is made from. */
export interface MessageParts {
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
  /** Asked for at most once: many requests are answered without a look at their socket. */
  readonly socket: () => VirtualSocket;
}

type Chunks = ReadableStreamDefaultReader<Uint8Array>;
type HeaderValues = Record<string, string | string[]>;

class Message extends Readable {
  declare httpVersion: string;
  declare httpVersionMajor: number;
  declare httpVersionMinor: number;
  declare complete: boolean;
  declare method: string | null;
  declare url: string;
  declare statusCode: number | null;
  declare statusMessage: string | null;
  declare aborted: boolean;
  declare upgrade: boolean | null;
  declare req: unknown;
  declare trailers: Record<string, string>;
  declare rawTrailers: string[];
  declare _parts: MessageParts | null;
  declare _chunks: Chunks | null;
  declare _socket: VirtualSocket | null;
  declare _headers: HeaderValues | null;
  declare _raw: string[] | null;
  declare _distinct: Record<string, string[]> | null;

  constructor(socket?: VirtualSocket | null) {
    super({ autoDestroy: false });
    initialize(this, socket);
  }

  get socket(): VirtualSocket {
    return this._socket ??= this._parts?.socket() ?? new VirtualSocket();
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

  get headers(): HeaderValues {
    if (this._headers !== null) return this._headers;
    const headers: HeaderValues = {};
    for (const [name, value] of this._parts?.headers ?? []) {
      if (name !== "set-cookie") headers[name] = value;
      else (headers[name] ??= [] as string[]) instanceof Array && (headers[name] as string[]).push(value);
    }
    return this._headers = headers;
  }
  set headers(headers: HeaderValues) {
    this._headers = headers;
  }

  /** Names are in lower case: the others have not come this far. */
  get rawHeaders(): string[] {
    return this._raw ??= [...this._parts?.headers ?? []].flat();
  }
  set rawHeaders(raw: string[]) {
    this._raw = raw;
  }

  get headersDistinct(): Record<string, string[]> {
    if (this._distinct !== null) return this._distinct;
    const distinct = Object.create(null) as Record<string, string[]>;
    for (const [name, value] of this._parts?.headers ?? []) (distinct[name] ??= []).push(value);
    return this._distinct = distinct;
  }
  get trailersDistinct(): Record<string, string[]> {
    return {};
  }

  setTimeout(ms: number, listener?: () => void): this {
    this.socket.setTimeout(ms, listener);
    return this;
  }

  override _read(): void {
    const body = this._parts?.body ?? null;
    if (body === null) {
      // One that was made by hand is fed by hand.
      if (this._parts !== null) this._end();
      return;
    }
    this._chunks ??= body.getReader();
    this._pull(this._chunks);
  }

  async _pull(chunks: Chunks): Promise<void> {
    try {
      const { done, value } = await chunks.read();
      if (this.destroyed) return;
      this._socket?.touch?.();
      if (done) return this._end();
      // Of no bytes nothing would be read, and so nothing more would be asked for.
      if (value.byteLength === 0) return this._pull(chunks);
      this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    } catch (error) {
      if (!this.destroyed) this.destroy(Object.assign(resetError("aborted"), { cause: error }));
    }
  }

  _end(): void {
    this.complete = true;
    this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.complete) {
      const { body } = this._parts ?? { body: null };
      // Nobody reads it any more; that it cannot be cancelled changes nothing.
      if (this._chunks !== null) this._chunks.cancel().catch(() => {});
      else if (body !== null && !body.locked) body.cancel().catch(() => {});
    }
    if (error !== null && (!this.readableEnded || !this.complete)) {
      this.aborted = true;
      this.emit("aborted");
    }
    // As Node has it: the other side going away is no fault where nobody listens.
    process.nextTick(() => done(this.listenerCount("error") === 0 ? null : error));
  }

  /** Reads the rest for nobody. */
  _dump(): void {
    this.resume();
  }
}

function initialize(message: Message, socket: VirtualSocket | null = null): void {
  Object.assign(message, {
    ...{ httpVersion: "1.1", httpVersionMajor: 1, httpVersionMinor: 1, complete: false, method: null, url: "" },
    ...{ statusCode: null, statusMessage: null, aborted: false, upgrade: null, trailers: {}, rawTrailers: [] },
    ...{ _parts: null, _chunks: null, _socket: socket, _headers: null, _raw: null, _distinct: null },
  });
}

/** As apps see it. */
export const IncomingMessage: typeof Message = callable(Message, (self, [socket]) => {
  Readable.call(self as never, { autoDestroy: false } as never);
  initialize(self, socket);
});
/** Its instances. */
export type IncomingMessage = Message;

/** A message of these parts. */
export function makeMessage(parts: MessageParts): Message {
  const message = new IncomingMessage();
  message._parts = parts;
  return message;
}

Object.defineProperty(Message, "name", { value: "IncomingMessage" });
