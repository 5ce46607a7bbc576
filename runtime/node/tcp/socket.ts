/** `net.Socket` of a client. */
import { Buffer } from "node:buffer";
import process from "node:process";
import { Duplex } from "node:stream";
import type { TcpFacts, TcpOptions } from "../../protocol/tcp.ts";
import { callable } from "../http/callable.ts";
import { isIP, ownLookups } from "./addresses.ts";
import { Link, type Reader } from "./connection.ts";
import { socketError } from "./socket_error.ts";

/** What opens a connection, as far as it means something here. */
export interface ConnectOptions {
  readonly host?: string;
  readonly hostname?: string;
  readonly port?: number | string;
  readonly path?: string;
  readonly family?: number | string;
  readonly timeout?: number;
  readonly allowHalfOpen?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly signal?: AbortSignal;
  // deno-lint-ignore no-explicit-any
  readonly lookup?: (...given: any[]) => void;
}

type Listener = () => void;
type Done = (error?: Error | null) => void;

/** `(options, listener)`, `(port, host, listener)` or `(path, listener)`. */
export type ConnectArguments = readonly unknown[];

/** Brings the arguments of a call into one form. */
export function normalizeArguments(given: ConnectArguments): [ConnectOptions, Listener | undefined] {
  // Node calls with the list that this returns.
  if (Array.isArray(given[0])) return given[0] as unknown as [ConnectOptions, Listener | undefined];
  const listener = given.findLast((one) => typeof one === "function") as Listener | undefined;
  const [first, second] = given;
  if (typeof first === "object" && first !== null) return [first as ConnectOptions, listener];
  if (typeof first === "string" && !/^\d+$/.test(first)) return [{ path: first }, listener];
  return [{ port: first as number, ...(typeof second === "string" ? { host: second } : {}) }, listener];
}

class SocketBase extends Duplex implements Reader {
  declare connecting: boolean;
  declare bytesRead: number;
  declare timeout: number;
  declare _bytesSent: number;
  declare _link: Link | null;
  declare _facts: TcpFacts | null;
  declare _given: ConnectOptions;
  declare _timer: ReturnType<typeof setTimeout> | null;
  /** What is set before there is a connection. */
  declare _set: { noDelay: boolean; keepAlive: boolean };
  declare _hadError: boolean;

  constructor(options: ConnectOptions = {}) {
    super(streamOptions(options));
    prepare(this, options);
  }

  connect(...given: ConnectArguments): this {
    const [options, listener] = normalizeArguments(given);
    this._given = { ...this._given, ...options };
    if (listener !== undefined) this.once("connect", listener);
    this.connecting = true;
    this._touch();
    const host = options.host ?? options.hostname ?? "localhost";
    const port = Number(options.port);
    if (options.path !== undefined) {
      this._failLater(Object.assign(new Error(`connect EACCES ${options.path}`), { code: "EACCES" }));
    } else if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      this.connecting = false;
      const text = `options.port should be >= 0 and < 65536. Received ${String(options.port)}.`;
      throw Object.assign(new RangeError(text), { code: "ERR_SOCKET_BAD_PORT" });
    } else if (options.lookup === undefined || ownLookups.has(options.lookup) || isIP(host) !== 0) {
      this._dial(host, port);
    } else this._lookUp(host, port);
    return this;
  }

  _lookUp(host: string, port: number): void {
    const { lookup, family = 0 } = this._given;
    lookup!(host, { family, hints: 0, all: false }, (error: Error | null, found: unknown) => {
      if (this.destroyed) return;
      if (error !== null && error !== undefined) return void this.destroy(error);
      const address = Array.isArray(found) ? (found[0] as { address: string } | undefined)?.address : found;
      this._dial(String(address), port);
    });
  }

  _dial(host: string, port: number, more: TcpOptions = {}): void {
    const family = Number(String(this._given.family ?? 0).replace("IPv", ""));
    const link = this._link = new Link(host, port, { ...this._set, ...(family > 0 ? { family } : {}), ...more });
    link.reader = this;
    link.opened.then((facts) => this._onOpened(facts), (error) => {
      this.connecting = false;
      this.destroy(socketError(error, "connect", { host, port }));
    });
  }

  _onOpened(facts: TcpFacts): void {
    if (this.destroyed) return;
    this._facts = facts;
    this.connecting = false;
    this._touch();
    this.emit("connect");
    this.emit("ready");
    this._begin();
  }

  /** Reads on, so that an end is heard of by who waits for no data. */
  _begin(): void {
    if (this.destroyed || this._link?.reader !== this) return;
    if (!this.isPaused()) this.read(0);
  }

  override _read(): void {
    if (this.connecting || this._link === null) return void this.once("connect", () => this._read());
    if (this._link.reader === this) this._link.pull();
  }

  onBytes(bytes: Uint8Array<ArrayBuffer> | null): void {
    this._touch();
    if (bytes === null) {
      this.push(null);
      this.read(0);
      return;
    }
    this.bytesRead += bytes.byteLength;
    this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  onFailed(error: Error): void {
    this.destroy(socketError(error, "read"));
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    if (this.connecting) return void this.once("connect", () => this._write(chunk, _encoding, done));
    if (this._link === null) return done(Object.assign(new Error("write EPIPE"), { code: "EPIPE", syscall: "write" }));
    this._touch();
    this._bytesSent += chunk.byteLength;
    this._link.write(chunk).then(() => {
      this._touch();
      done();
    }, (error) => done(socketError(error, "write")));
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: Done): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", done);
  }

  override _final(done: Done): void {
    if (this.connecting) return void this.once("connect", () => this._final(done));
    this._link?.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false;
    this._stop();
    if (this._link?.reader === this) this._link.destroy();
    done(error);
    // Behind the error, which is told in the next tick too.
    process.nextTick(() => this.emit("close", error !== null));
  }

  _failLater(error: Error): void {
    queueMicrotask(() => this.destroy(error));
  }

  setTimeout(ms: number, listener?: Listener): this {
    this._stop();
    this.timeout = ms;
    if (listener !== undefined && ms > 0) this.once("timeout", listener);
    else if (listener !== undefined) this.off("timeout", listener);
    this._touch();
    return this;
  }

  /** Something has happened. */
  _touch(): void {
    this._stop();
    if (!(this.timeout > 0) || this.destroyed) return;
    this._timer = setTimeout(() => this.emit("timeout"), this.timeout);
  }

  _stop(): void {
    if (this._timer !== null) clearTimeout(this._timer);
    this._timer = null;
  }

  setNoDelay(value: boolean = true): this {
    this._set.noDelay = value;
    this._link?.set("noDelay", value);
    return this;
  }
  setKeepAlive(value: boolean = false): this {
    this._set.keepAlive = value;
    this._link?.set("keepAlive", value);
    return this;
  }
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }
  resetAndDestroy(): this {
    return this.destroy();
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  address(): object {
    if (this._facts === null) return {};
    return { address: this.localAddress, family: familyOf(this.localAddress), port: this.localPort };
  }

  get bytesWritten(): number {
    return this._bytesSent + this.writableLength;
  }
  get pending(): boolean {
    return this._facts === null;
  }
  get readyState(): string {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    return this.readable ? "readOnly" : this.writable ? "writeOnly" : "closed";
  }
  get remoteAddress(): string | undefined {
    return this._facts?.remoteAddress;
  }
  get remotePort(): number | undefined {
    return this._facts?.remotePort;
  }
  get remoteFamily(): string | undefined {
    return familyOf(this.remoteAddress);
  }
  get localAddress(): string | undefined {
    return this._facts?.localAddress;
  }
  get localPort(): number | undefined {
    return this._facts?.localPort;
  }
  get localFamily(): string | undefined {
    return familyOf(this.localAddress);
  }
}

function familyOf(address: string | undefined): string | undefined {
  return address === undefined ? undefined : address.includes(":") ? "IPv6" : "IPv4";
}

function streamOptions({ allowHalfOpen = false, signal }: ConnectOptions): object {
  return { allowHalfOpen, emitClose: false, autoDestroy: true, decodeStrings: true, ...(signal ? { signal } : {}) };
}

function prepare(socket: SocketBase, options: ConnectOptions): void {
  const { noDelay = false, keepAlive = false } = options;
  Object.assign(socket, {
    ...{ connecting: false, bytesRead: 0, timeout: 0, _bytesSent: 0, _link: null, _facts: null, _timer: null },
    ...{ _given: options, _set: { noDelay, keepAlive }, server: null },
  });
}

/** Callable without `new`, as packages inherit from it. */
export const Socket: typeof SocketBase = callable(SocketBase, (socket, [options = {}]) => {
  (Duplex as unknown as (this: unknown, options: object) => void).call(socket, streamOptions(options));
  prepare(socket, options);
});
/** One of these. */
export type Socket = SocketBase;
