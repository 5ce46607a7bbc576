/** The host's half of an app's TCP connections: opens them, and moves their bytes both ways within the wall's credit. */
import type { Receiving } from "../protocol/byte_stream.ts";
import type { ChunkReader } from "../protocol/chunk_reader.ts";
import { OP, type OperationFields } from "../protocol/operations.ts";
import type { Untrusted } from "../protocol/batch.ts";
import { FIRST_TCP_ID, TCP_WINDOW_BYTES, type TcpFacts, type TcpOptions, type TlsOptions } from "../protocol/tcp.ts";
import { type Wire, WireViolation } from "../protocol/wire.ts";
import { messageOf } from "../errors.ts";
import { readTcpOptions, readTlsOptions } from "./tcp_options.ts";

/** A connection that stands; outbound/tcp_connection.ts fits. */
export interface HostConnection {
  readonly facts: TcpFacts;
  /** Settles with what it failed of, or with null. */
  readonly closed: Promise<{ readonly code: string; readonly message: string } | null>;
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  cancel(): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  set(option: string, value: number): void;
  secure(options: TlsOptions): Promise<void>;
  destroy(): void;
  /** Ends it once all is sent; `pumped` settles when it has been handed over. */
  linger(pumped: Promise<void>): void;
}

/** Opens one; outbound/app_outbound.ts fits. */
export type Dial = (
  target: {
    readonly hostname: string;
    readonly port: number;
    readonly options: TcpOptions;
    /** Header block of the trace context in which the app connects, as its isolate says; "" without any. */
    readonly trace: string;
  },
  signal: AbortSignal,
) => Promise<HostConnection>;

/** Connections of one isolate, those being opened included; the app's way out bounds them before. */
const MAX_CONNECTIONS = 10_000;
/** Why nobody waits for a connection any more; one for all, as an abort without a reason makes an error with a stack. */
const GIVEN_UP = "The connection was given up";
/** Of a hostname; what is longer names no host, and is not told back. */
const MAX_HOSTNAME_CHARS = 255;

interface Bridged {
  /** Gives it up while it is being opened. */
  readonly given: AbortController;
  connection: HostConnection | null;
  /** Whether all bytes of the app have arrived. */
  hasEnded: boolean;
  /** Settles when its socket has them. */
  pumped: Promise<void>;
  /** Bytes of the app that its socket has taken. */
  written: number;
  /** Waits until so many have left. */
  flushed: { readonly bytes: number; readonly go: () => void } | null;
  /** Whether it is being encrypted, so that nothing else is written or asked. */
  isSecuring: boolean;
  /** Whether the app has done with it after its own end: what it has written still leaves. */
  isLeft: boolean;
}

/** The connections of one isolate, by id. */
export class TcpBridge {
  readonly #wire: Wire;
  readonly #dial: Dial | undefined;
  readonly #all = new Map<number, Bridged>();
  /** Those that the app has done with, while the last of its bytes leave. */
  readonly #lingering = new Set<HostConnection>();

  /** @param dial missing where no app may connect */
  constructor(wire: Wire, dial: Dial | undefined) {
    this.#wire = wire;
    this.#dial = dial;
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#all.size;
  }

  /** TCP_CONNECT. @throws {WireViolation} when the fields are none of a connection */
  onConnect([id, hostname, port, written, trace]: Untrusted<OperationFields["TCP_CONNECT"]>): void {
    const isText = typeof hostname === "string" && typeof written === "string" && typeof trace === "string";
    if (!isText || typeof port !== "number" || !Number.isSafeInteger(id) || (id as number) > FIRST_TCP_ID) {
      throw new WireViolation("a connection without its parts");
    }
    if (this.#all.has(id as number)) throw new WireViolation("two connections with one id");
    const wire = this.#wire;
    const receiving = wire.receiving.open(id as number, (end) => {
      const one = this.#all.get(id as number);
      if (one !== undefined && end === "done") one.hasEnded = true;
    }, TCP_WINDOW_BYTES);
    const options = readOr(() => readTcpOptions(written));
    if (hostname.length > MAX_HOSTNAME_CHARS) {
      const name = hostname.slice(0, MAX_HOSTNAME_CHARS);
      return this.#closed(id as number, { code: "ENOTFOUND", message: `getaddrinfo ENOTFOUND ${name}` });
    }
    if ("code" in options) return this.#closed(id as number, options);
    if (this.#dial === undefined || this.#all.size >= MAX_CONNECTIONS) {
      const why = this.#dial === undefined ? "no connections can be opened here" : "too many are open already";
      return this.#closed(id as number, { code: "EMFILE", message: `Cannot connect to "${hostname}": ${why}` });
    }
    const bridged: Bridged = {
      given: new AbortController(),
      connection: null,
      hasEnded: false,
      pumped: Promise.resolve(),
      written: 0,
      flushed: null,
      isSecuring: false,
      isLeft: false,
    };
    this.#all.set(id as number, bridged);
    this.#dial({ hostname, port, options, trace }, bridged.given.signal).then(
      (connection) => this.#join(id as number, { bridged, connection, receiving }),
    ).catch((error) => this.#forget(id as number, bridged, codeOf(error)));
  }

  /** TCP_SET: id, option, value. */
  onSet(id: number, option: unknown, value: unknown): void {
    if (typeof option !== "string" || typeof value !== "number") throw new WireViolation("an option of no kind");
    this.#all.get(id)?.connection?.set(option, value);
  }

  /** TCP_SECURE: id, bytes that the app has sent before, options. */
  onSecure(id: number, written: unknown, options: unknown): void {
    if (typeof written !== "number" || typeof options !== "string") throw new WireViolation("no encryption");
    const bridged = this.#all.get(id);
    if (bridged === undefined || bridged.connection === null || bridged.isSecuring) return;
    bridged.isSecuring = true;
    const { connection } = bridged;
    const tls = readOr(() => readTlsOptions(options));
    if ("code" in tls) return this.#forget(id, bridged, tls);
    const go = () => {
      bridged.flushed = null;
      connection.secure(tls).then(() => {
        bridged.isSecuring = false;
        if (this.#all.get(id) === bridged) this.#opened(id, connection);
      }).catch((error) => this.#forget(id, bridged, codeOf(error)));
    };
    if (bridged.written >= written) go();
    else bridged.flushed = { bytes: written, go };
  }

  /** TCP_CLOSE: id. */
  onClose(id: number): void {
    const bridged = this.#all.get(id);
    if (bridged === undefined) return;
    const { connection, pumped, hasEnded } = bridged;
    bridged.isLeft = hasEnded;
    this.#wire.sending.stop(id, GIVEN_UP);
    // What came before the app's own end still goes out.
    if (hasEnded && connection !== null) this.#linger(connection, pumped);
    else connection?.destroy();
    bridged.connection = null;
    this.#forget(id, bridged, null);
  }

  /** Ends every connection: the isolate is gone. */
  closeAll(): void {
    for (const { connection, given } of this.#all.values()) {
      given.abort(GIVEN_UP);
      connection?.destroy();
    }
    this.#all.clear();
    for (const connection of this.#lingering) connection.destroy();
  }

  #linger(connection: HostConnection, pumped: Promise<void>): void {
    if (this.#lingering.has(connection)) return;
    this.#lingering.add(connection);
    connection.closed.then(() => this.#lingering.delete(connection));
    connection.linger(pumped);
  }

  #join(
    id: number,
    { bridged, connection, receiving }: {
      readonly bridged: Bridged;
      readonly connection: HostConnection;
      readonly receiving: Receiving;
    },
  ): void {
    if (this.#all.get(id) !== bridged) return connection.destroy();
    bridged.connection = connection;
    this.#opened(id, connection);
    let hasSentAll = false;
    let takesNoMore = false;
    const onEnd = () => hasSentAll && takesNoMore && this.#forget(id, bridged, null);
    const source = {
      read: () => connection.read(),
      cancel: () => bridged.isLeft ? Promise.resolve() : connection.cancel(),
    };
    this.#wire.sending.open(id, source, {
      owned: true,
      windowBytes: TCP_WINDOW_BYTES,
      hurries: true,
      onEnd: () => {
        hasSentAll = true;
        onEnd();
      },
    });
    const onTaken = () => {
      takesNoMore = true;
      onEnd();
    };
    connection.closed.then((failure) => {
      if (failure !== null) this.#forget(id, bridged, failure);
      else onTaken();
    });
    bridged.pumped = this.#pump(
      bridged,
      connection,
      this.#wire.receiving.readerOf(receiving),
    );
    bridged.pumped.then(onTaken, () => {
      // The app's side broke off: nothing would ever come of the other.
      connection.destroy();
    });
  }

  async #pump(bridged: Bridged, connection: HostConnection, reader: ChunkReader): Promise<void> {
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      await connection.write(chunk);
      bridged.written += chunk.byteLength;
      const { flushed } = bridged;
      if (flushed !== null && bridged.written >= flushed.bytes) flushed.go();
    }
    connection.end();
  }

  #opened(id: number, connection: HostConnection): void {
    this.#wire.out.push(OP.TCP_OPENED, id, JSON.stringify(connection.facts));
    this.#wire.kick();
  }

  #forget(id: number, bridged: Bridged, failure: Failure | null): void {
    if (this.#all.get(id) !== bridged) return;
    this.#all.delete(id);
    bridged.given.abort(GIVEN_UP);
    this.#closed(id, failure);
    if (bridged.connection === null) return;
    // Nobody holds it any more: it is closed now, or within the time that its last bytes may take.
    if (failure === null) this.#linger(bridged.connection, Promise.resolve());
    else bridged.connection.destroy();
  }

  #closed(id: number, failure: Failure | null): void {
    this.#wire.receiving.cancel(id, "The connection is over");
    this.#wire.out.push(OP.TCP_CLOSED, id, failure?.code ?? "", failure?.message ?? "");
    this.#wire.kick();
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What an app has written wrong is its failure, not the protocol's. */
function readOr<Options extends object>(read: () => Options): Options | Failure {
  try {
    return read();
  } catch (error) {
    return { code: "ERR_INVALID_ARG_VALUE", message: messageOf(error) };
  }
}

function codeOf(error: unknown): Failure {
  const { code } = error as { code?: unknown };
  return { code: typeof code === "string" ? code : "ECONNRESET", message: messageOf(error) };
}
