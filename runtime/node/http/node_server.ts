/** `http.Server`: its handler is taken over as that of `Deno.serve` is; NANO listens for the app. */
import { EventEmitter } from "node:events";
import { callable } from "./callable.ts";
import { codedError, resetError } from "./coded_error.ts";
import { makeMessage } from "./incoming_message.ts";
import { findServer, parseListen, takePort } from "./listening.ts";
import { requestPath } from "./request_path.ts";
import { ServerResponse } from "./server_response.ts";
import { acceptUpgrade } from "./upgraded_request.ts";
import { VirtualSocket } from "./virtual_socket.ts";

/** What Deno.serve tells beside a request. */
export interface ConnectionInfo {
  readonly remoteAddr?: { readonly hostname: string; readonly port: number };
}

type Listener = (...given: unknown[]) => void;

class NodeServer extends EventEmitter {
  declare listening: boolean;
  declare timeout: number;
  declare keepAliveTimeout: number;
  declare headersTimeout: number;
  declare requestTimeout: number;
  declare maxHeadersCount: number | null;
  declare maxRequestsPerSocket: number;
  declare _port: number;
  declare _host: string | undefined;
  declare _under: number;
  declare _release: (() => void) | null;

  constructor(options?: object | Listener, listener?: Listener) {
    super();
    initialize(this, options, listener);
  }

  listen(...given: unknown[]): this {
    if (this.listening) {
      throw codedError("ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");
    }
    const { port, host, done } = parseListen(given);
    if (done !== undefined) this.once("listening", done);
    const taken = takePort(this, { port, host });
    if (taken instanceof Error) {
      process.nextTick(() => this.emit("error", taken));
      return this;
    }
    this.listening = true;
    this._port = taken.port;
    this._host = host;
    this._release = taken.release;
    process.nextTick(() => {
      if (this.listening) this.emit("listening");
    });
    return this;
  }

  address(): { readonly address: string; readonly family: string; readonly port: number } | null {
    if (!this.listening) return null;
    const address = this._host === undefined || this._host === "localhost" ? "::" : this._host;
    return { address, family: address.includes(":") ? "IPv6" : "IPv4", port: this._port };
  }

  close(done?: (error?: Error) => void): this {
    if (!this.listening) {
      const error = codedError("ERR_SERVER_NOT_RUNNING", "Server is not running.");
      if (done !== undefined) process.nextTick(done, error);
      return this;
    }
    if (done !== undefined) this.once("close", () => done());
    this.listening = false;
    this._release?.();
    this._settle();
    return this;
  }

  /** Closed once what is under way has ended. */
  _settle(): void {
    if (this.listening || this._under > 0) return;
    process.nextTick(() => this.emit("close"));
  }

  closeAllConnections(): void {}
  closeIdleConnections(): void {}
  getConnections(done: (error: Error | null, count: number) => void): this {
    process.nextTick(done, null, this._under);
    return this;
  }
  /** How long a request may last is NANO's to say. */
  setTimeout(ms?: number | Listener, listener?: Listener): this {
    if (typeof ms === "number") this.timeout = ms;
    if (listener !== undefined) this.on("timeout", listener);
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve, reject) => this.close((error) => error === undefined ? resolve() : reject(error)));
  }

  /** Answers a request by the listeners of "request". */
  _answer(request: Request, info: ConnectionInfo): Promise<Response> {
    const socket = socketOf(request, info, this._port);
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket" && this.listenerCount("upgrade") > 0) {
      return acceptUpgrade(this, request, { socket });
    }
    const req = makeMessage({ headers: request.headers, body: request.body, socket });
    req.method = request.method;
    req.url = requestPath(request.url);
    req.upgrade = false;
    const res = new ServerResponse(req);
    res._makeSocket = () => req.socket;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    res._answer = { resolve, reject };
    this._under++;
    const gone = () => {
      if (res.writableFinished || res.destroyed) return;
      req.destroy(resetError("aborted"));
      res.destroy();
      req._socket?.destroy();
    };
    res._onGone = gone;
    const { signal } = request;
    signal.addEventListener("abort", gone, { once: true });
    res.once("close", () => {
      signal.removeEventListener("abort", gone);
      this._under--;
      this._settle();
    });
    // As Node has it: what was not read of the request is read by nobody any more.
    res.once("finish", () => req.destroy());
    req.once("aborted", () => {
      if (!res.writableFinished) res.destroy();
    });
    try {
      const isExpecting = request.headers.get("expect")?.toLowerCase() === "100-continue";
      const isChecked = isExpecting && this.listenerCount("checkContinue") > 0;
      this.emit(isChecked ? "checkContinue" : "request", req, res);
    } catch (error) {
      reject(error);
      res.destroy();
    }
    return promise;
  }
}

/** Tells the isolate's loader that an app without a handler may yet get one; named in late_server.ts there. */
const MADE = Symbol.for("nano.node_http");

function initialize(server: NodeServer, options?: object | Listener, listener?: Listener): void {
  Reflect.set(globalThis, MADE, true);
  Object.assign(server, {
    ...{ listening: false, timeout: 0, keepAliveTimeout: 5000, headersTimeout: 60_000, requestTimeout: 300_000 },
    ...{ maxHeadersCount: null, maxRequestsPerSocket: 0, _port: 0, _host: undefined, _under: 0, _release: null },
  });
  const handler = typeof options === "function" ? options as Listener : listener;
  if (handler !== undefined) server.on("request", handler);
}

/** The socket of a request, made when somebody looks at it. */
function socketOf(request: Request, { remoteAddr }: ConnectionInfo, localPort: number): () => VirtualSocket {
  let socket: VirtualSocket | null = null;
  return () =>
    socket ??= new VirtualSocket({
      remoteAddress: remoteAddr?.hostname,
      remotePort: remoteAddr?.port,
      localPort,
      encrypted: request.url.startsWith("https:"),
    });
}

/** As apps see it. */
export const Server: typeof NodeServer = callable(NodeServer, (self, [options, listener]) => {
  EventEmitter.call(self as never);
  initialize(self, options, listener);
});
/** Its instances. */
export type Server = NodeServer;

/** `http.createServer` */
export function createServer(options?: object | Listener, listener?: Listener): NodeServer {
  return new Server(options, listener);
}

/** Answers a request by the server that listens on a port. @throws {Error} ECONNREFUSED when none does */
export function answerOn(port: number, request: Request, info: ConnectionInfo): Promise<Response> {
  const server = findServer(port) as NodeServer | undefined;
  if (server === undefined) throw codedError("ECONNREFUSED", `No server of this app listens on port ${port}`);
  return server._answer(request, info);
}

Object.defineProperty(NodeServer, "name", { value: "Server" });
