/** `tls.TLSSocket` of a client. */
import { Buffer } from "node:buffer";
import type { TcpFacts, TlsFacts, TlsOptions } from "../../protocol/tcp.ts";
import { isIP } from "./addresses.ts";
import { type ConnectOptions, Socket } from "./socket.ts";
import { socketError } from "./socket_error.ts";

type Pem = string | Uint8Array | readonly (string | Uint8Array)[];

/** Whatever `tls.connect` and `createSecureContext` take of certificates. */
interface Certificates {
  readonly ca?: Pem;
  readonly cert?: Pem;
  readonly key?: Pem | readonly { readonly pem: string | Uint8Array; readonly passphrase?: string }[];
  readonly passphrase?: string;
  readonly pfx?: unknown;
}

/** What `tls.createSecureContext` makes. */
interface Context {
  readonly context: Certificates;
}

/** Options of `tls.connect`. */
export interface SecureOptions extends ConnectOptions, Certificates {
  readonly socket?: Socket;
  readonly servername?: string;
  readonly ALPNProtocols?: readonly (string | Uint8Array)[] | Uint8Array;
  readonly rejectUnauthorized?: boolean;
  readonly secureContext?: Context;
  readonly checkServerIdentity?: (hostname: string, certificate: object) => Error | undefined;
}

/** Holds certificates for later connections. */
export function createSecureContext(options: Certificates = {}): Context {
  return { context: options };
}

/** Over a connection of its own, or over a socket that connects or has connected. */
export class TLSSocket extends Socket {
  readonly encrypted = true;
  authorized = false;
  authorizationError: string | Error | null = null;
  alpnProtocol: string | false | null = null;
  secureConnecting = true;
  readonly _plain: Socket | null;
  readonly _options: SecureOptions;
  _tls: TlsFacts | null = null;
  /** http2-wrapper, of got, takes a class of Node's out of a new socket. */
  _handle: object = { _parentWrap: new (class JSStreamSocket {})() };

  constructor(plain: Socket | null, options: SecureOptions = {}) {
    super(options);
    this._plain = plain ?? null;
    this._options = options;
  }

  /** Begins: `tls.connect` does, once its listener is there. */
  _start(): void {
    const { _plain: plain, _options: options } = this;
    // Packages make such a socket to look at it (got); only a handshake needs a connection.
    if (plain !== null && !(plain instanceof Socket)) {
      throw new TypeError(
        "Cannot encrypt a stream that is no net.Socket: the host does the handshake, on a connection",
      );
    }
    const tls = tlsOptions(options);
    if (plain === null) {
      const host = options.host ?? options.hostname ?? "localhost";
      const dial = this._dial.bind(this);
      // The handshake follows at once, in the host.
      this._dial = (address, port) => dial(address, port, { tls: { serverName: nameOf(options, host), ...tls } });
      this.connect(options);
      return;
    }
    this.connecting = true;
    const serverName = nameOf(options, plain._given.host ?? plain._given.hostname ?? "localhost");
    const take = () => this._take(plain, { serverName, ...tls });
    plain.once("close", () => this.destroy());
    if (plain.connecting) plain.once("connect", take);
    else if (plain._link === null || plain.destroyed) {
      this._failLater(socketError(new Error("It has ended"), "connect"));
    } else take();
  }

  _take(plain: Socket, options: TlsOptions): void {
    const link = this._link = plain._link!;
    link.reader = this;
    link.secure(options).then((facts) => this._onOpened(facts), (error) => {
      this.connecting = false;
      this.destroy(error);
    });
  }

  override _onOpened(facts: TcpFacts): void {
    const tls = this._tls = facts.tls;
    if (this.destroyed || tls === null) return;
    const { servername, host, checkServerIdentity, rejectUnauthorized } = this._options;
    const wrong = checkServerIdentity === undefined || rejectUnauthorized === false
      ? undefined
      : checkServerIdentity(servername ?? host ?? "localhost", this.getPeerCertificate());
    if (wrong !== undefined) return void this.destroy(wrong);
    this.authorized = tls.authorized;
    this.authorizationError = tls.authorizationError;
    this.alpnProtocol = tls.alpn ?? false;
    this.secureConnecting = false;
    this._facts = facts;
    this.connecting = false;
    this._touch();
    this.emit("connect");
    this.emit("secure");
    this.emit("secureConnect");
    this._begin();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    super._destroy(error, done);
    this._plain?.destroy();
  }

  getPeerCertificate(_detailed?: boolean): object {
    const { certificate, raw } = this._tls ?? { certificate: null, raw: null };
    return certificate === null ? {} : { ...certificate, raw: Buffer.from(raw!, "base64") };
  }
  getCertificate(): object {
    return {};
  }
  getCipher(): unknown {
    return this._tls?.cipher ?? null;
  }
  getProtocol(): string | null {
    return this._tls?.protocol ?? null;
  }
  getSession(): undefined {}
  getTLSTicket(): undefined {}
  getFinished(): undefined {}
  getPeerFinished(): undefined {}
  getEphemeralKeyInfo(): object {
    return {};
  }
  getSharedSigalgs(): readonly string[] {
    return [];
  }
  isSessionReused(): boolean {
    return false;
  }
  setServername(): void {}
  setSession(): void {}
  setMaxSendFragment(): boolean {
    return false;
  }
  disableRenegotiation(): void {}
  enableTrace(): void {}
  renegotiate(): boolean {
    return false;
  }
}

/** An address is no name that a server could be asked for. */
function nameOf({ servername }: SecureOptions, host: string): string {
  return servername !== undefined && servername !== "" && isIP(servername) === 0 ? servername : host;
}

function tlsOptions(options: SecureOptions): TlsOptions {
  const { ca, cert, key, pfx } = { ...options.secureContext?.context, ...definedOf(options) };
  if (pfx !== undefined) throw new TypeError("Cannot use a pfx: give the certificate and its key as PEM");
  const keys = listOf(key as Pem).map((one) =>
    typeof one === "object" && "pem" in one
      ? textOf((one as { pem: string }).pem, "PRIVATE KEY")
      : textOf(one, "PRIVATE KEY")
  );
  if (keys.some((one) => one.includes("ENCRYPTED"))) {
    throw new TypeError("Cannot use an encrypted key: give the key as PEM without a passphrase");
  }
  const alpn = protocolsOf(options.ALPNProtocols);
  return {
    ...(ca === undefined || ca === null ? {} : { ca: listOf(ca).map((one) => textOf(one, "CERTIFICATE")) }),
    ...(cert === undefined || cert === null
      ? {}
      : { cert: listOf(cert).map((one) => textOf(one, "CERTIFICATE")).join("\n") }),
    ...(keys.length === 0 ? {} : { key: keys[0]! }),
    ...(alpn.length === 0 ? {} : { alpn }),
    rejectUnauthorized: options.rejectUnauthorized !== false,
    checksName: options.checkServerIdentity !== undefined,
  };
}

function definedOf(options: SecureOptions): Certificates {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));
}

function listOf(pem: Pem | undefined | null): (string | Uint8Array)[] {
  if (pem === undefined || pem === null) return [];
  return Array.isArray(pem) ? [...pem] : [pem as string];
}

/** Bytes are PEM too, or DER. */
function textOf(pem: string | Uint8Array, label: string): string {
  const bytes = typeof pem === "string" ? null : Buffer.from(pem);
  const text = bytes === null ? pem as string : bytes.toString("utf8");
  if (bytes === null || text.includes("-----BEGIN")) return text;
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** A list of names, or the bytes that stand for one in a handshake. */
function protocolsOf(given: SecureOptions["ALPNProtocols"]): string[] {
  if (given === undefined || given === null) return [];
  if (Array.isArray(given)) {
    return given.map((one) => typeof one === "string" ? one : Buffer.from(one).toString("latin1"));
  }
  const bytes = given as Uint8Array;
  const names: string[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes[at]!) {
    names.push(Buffer.from(bytes.subarray(at + 1, at + 1 + bytes[at]!)).toString("latin1"));
  }
  return names;
}
