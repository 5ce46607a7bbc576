/** `http.ClientRequest`: a request over the app's own fetch, which is NANO's and knows the app's outbound policy. */
import { Agent } from "./agent.ts";
import { BodyFeed } from "./body_feed.ts";
import { codedError, resetError } from "./coded_error.ts";
import { ownServer } from "./listening.ts";
import { type IncomingMessage, makeMessage } from "./incoming_message.ts";
import { STATUS_CODES } from "./http_tables.ts";
import { type HeaderValue, OutgoingMessage, writtenBytes } from "./outgoing_message.ts";
import { requestFailure } from "./request_failure.ts";
import { givenHeaders, parseGiven, type RequestOptions, type Target, targetOf } from "./request_options.ts";
import { connectUpgrade } from "./upgraded_client.ts";
import { VirtualSocket } from "./virtual_socket.ts";

type Done = (error?: Error | null) => void;

const { fetch: appFetch, Headers: AppHeaders, Request: AppRequest } = globalThis;
/** Whom a server of the app itself sees. */
const SELF = { remoteAddr: { hostname: "127.0.0.1", port: 0 } };
/** What fetch takes no body with. */
const BODILESS = new Set(["GET", "HEAD"]);

/** A request that was or will be sent. */
export class ClientRequest extends OutgoingMessage {
  declare method: string;
  declare path: string;
  declare host: string;
  declare protocol: string;
  declare aborted: boolean;
  declare reusedSocket: boolean;
  declare maxHeadersCount: number | null;
  declare agent: unknown;
  declare res: IncomingMessage | null;
  declare timeoutCb: (() => void) | null;
  declare _target: Target;
  declare _control: AbortController;
  declare _feed: BodyFeed | null;
  declare _isStarted: boolean;

  /** @param given `(url, options, listener)`, as `http.request` has them */
  constructor(...given: unknown[]) {
    const { options, listener } = parseGiven(given);
    const target = targetOf(options, (options as { _protocol?: string })._protocol ?? "http:");
    super({ autoDestroy: false });
    const { method, path, host, protocol } = target;
    Object.assign(this, {
      ...{ method, path, host, protocol, agent: options.agent, res: null, aborted: false, reusedSocket: false },
      ...{ maxHeadersCount: null, timeoutCb: null },
      ...{ _target: target, _control: new AbortController(), _feed: null, _isStarted: false },
    });
    this.useChunkedEncodingByDefault = !/^(GET|HEAD|DELETE|OPTIONS|TRACE|CONNECT)$/.test(method);
    this._makeSocket = () => new VirtualSocket({ remoteAddress: host, encrypted: protocol === "https:" });
    for (const [name, value] of givenHeaders(options.headers)) this.setHeader(name, value as HeaderValue);
    if (!this.hasHeader("host")) this.setHeader("Host", new URL(target.url).host);
    if (options.auth && !this.hasHeader("authorization")) {
      this.setHeader("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
    }
    if (listener !== undefined) this.once("response", listener);
    this._watch(options);
    if (options.agent instanceof Agent) options.agent.addRequest(this, options);
    process.nextTick(() => this._begin(options));
  }

  /** Comes before the head is taken; agents put their own in its place. */
  _implicitHeader(): void {}

  _watch({ signal, timeout, agent }: RequestOptions): void {
    const ms = timeout ?? (typeof agent === "object" ? agent?.options?.timeout : undefined);
    if (ms !== undefined && ms > 0) this.setTimeout(ms);
    if (signal === undefined || signal === null) return;
    const abort = () => {
      const error = codedError("ABORT_ERR", "The operation was aborted", { cause: signal.reason });
      error.name = "AbortError";
      this.destroy(error);
    };
    if (signal.aborted) return void process.nextTick(abort);
    signal.addEventListener("abort", abort, { once: true });
    this.once("close", () => signal.removeEventListener("abort", abort));
  }

  /** Once whoever made it could add listeners. */
  _begin({ socketPath }: RequestOptions): void {
    if (this.destroyed) return;
    if (socketPath) {
      return void this.destroy(codedError("ENOTSUP", `Cannot connect to "${socketPath}": apps have no Unix sockets`));
    }
    this.emit("socket", this.socket);
    if (this.hasHeader("expect")) this.emit("continue");
  }

  override setTimeout(ms: number, listener?: () => void): this {
    const { socket } = this;
    if (socket.listenerCount("timeout") === 0) socket.on("timeout", () => this.emit("timeout"));
    socket.setTimeout(ms);
    if (listener !== undefined) this.once("timeout", listener);
    return this;
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    process.nextTick(() => this.emit("abort"));
    this.destroy();
  }

  onSocket(): void {}
  setNoDelay(): void {}
  setSocketKeepAlive(): void {}
  clearTimeout(listener?: () => void): void {
    this.setTimeout(0);
    if (listener !== undefined) this.off("timeout", listener);
  }

  override flushHeaders(): void {
    process.nextTick(() => {
      if (!this.finished) this._start(BODILESS.has(this.method) ? null : undefined);
    });
  }

  /** What is the whole body has a length, and can be sent again. */
  override _takeWhole(chunk: unknown, encoding: unknown): boolean {
    if (this._isStarted || this.writableLength > 0) return false;
    const bytes = writtenBytes(chunk, encoding);
    this._start(bytes.byteLength === 0 ? null : bytes);
    return true;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    this.socket.touch();
    if (this._isStarted) return this._feed === null ? done() : this._feed.write(chunk, done);
    // Many write once and end at once: then it is the whole body after all.
    process.nextTick(() => {
      if (this.destroyed || this._isStarted) return done();
      if (this.finished && this.writableLength === chunk.byteLength) {
        this._start(chunk);
        return done();
      }
      this._start(undefined);
      if (this._feed === null) done();
      else (this._feed as BodyFeed).write(chunk, done);
    });
  }

  override _final(done: Done): void {
    this._start(null);
    this._feed?.close();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const { res } = this;
    const shown = error ?? (res === null ? resetError("socket hang up") : null);
    this._control.abort(shown ?? resetError("aborted"));
    this._feed?.fail(shown ?? resetError("aborted"));
    if (res !== null && !res.complete) res.destroy(error ?? resetError("aborted"));
    this._socket?.destroy();
    done(shown);
  }

  /** @param body the whole of it; null: none; undefined: what will be written */
  _start(body: Uint8Array | null | undefined): void {
    if (this._isStarted || this.destroyed) return;
    this._implicitHeader();
    if (this.destroyed) return;
    this._isStarted = true;
    this._isHeadSent = true;
    if (String(this.getHeader("upgrade") ?? "").toLowerCase() === "websocket") return connectUpgrade(this);
    if (body === undefined) this._feed = new BodyFeed(() => {});
    const headers = this._pairs();
    // Node asks for no coding by itself, and what is packed is unpacked by fetch.
    if (!this.hasHeader("accept-encoding")) headers.push(["accept-encoding", "identity"]);
    const init = {
      method: this.method,
      headers,
      body: (body === undefined ? this._feed!.readable : body) as BodyInit | null,
      redirect: "manual",
      signal: this._control.signal,
      duplex: "half",
    } as RequestInit;
    const server = ownServer(this._target.url);
    const answer = server === undefined
      ? appFetch(this._target.url, init)
      : Promise.resolve(new AppRequest(this._target.url, init)).then((request) => server._answer(request, SELF));
    answer.then((response) => this._receive(response), (error) => {
      if (!this.destroyed) this.destroy(requestFailure(error, this._target));
    });
  }

  _receive(response: Response): void {
    if (this.destroyed) return void response.body?.cancel().catch(() => {});
    const headers = new AppHeaders(response.headers);
    // node-fetch would watch the socket for the last chunk, which does not come by here.
    headers.delete("transfer-encoding");
    const res = makeMessage({ headers, body: response.body, socket: () => this.socket });
    res.statusCode = response.status;
    res.statusMessage = response.statusText || (STATUS_CODES[response.status] ?? "");
    this._show(res);
    if (!this.emit("response", res)) res._dump();
  }

  _show(res: IncomingMessage): void {
    this.res = res;
    res.req = this;
    this.socket.touch();
    const end = () => {
      res.destroy();
      this._socket?.destroy();
      this.destroy();
    };
    res.once("end", end);
    res.once("close", () => this.destroy());
  }
}
