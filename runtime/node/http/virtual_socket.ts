/** What stands for the connection of a request: it has addresses and ends, but no bytes go through it. */
import { Duplex } from "node:stream";
import { codedError } from "./coded_error.ts";

/** Where it seems to lead. */
export interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly localPort?: number | undefined;
  readonly encrypted?: boolean;
}

type Done = (error?: Error | null) => void;

/** A `net.Socket` as far as packages look at one. */
export class VirtualSocket extends Duplex {
  declare readonly remoteAddress: string | undefined;
  declare readonly remotePort: number | undefined;
  declare readonly remoteFamily: string | undefined;
  declare readonly localAddress: string;
  declare readonly localPort: number | undefined;
  declare readonly encrypted: boolean;
  declare readonly authorized: boolean;
  declare connecting: boolean;
  declare timeout: number;
  declare _timer: ReturnType<typeof setTimeout> | null;

  constructor({ remoteAddress, remotePort, localPort, encrypted = false }: Ends = {}) {
    super({ allowHalfOpen: true });
    const remoteFamily = remoteAddress === undefined ? undefined : remoteAddress.includes(":") ? "IPv6" : "IPv4";
    // express asks for `encrypted`, and takes a socket that has it at all for one of TLS in places.
    Object.assign(this, { remoteAddress, remotePort, remoteFamily, localAddress: "127.0.0.1", localPort });
    if (encrypted) Object.assign(this, { encrypted, authorized: true });
    this.connecting = false;
    this.timeout = 0;
    this._timer = null;
  }

  get bytesRead(): number {
    return 0;
  }
  get bytesWritten(): number {
    return 0;
  }
  get pending(): boolean {
    return false;
  }
  get readyState(): string {
    return this.destroyed ? "closed" : "open";
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: Done): void {
    done(codedError("ERR_SOCKET_REFUSED", "Cannot write to the socket of a request: NANO writes what its response is"));
  }

  override _destroy(error: Error | null, done: Done): void {
    this._stop();
    done(error);
  }

  /** Tells with "timeout" that nothing has happened for so long. */
  setTimeout(ms: number, listener?: () => void): this {
    this._stop();
    this.timeout = ms;
    if (listener !== undefined) this.once("timeout", listener);
    this.touch();
    return this;
  }

  /** Something has happened. */
  touch(): void {
    this._stop();
    if (this.timeout > 0 && !this.destroyed) this._timer = setTimeout(() => this.emit("timeout"), this.timeout);
  }

  _stop(): void {
    if (this._timer !== null) clearTimeout(this._timer);
    this._timer = null;
  }

  destroySoon(): void {
    this.destroy();
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  address(): object {
    return { address: this.localAddress, family: "IPv4", port: this.localPort };
  }
  getPeerCertificate(): object {
    return {};
  }
}
