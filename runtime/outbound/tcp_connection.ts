/** One TCP connection of an app: its bytes both ways, its TLS, its end. */
import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import tls from "node:tls";
import { isAddress } from "./address_policy.ts";
import type { TcpFacts, TlsFacts, TlsOptions } from "../protocol/tcp.ts";

/** A handshake that takes longer is given up, in ms. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Between two probes of a connection that is kept alive, in ms. */
const KEEP_ALIVE_MS = 60_000;
/** How long what was written may take once nobody is there any more, in ms. */
const LINGER_MS = 30_000;

/**
 * Bytes that are read before they are asked for: to pause at each chunk of 1 KiB took a sixth of what an echo costs here.
 * One chunk of Deno's, so that whoever reads nothing has two here.
 */
const READ_AHEAD_BYTES = 64 * 1024;

/** Why a connection is over; a code as Node has it. */
export class ConnectionError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Over a socket that has connected. */
export class TcpConnection {
  /** Settles once: null when both sides had ended. */
  readonly closed: Promise<ConnectionError | null>;
  readonly #close: (error: ConnectionError | null) => void;
  readonly #hostname: string;
  #socket: Socket;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  #queuedBytes = 0;
  #waiting: (() => void) | null = null;
  #hasEnded = false;
  #isOver = false;
  #error: ConnectionError | null = null;
  /** Writes that the kernel has not taken. */
  #unwritten = 0;
  #onWritten: (() => void) | null = null;
  /** Settles when what comes next is encrypted. */
  #securing: Promise<void> | null = null;
  /** Takes the listeners off the socket that TLS takes over. */
  #release: () => void = () => {};

  /** @param hostname as the app named it */
  constructor(socket: Socket, hostname: string) {
    const { promise, resolve } = Promise.withResolvers<ConnectionError | null>();
    this.closed = promise;
    this.#close = resolve;
    this.#hostname = hostname;
    this.#socket = socket;
    this.#follow(socket);
  }

  /** Where it leads, and how it is encrypted. */
  get facts(): TcpFacts {
    const socket = this.#socket;
    return {
      remoteAddress: socket.remoteAddress ?? "",
      remotePort: socket.remotePort ?? 0,
      localAddress: socket.localAddress ?? "",
      localPort: socket.localPort ?? 0,
      tls: socket instanceof tls.TLSSocket ? tlsFacts(socket) : null,
    };
  }

  /** The next bytes of the other side; fits the wall's source of a stream. */
  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    while (true) {
      const value = this.#queue.shift();
      if (value !== undefined) {
        this.#queuedBytes -= value.byteLength;
        return { done: false, value };
      }
      if (this.#error !== null) throw this.#error;
      if (this.#hasEnded || this.#isOver) return { done: true } as ReadableStreamReadResult<Uint8Array>;
      if (this.#socket.isPaused()) this.#socket.resume();
      await new Promise<void>((resolve) => this.#waiting = resolve);
    }
  }

  /** Nobody reads any more. */
  cancel(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  /** Settles when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#securing !== null) await this.#securing;
    const socket = this.#socket;
    if (this.#isOver) return;
    this.#unwritten++;
    const isFull = !socket.write(bytes, () => {
      if (--this.#unwritten === 0) this.#onWritten?.();
    });
    if (!isFull) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off("drain", done);
        socket.off("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }

  /** The app sends no more. */
  end(): void {
    // Of a second end Deno's socket makes an error, whose stack takes longer than all else at the end of a connection
    if (!this.#isOver && !this.#socket.writableEnded) this.#socket.end();
  }

  /** Changes how it works; what it does not know changes nothing. */
  set(option: string, value: number): void {
    if (this.#isOver) return;
    if (option === "noDelay") this.#socket.setNoDelay(value !== 0);
    else if (option === "keepAlive") this.#socket.setKeepAlive(value !== 0, KEEP_ALIVE_MS);
  }

  /**
   * Encrypts it from here on.
   * @throws {ConnectionError} when the handshake fails; the connection is over then
   */
  secure(options: TlsOptions): Promise<void> {
    const secured = this.#secure(options);
    this.#securing = secured.catch(() => {});
    return secured;
  }

  async #secure(options: TlsOptions): Promise<void> {
    const plain = this.#socket;
    if (plain instanceof tls.TLSSocket) throw new ConnectionError("EISCONN", "The connection is encrypted already");
    if (this.#isOver) throw this.#error ?? new ConnectionError("ENOTCONN", "The connection is over");
    if (this.#unwritten > 0) await new Promise<void>((resolve) => this.#onWritten = resolve);
    if (this.#isOver) throw this.#error ?? new ConnectionError("ENOTCONN", "The connection is over");
    // What came before the handshake was sent by whoever sat in between (RFC 3207, 6): nobody gets it.
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#release();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const socket = tls.connect({ socket: plain, ...this.#tlsOptions(options) });
      this.#socket = socket;
      this.#follow(socket);
      socket.once("secureConnect", () => resolve());
      this.closed.then((error) => reject(error ?? new ConnectionError("ECONNRESET", "The server ended the handshake")));
      const late = `The TLS handshake took longer than ${HANDSHAKE_TIMEOUT_MS} ms`;
      timer = setTimeout(() => this.#over(new ConnectionError("ETIMEDOUT", late)), HANDSHAKE_TIMEOUT_MS);
      await promise;
      if (this.#waiting !== null) socket.resume();
    } catch (error) {
      const failure = error instanceof ConnectionError ? error : failureOf(error);
      this.#over(failure);
      plain.destroy();
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it at once. */
  destroy(): void {
    this.#over(null);
  }

  /** Ends it once all is sent: after this it has nobody any more. */
  linger(pumped: Promise<void>): void {
    if (this.#socket.writableFinished) return this.destroy();
    const timer = setTimeout(() => this.destroy(), LINGER_MS);
    this.closed.then(() => clearTimeout(timer));
    pumped.then(() => {
      this.end();
      if (this.#socket.writableFinished) this.destroy();
      else this.#socket.once("finish", () => this.destroy());
    }, () => this.destroy());
  }

  #tlsOptions({ serverName = this.#hostname, ca, cert, key, alpn, ...how }: TlsOptions) {
    const options: tls.ConnectionOptions = { rejectUnauthorized: how.rejectUnauthorized ?? true };
    // An address is no name that a server is asked for, but its certificate may hold it.
    if (isAddress(serverName)) options.host = serverName;
    else options.servername = serverName;
    if (ca !== undefined && ca.length > 0) options.ca = [...ca];
    if (cert !== undefined) options.cert = cert;
    if (key !== undefined) options.key = key;
    if (alpn !== undefined && alpn.length > 0) options.ALPNProtocols = [...alpn];
    // The app has asked to compare the name itself.
    if (how.checksName === true) options.checkServerIdentity = () => undefined;
    return options;
  }

  #follow(socket: Socket): void {
    const onData = (bytes: Uint8Array<ArrayBuffer>) => {
      this.#queue.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      this.#queuedBytes += bytes.byteLength;
      if (this.#queuedBytes >= READ_AHEAD_BYTES) socket.pause();
      this.#wake();
    };
    const onEnd = () => {
      this.#hasEnded = true;
      this.#wake();
    };
    const onError = (error: unknown) => this.#over(failureOf(error));
    const onClose = () => this.#over(null);
    socket.on("data", onData);
    socket.on("end", onEnd);
    socket.on("error", onError);
    socket.on("close", onClose);
    socket.pause();
    this.#release = () => {
      socket.off("data", onData);
      socket.off("end", onEnd);
      socket.off("close", onClose);
      // What fails the socket below fails the one above; without a listener it would end the process.
    };
  }

  #over(error: ConnectionError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#socket.destroy();
    this.#wake();
    this.#close(error);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }
}

/** Of any error of the platform; its message names nothing of the host but addresses that the app may know. */
export function failureOf(error: unknown): ConnectionError {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = typeof message === "string" ? message : String(error);
  return new ConnectionError(typeof code === "string" && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : "ECONNRESET", text);
}

function tlsFacts(socket: tls.TLSSocket): TlsFacts {
  const { raw, issuerCertificate: _issuer, pubkey: _key, ...certificate } =
    (socket.getPeerCertificate() ?? {}) as tls.DetailedPeerCertificate;
  return {
    alpn: socket.alpnProtocol || null,
    protocol: socket.getProtocol(),
    cipher: socket.getCipher() ?? null,
    authorized: socket.authorized,
    authorizationError: socket.authorizationError === null || socket.authorizationError === undefined
      ? null
      : String(socket.authorizationError),
    certificate: raw === undefined ? null : certificate,
    raw: raw === undefined ? null : Buffer.from(raw).toString("base64"),
  };
}
