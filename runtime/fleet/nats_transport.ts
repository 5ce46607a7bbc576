/**
 * The transport under the NATS client: `Deno.connect` and TLS.
 *
 * The client's own transports will not do: with the one for Node, a refused login ends in an uncaught ECONNRESET under
 * Deno in every fourth attempt; the one for Deno is not on npm and knows no client certificates.
 */
import { errors, type NatsConnection } from "@nats-io/nats-core";
import {
  checkOptions,
  type ConnectionOptions,
  extractProtocolMessage,
  INFO,
  NatsConnectionImpl,
  type Server,
  type ServerInfo,
  setTransportFactory,
  type Transport,
} from "@nats-io/nats-core/internal";

const READ_BYTES = 262_144;
/** Of the server's first line, which lists its cluster; nats-server itself takes lines of 4 KB. */
const MAX_INFO_BYTES = 65_536;
/** What may wait to be written; callers keep far fewer messages under way, unless the server takes nothing any more. */
const MAX_UNSENT_BYTES = 67_108_864;

/** Connects, with what the client takes as options; never tries again by itself before it was connected once. */
export function connectNats(options: ConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new NatsTransport() });
  return NatsConnectionImpl.connect(options);
}

class NatsTransport implements Transport {
  readonly version = "1";
  readonly lang = "nano";
  closeError?: Error;
  readonly #closed = Promise.withResolvers<void | Error>();
  #connection: Deno.TcpConn | Deno.TlsConn | null = null;
  /** What came before the client reads: the server's first line, whole. */
  #first = new Uint8Array();
  #isEncrypted = false;
  #isDone = false;
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #isWriting = false;

  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    const { hostname, port } = server;
    const tls = options.tls ?? null;
    const trusted = tls?.ca === undefined ? {} : { caCerts: [tls.ca] };
    const names = { hostname: server.tlsName || hostname, ...trusted };
    try {
      if (tls?.handshakeFirst) {
        const own = tls.cert === undefined || tls.key === undefined ? {} : { cert: tls.cert, key: tls.key };
        this.#take(await Deno.connectTls({ hostname, port, ...trusted, ...own }));
        this.#isEncrypted = true;
      } else this.#take(await Deno.connect({ hostname, port }));
      const info = await this.#readInfo();
      checkOptions(info, options);
      if (tls && !this.#isEncrypted) {
        const encrypted = await Deno.startTls(this.#connection as Deno.TcpConn, names);
        this.#take(encrypted);
        await encrypted.handshake();
        this.#isEncrypted = true;
      } else if (info.tls_required && !tls) throw new Error("the server wants TLS, and none is configured");
    } catch (error) {
      this.#shut();
      throw new errors.ConnectionError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    yield this.#first;
    let reason: Error | undefined;
    const buffer = new Uint8Array(READ_BYTES);
    try {
      while (!this.#isDone) {
        const length = await this.#connection!.read(buffer);
        if (length === null) break;
        yield buffer.slice(0, length);
      }
    } catch (error) {
      reason = error as Error;
    } finally {
      // Also when the client reads no more, as what came was not its protocol.
      this.#end(reason);
    }
  }

  send(frame: Uint8Array): void {
    if (this.#isDone) return;
    this.#unsent.push(frame);
    this.#unsentBytes += frame.length;
    if (this.#unsentBytes > MAX_UNSENT_BYTES) this.#end(new Error("the server takes nothing any more"));
    else if (!this.#isWriting) this.#write();
  }

  get isClosed(): boolean {
    return this.#isDone;
  }

  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  /** Asked by the client, who knows: nobody is told by {@linkcode closed}. */
  close(error?: Error): Promise<void> {
    if (error) this.closeError ??= error;
    this.#isDone = true;
    this.#shut();
    return Promise.resolve();
  }

  disconnect(): void {
    this.#end(undefined);
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  discard(): void {}

  /** The client may have given up meanwhile. */
  #take(connection: Deno.TcpConn | Deno.TlsConn): void {
    this.#connection = connection;
    if (this.#isDone) throw new Error("the client gave up");
    if ("setNoDelay" in connection) connection.setNoDelay();
  }

  async #readInfo(): Promise<ServerInfo> {
    const buffer = new Uint8Array(MAX_INFO_BYTES);
    let length = 0;
    while (length < MAX_INFO_BYTES) {
      const read = await this.#connection!.read(buffer.subarray(length));
      if (read === null) throw new Error("the server closed the connection before it said who it is");
      length += read;
      const line = extractProtocolMessage(buffer.subarray(0, length));
      if (line === "") continue;
      this.#first = buffer.slice(0, length);
      const info = INFO.exec(line);
      if (info?.[1] === undefined) break;
      return JSON.parse(info[1]) as ServerInfo;
    }
    throw new Error("this is no NATS server");
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let frame = this.#unsent.shift(); frame !== undefined; frame = this.#unsent.shift()) {
        for (let at = 0; at < frame.length;) at += await this.#connection!.write(frame.subarray(at));
        this.#unsentBytes -= frame.length;
      }
    } catch {
      // Whoever reads hears of it too.
      this.#unsent = [];
      this.#unsentBytes = 0;
    } finally {
      this.#isWriting = false;
    }
  }

  #end(reason: Error | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (reason) this.closeError = reason;
    this.#shut();
    // Not at once: a server that is killed right after it let the client in would end the connection while the client
    // is about to end its dialing. It then takes the dialing that ends for the one that it would begin, and never dials.
    setTimeout(() => this.#closed.resolve(reason));
  }

  #shut(): void {
    try {
      this.#connection?.close();
    } catch {
      // It is closed already.
    }
  }
}
