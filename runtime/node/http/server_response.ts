/** `http.ServerResponse`: what a handler writes becomes a Response. */
import { BodyFeed } from "./body_feed.ts";
import { callable } from "./callable.ts";
import { codedError, resetError } from "./coded_error.ts";
import type { IncomingMessage } from "./incoming_message.ts";
import { STATUS_CODES } from "./http_tables.ts";
import { type HeaderValue, initializeOutgoing, OutgoingMessage, writtenBytes } from "./outgoing_message.ts";

/** Who waits for the answer. */
export interface WaitingAnswer {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
}

type Done = (error?: Error | null) => void;
type GivenHeaders = Readonly<Record<string, HeaderValue>> | readonly (HeaderValue | readonly [string, HeaderValue])[];

/** Packages put one of their own in its place, which NANO does not know. */
const AppResponse = globalThis.Response;
/** The Fetch standard allows no body in them, nor does HTTP. */
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

class MadeResponse extends OutgoingMessage {
  declare req: IncomingMessage;
  declare statusCode: number;
  declare statusMessage: string | undefined;
  declare strictContentLength: boolean;
  declare _answer: WaitingAnswer | null;
  declare _feed: BodyFeed | null;
  declare _isStarted: boolean;
  /** Names that writeHead has set. */
  declare _fresh: Set<string> | null;
  /** Told when the client wants no more. */
  declare _onGone: () => void;

  constructor(req: IncomingMessage) {
    super();
    initialize(this, req);
  }

  /** fastify's way to call an app without a network asks for it. */
  get _hasBody(): boolean {
    return this._mayHaveBody();
  }

  writeHead(status: number, ...given: unknown[]): this {
    this._refuseLate("write");
    const code = Number(status) | 0;
    if (code < 200 || code > 599) {
      throw codedError("ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${status}; NANO sends 200 to 599`, {
        kind: RangeError,
      });
    }
    this.statusCode = code;
    const [message] = given;
    const headers = (typeof message === "string" ? given[1] : message ?? given[1]) as GivenHeaders | undefined | null;
    if (typeof message === "string") this.statusMessage = message;
    for (const [name, value] of pairsOf(headers ?? {})) {
      // The same name again adds to it where it came as a list.
      if (Array.isArray(headers) && this._fresh?.has(name.toLowerCase())) this.appendHeader(name, String(value));
      else this.setHeader(name, value);
      (this._fresh ??= new Set()).add(name.toLowerCase());
    }
    this._isHeadSent = true;
    this.statusMessage ??= STATUS_CODES[code] ?? "unknown";
    return this;
  }

  /** Packages wrap `writeHead`, so it is called by its name. */
  _implicitHeader(): void {
    this.writeHead(this.statusCode);
  }

  override flushHeaders(): void {
    if (!this._isHeadSent) this._implicitHeader();
    this._start(undefined);
  }

  writeContinue(done?: () => void): void {
    // It was sent when the body was first asked for.
    if (done !== undefined) process.nextTick(done);
  }
  writeProcessing(done?: () => void): void {
    if (done !== undefined) process.nextTick(done);
  }
  writeEarlyHints(_hints: unknown, done?: () => void): void {
    if (done !== undefined) process.nextTick(done);
  }

  override _takeWhole(chunk: unknown, encoding: unknown): boolean {
    if (this._isStarted || this.writableLength > 0 || this.destroyed) return false;
    const bytes = writtenBytes(chunk, encoding);
    if (!this._isHeadSent) {
      if (!this.hasHeader("content-length") && this._mayHaveBody()) this.setHeader("Content-Length", bytes.byteLength);
      this._implicitHeader();
    }
    this._start(bytes);
    return true;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    if (!this._isHeadSent) this._implicitHeader();
    this._start(undefined);
    this._socket?.touch?.();
    if (this._feed === null) done();
    else this._feed.write(chunk, done);
  }

  override _final(done: Done): void {
    if (!this._isStarted) {
      if (!this._isHeadSent) this._implicitHeader();
      this._start(null);
    }
    this._feed?.close();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const reason = error ?? resetError("The response was destroyed before its end");
    // Whatever was not said by now is never said.
    if (!this.writableFinished) {
      this._feed?.fail(reason);
      if (!this._isStarted) this._answer?.reject(reason);
    }
    done(error);
  }

  _mayHaveBody(): boolean {
    return this.req?.method !== "HEAD" && !NULL_BODY_STATUSES.has(this.statusCode);
  }

  /** @param whole the body; null: none; undefined: what will be written */
  _start(whole: Uint8Array | null | undefined): void {
    if (this._isStarted) return;
    this._isStarted = true;
    if (this._answer === null) return;
    let body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null = null;
    if (this._mayHaveBody()) {
      if (whole === undefined) {
        this._feed = new BodyFeed(() => this._onGone());
        body = this._feed.readable;
      } else body = whole as Uint8Array<ArrayBuffer> | null;
    }
    try {
      const { statusCode: status, statusMessage: statusText = "" } = this;
      this._answer.resolve(new AppResponse(body, { status, statusText, headers: this._pairs() }));
    } catch (error) {
      this._answer.reject(error);
    }
  }
}

function* pairsOf(headers: GivenHeaders): Generator<[string, HeaderValue]> {
  if (!Array.isArray(headers)) yield* Object.entries(headers as Record<string, HeaderValue>);
  else if (Array.isArray(headers[0])) yield* headers as [string, HeaderValue][];
  else for (let at = 0; at + 1 < headers.length; at += 2) yield [String(headers[at]), headers[at + 1] as HeaderValue];
}

function initialize(response: MadeResponse, req: IncomingMessage): void {
  Object.assign(response, {
    ...{ req, statusCode: 200, statusMessage: undefined, strictContentLength: false },
    ...{ _answer: null, _feed: null, _isStarted: false, _fresh: null, _onGone: () => {} },
  });
}

/** As apps see it. */
export const ServerResponse: typeof MadeResponse = callable(MadeResponse, (self, [req]) => {
  initializeOutgoing(self);
  initialize(self, req);
});
/** Its instances. */
export type ServerResponse = MadeResponse;

Object.defineProperty(MadeResponse, "name", { value: "ServerResponse" });
