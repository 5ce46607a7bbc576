/** The module `cloudflare:sockets`: TCP connections as Workers have them. */
import type { TcpFacts, TcpOptions } from "../protocol/tcp.ts";
import { Link } from "./tcp/connection.ts";

/** Where it leads. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

/** How it is made. */
export interface SocketOptions {
  readonly secureTransport?: "off" | "on" | "starttls";
  readonly allowHalfOpen?: boolean;
}

interface SocketInfo {
  readonly remoteAddress: string;
  readonly localAddress: string;
}

interface TlsOptions {
  readonly expectedServerHostname?: string;
}

/** What makes a socket: the app makes none itself. */
interface Made {
  readonly link: Link;
  readonly opened: Promise<TcpFacts>;
  readonly hostname: string;
  readonly options: SocketOptions;
  readonly isSecure: boolean;
}

/** As Workers name it. */
export class Socket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array | ArrayBuffer | ArrayBufferView>;
  readonly opened: Promise<SocketInfo>;
  readonly closed: Promise<void>;
  readonly #made: Made;
  readonly #over = Promise.withResolvers<void>();
  #isUpgraded = false;
  #hasEnded = false;
  #writer: WritableStreamDefaultController | null = null;

  constructor(made: Made) {
    if (!(made?.link instanceof Link)) throw new TypeError("Illegal constructor");
    this.#made = made;
    const { link, opened, options } = made;
    this.opened = opened.then(({ remoteAddress, remotePort, localAddress, localPort }) => ({
      remoteAddress: endOf(remoteAddress, remotePort),
      localAddress: endOf(localAddress, localPort),
    }));
    this.closed = this.#over.promise;
    for (const promise of [this.opened, this.closed]) promise.catch(() => {});
    opened.catch((error) => this.#over.reject(error));
    link.closed.then((error) => {
      if (this.#isUpgraded) return;
      if (error === null) return this.#over.resolve();
      this.#writer?.error(error);
      this.#over.reject(error);
    });
    this.readable = new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        await opened;
        const bytes = await link.read();
        if (bytes !== null) return controller.enqueue(bytes);
        controller.close();
        // A pending read into a buffer of the app's own needs an answer, to let go of it.
        controller.byobRequest?.respond(0);
        if (options.allowHalfOpen !== true) this.#end();
      },
      cancel: () => {
        if (!this.#isUpgraded) link.destroy();
      },
    }, { highWaterMark: 0 });
    this.writable = new WritableStream({
      start: (controller) => {
        this.#writer = controller;
      },
      write: async (chunk) => {
        await opened;
        await link.write(bytesOf(chunk));
      },
      close: async () => {
        await opened;
        if (!this.#isUpgraded) this.#end();
      },
      abort: () => {
        if (!this.#isUpgraded) link.destroy();
      },
    });
  }

  /** "off", "on" or "starttls", as asked for. */
  get secureTransport(): string {
    return this.#made.isSecure ? "on" : this.#made.options.secureTransport ?? "off";
  }
  /** Whether `startTls` has taken it over. */
  get upgraded(): boolean {
    return this.#isUpgraded;
  }

  /** Ends it both ways. */
  async close(): Promise<void> {
    if (this.#isUpgraded) return;
    this.#hasEnded = true;
    this.#made.link.end();
    this.#made.link.destroy();
    await this.closed.catch(() => {});
  }

  /** The same connection, encrypted; only of one that was made with `secureTransport: "starttls"`. */
  startTls(options: TlsOptions = {}): Socket {
    const { link, opened, hostname } = this.#made;
    if (this.#isUpgraded) throw new TypeError("startTls can only be called once.");
    if (this.secureTransport === "on") throw new TypeError("Cannot startTls on a TLS socket.");
    if (this.secureTransport !== "starttls") {
      throw new TypeError("The `secureTransport` socket option must be set to 'starttls' for startTls to be used.");
    }
    this.#isUpgraded = true;
    this.#over.resolve();
    const secured = opened.then(() => link.secure({ serverName: options.expectedServerHostname ?? hostname }));
    secured.catch(() => {});
    return new Socket({ ...this.#made, opened: secured, isSecure: true });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#made.link.end();
  }
}

/** Connects to `"host:port"` or `{ hostname, port }`. */
export function connect(address: string | SocketAddress, options: SocketOptions = {}): Socket {
  const { hostname, port } = addressOf(address);
  const { secureTransport = "off" } = options;
  if (!["off", "on", "starttls"].includes(secureTransport)) {
    throw new TypeError(`Unsupported value in secureTransport socket option: ${String(secureTransport)}`);
  }
  const how: TcpOptions = secureTransport === "on"
    ? { noDelay: true, tls: { serverName: hostname } }
    : { noDelay: true };
  const link = new Link(hostname, port, how);
  return new Socket({ link, opened: link.opened, hostname, options, isSecure: secureTransport === "on" });
}

function addressOf(address: string | SocketAddress): SocketAddress {
  const isText = typeof address === "string";
  const at = isText ? address.lastIndexOf(":") : -1;
  if (address === "") throw new TypeError("Specified address is missing hostname.");
  if (isText && at === -1) throw new TypeError(`Specified address is missing port: ${address}`);
  const hostname = isText ? address.slice(0, at) : address?.hostname;
  const given: unknown = isText ? address.slice(at + 1) : address?.port;
  // A variable of the environment is a text.
  const port = typeof given === "number" ? given : /^\d{1,5}$/.test(String(given)) ? Number(given) : NaN;
  if (typeof hostname !== "string" || hostname === "" || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypeError(`Specified address could not be parsed: ${isText ? address : JSON.stringify(address)}`);
  }
  return { hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

function endOf(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer type",
  );
}

export default { connect };
