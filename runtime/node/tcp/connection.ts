/** Connections as the isolate gives them, and who of an app reads each. */
import type { TcpFacts, TcpOptions, TlsOptions } from "../../protocol/tcp.ts";

/** One connection; isolate/traffic/tcp_client.ts makes it. */
interface Connection {
  readonly opened: Promise<string>;
  readonly closed: Promise<Error | null>;
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  destroy(): void;
  set(option: string, value: number): void;
  secure(options: string): Promise<string>;
}

const tcp = (globalThis as unknown as Record<
  symbol,
  { connect(hostname: string, port: number, options: string): Connection }
>)[Symbol.for("nano.tcp")]!;

/** Who reads a connection. */
export interface Reader {
  /** Null at the end. */
  onBytes(bytes: Uint8Array<ArrayBuffer> | null): void;
  onFailed(error: Error): void;
}

/** A connection whose reader may change: whoever encrypts it takes over a read under way. */
export class Link {
  readonly opened: Promise<TcpFacts>;
  readonly closed: Promise<Error | null>;
  reader: Reader | null = null;
  readonly #connection: Connection;
  #isReading = false;

  constructor(hostname: string, port: number, options: TcpOptions) {
    this.#connection = tcp.connect(hostname, port, JSON.stringify(options));
    this.opened = this.#connection.opened.then((facts) => JSON.parse(facts));
    this.opened.catch(() => {});
    this.closed = this.#connection.closed;
  }

  /** Reads once more, unless a read is under way. */
  pull(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#connection.read().then((bytes) => {
      this.#isReading = false;
      this.reader?.onBytes(bytes);
    }, (error) => {
      this.#isReading = false;
      this.reader?.onFailed(error);
    });
  }

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    return await new Promise((resolve, reject) => {
      this.reader = { onBytes: resolve, onFailed: reject };
      this.pull();
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#connection.write(bytes);
  }
  end(): void {
    this.#connection.end();
  }
  destroy(): void {
    this.#connection.destroy();
  }
  set(option: "noDelay" | "keepAlive", value: boolean): void {
    this.#connection.set(option, value ? 1 : 0);
  }
  async secure(options: TlsOptions): Promise<TcpFacts> {
    return JSON.parse(await this.#connection.secure(JSON.stringify(options)));
  }
}
