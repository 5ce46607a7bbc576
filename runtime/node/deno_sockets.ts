/** Deno's calls for connections, put on the app's `Deno` before the app runs. */
import type { TcpFacts, TcpOptions, TlsOptions } from "../protocol/tcp.ts";
import { errors } from "./deno_files.ts";
import { Link } from "./tcp/connection.ts";

interface Address {
  readonly hostname?: string;
  readonly port: number;
  readonly transport?: string;
}

interface SecureAddress extends Address {
  readonly caCerts?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly alpnProtocols?: readonly string[];
  readonly unsafelyDisableHostnameVerification?: boolean;
}

/** Class of `Deno.errors` by Node's code. */
const CLASSES: Readonly<Record<string, string>> = {
  ...{ ECONNREFUSED: "ConnectionRefused", ECONNRESET: "ConnectionReset", ECONNABORTED: "ConnectionAborted" },
  ...{
    ETIMEDOUT: "TimedOut",
    EPIPE: "BrokenPipe",
    ENOTCONN: "NotConnected",
    EPERM: "NotCapable",
    EACCES: "NotCapable",
  },
  ...{ EHOSTUNREACH: "AddrNotAvailable", ENETUNREACH: "AddrNotAvailable" },
};
const kinds = errors as Record<string, new (message?: string) => Error>;

/** Codes of TLS as Node has them: of errors of OpenSSL, and of what X509_verify_cert_error_string(3) tells. */
const TLS_CODE =
  /CERT|SIGNED|ALTNAME|TLS|SSL|EPROTO|^UNABLE_TO_|^CRL_|^INVALID_(?:CA|PURPOSE)$|PATH_LENGTH|HOSTNAME_MISMATCH/;

function asDeno(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (typeof code !== "string") return error;
  if (code === "ENOTFOUND") return new Error(`failed to lookup address information: ${message}`);
  if (TLS_CODE.test(code)) return new kinds["InvalidData"]!(message);
  const kind = kinds[CLASSES[code] ?? ""];
  return kind === undefined ? error : Object.assign(new kind(message), { code });
}

async function told<Value>(promise: Promise<Value>): Promise<Value> {
  try {
    return await promise;
  } catch (error) {
    throw asDeno(error);
  }
}

/** `Deno.TcpConn` and `Deno.TlsConn`. */
class Conn {
  readonly localAddr: object;
  readonly remoteAddr: object;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  _link: Link;
  readonly _hostname: string;
  readonly #facts: TcpFacts;
  #rest: Uint8Array<ArrayBuffer> | null = null;
  #hasEnded = false;
  #isClosed = false;

  constructor(link: Link, facts: TcpFacts, hostname: string) {
    this._link = link;
    this._hostname = hostname;
    this.#facts = facts;
    this.localAddr = { transport: "tcp", hostname: facts.localAddress, port: facts.localPort };
    this.remoteAddr = { transport: "tcp", hostname: facts.remoteAddress, port: facts.remotePort };
    this.readable = new ReadableStream({
      type: "bytes",
      pull: async (controller) => {
        const bytes = await this.#next();
        if (bytes !== null) return controller.enqueue(bytes);
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
    this.writable = new WritableStream({
      write: (bytes) => told(this._link.write(bytes)),
      close: () => this.closeWrite(),
      abort: () => this.close(),
    });
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | null> {
    this.#mustBeOpen();
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null || this.#hasEnded) return rest;
    const bytes = await told(this._link.read());
    if (bytes === null) this.#hasEnded = true;
    return bytes;
  }

  async read(into: Uint8Array): Promise<number | null> {
    if (into.byteLength === 0) return 0;
    const bytes = await this.#next();
    if (bytes === null) return null;
    const count = Math.min(bytes.byteLength, into.byteLength);
    into.set(bytes.subarray(0, count));
    if (count < bytes.byteLength) this.#rest = bytes.subarray(count);
    return count;
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.#mustBeOpen();
    await told(this._link.write(bytes));
    return bytes.byteLength;
  }

  closeWrite(): Promise<void> {
    this._link.end();
    return Promise.resolve();
  }

  close(): void {
    this.#mustBeOpen();
    this.#isClosed = true;
    this._link.end();
    this._link.destroy();
  }

  handshake(): Promise<object> {
    return Promise.resolve({ alpnProtocol: this.#facts.tls?.alpn ?? null });
  }

  setNoDelay(value: boolean = true): void {
    this._link.set("noDelay", value);
  }
  setKeepAlive(value: boolean = true): void {
    this._link.set("keepAlive", value);
  }
  ref(): void {}
  unref(): void {}
  [Symbol.dispose](): void {
    if (!this.#isClosed) this.close();
  }

  /** Gives the connection away. */
  _leave(): Link {
    this.#mustBeOpen();
    this.#isClosed = true;
    return this._link;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new kinds["BadResource"]!("Bad resource ID");
  }
}

async function open({ hostname = "127.0.0.1", port, transport = "tcp" }: Address, options: TcpOptions): Promise<Conn> {
  if (transport !== "tcp") {
    throw new kinds["NotSupported"]!(`Cannot connect by "${transport}": apps have connections by TCP only`);
  }
  const link = new Link(hostname, Number(port), options);
  return new Conn(link, await told(link.opened), hostname);
}

function tlsOf(options: Omit<SecureAddress, "port">, serverName: string): TlsOptions {
  const { caCerts, cert, key, alpnProtocols, unsafelyDisableHostnameVerification: checksName = false } = options;
  return {
    serverName,
    ...(caCerts === undefined ? {} : { ca: caCerts }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(alpnProtocols === undefined ? {} : { alpn: alpnProtocols }),
    checksName,
  };
}

const members = {
  connect: (address: Address) => open(address, {}),
  connectTls: (address: SecureAddress) => open(address, { tls: tlsOf(address, address.hostname ?? "127.0.0.1") }),
  startTls: async (conn: Conn, options: Omit<SecureAddress, "port"> = {}) => {
    const link = conn._leave();
    return new Conn(link, await told(link.secure(tlsOf(options, options.hostname ?? conn._hostname))), conn._hostname);
  },
};

export default members;

/** Puts them on the app's `Deno`. */
export function install(deno: Record<string, unknown>): void {
  for (const [name, value] of Object.entries({ ...members, ...("errors" in deno ? {} : { errors }) })) {
    Object.defineProperty(deno, name, { value, writable: true, configurable: true, enumerable: true });
  }
}
