/** The app's TCP connections from inside: what its `node:net`, `Deno.connect` and `cloudflare:sockets` stand on. */
import { bare } from "../../protocol/bare.ts";
import {
  bytesLength,
  defineMember,
  defineProperty,
  endOfTurn,
  freeze,
  global,
  isUint8Array,
  NativeError,
  NativePromise,
  NativeTypeError,
  promiseThen,
  rejected,
  resolved,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { append, arrayShift } from "../../protocol/safe_lists.ts";
import type { ByteSource } from "../../protocol/byte_stream.ts";
import { OP } from "../../protocol/operations.ts";
import { FIRST_TCP_ID, TCP_WINDOW_BYTES } from "../../protocol/tcp.ts";
import type { Wire } from "../../protocol/wire.ts";
import { currentTrace } from "./request_trace.ts";

/** Named in runtime/node/tcp/connection.ts, which finds what opens connections under the registered symbol of it. */
export const TCP_NAME = "nano.tcp";
const TCP: symbol = Symbol.for(TCP_NAME);

/** One connection as the app's modules hold it: own properties only, and texts in JSON. */
export interface Connection {
  /** Facts of it, once it stands. */
  readonly opened: Promise<string>;
  /** What it failed of, or null. */
  readonly closed: Promise<Error | null>;
  /** The next bytes, or null at their end. */
  read(): Promise<Uint8Array | null>;
  /** Settles when they have left the isolate; they may not change before. */
  write(bytes: Uint8Array): Promise<void>;
  end(): void;
  destroy(): void;
  set(option: string, value: number): void;
  secure(options: string): Promise<string>;
}

interface Held {
  readonly outgoing: Outgoing;
  readonly onOpened: (facts: string) => void;
  readonly onClosed: (error: Error | null) => void;
  /** Told of the encryption that is being set up. */
  secured: { readonly resolve: (facts: string) => void; readonly reject: (error: unknown) => void } | null;
}

function ignore(): void {}

/** The connections of one isolate. */
export class TcpClient {
  readonly #wire: Wire;
  readonly #held = new SafeMap<number, Held>();
  #next: number = FIRST_TCP_ID;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Leaves what opens connections for the app's modules. What an app may reach is the host's to say. @boot */
  install(): void {
    defineProperty(global, TCP, bare({ value: this.connections() }));
  }

  /** What opens connections. @boot */
  connections(): { readonly connect: (hostname: unknown, port: unknown, options: unknown) => Connection } {
    const connect = (hostname: unknown, port: unknown, options: unknown) => this.#connect(hostname, port, options);
    return freeze({ connect });
  }

  /** TCP_OPENED. */
  onOpened(id: number, facts: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    const { secured } = held;
    held.secured = null;
    if (secured === null) held.onOpened(facts);
    else secured.resolve(facts);
  }

  /** TCP_CLOSED. */
  onClosed(id: number, code: string, message: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    const error = code === "" ? null : errorOf(code, message);
    held.onClosed(error);
    held.secured?.reject(error ?? errorOf("ECONNRESET", "The connection is over"));
    held.outgoing.fail(error ?? errorOf("EPIPE", "write EPIPE"));
    if (error !== null) this.#wire.receiving.fail(id, error);
    else this.#wire.receiving.onEnd(id);
  }

  #connect(hostname: unknown, port: unknown, options: unknown): Connection {
    if (typeof hostname !== "string" || typeof port !== "number" || typeof options !== "string") {
      throw new NativeTypeError("Cannot connect: a hostname, a port and options are needed");
    }
    const wire = this.#wire;
    const id = this.#next--;
    const outgoing = new Outgoing();
    let onOpened: (facts: string) => void = ignore;
    let onFailed: (error: unknown) => void = ignore;
    let tellClosed: (error: Error | null) => void = ignore;
    const opened = new NativePromise<string>((resolve, reject) => {
      onOpened = resolve;
      onFailed = reject;
    });
    const closed = new NativePromise<Error | null>((resolve) => tellClosed = resolve);
    // Whoever looks at neither must not be told of an unhandled rejection.
    promiseThen(opened, undefined, ignore);
    const onClosed = (error: Error | null) => {
      onFailed(error ?? errorOf("ECONNABORTED", "The connection was given up"));
      tellClosed(error);
    };
    const held: Held = { outgoing, onOpened, onClosed, secured: null };
    this.#held.set(id, held);
    wire.out.push(OP.TCP_CONNECT, id, hostname, port, options, currentTrace());
    const reader = wire.receiving.readerOf(wire.receiving.open(id, ignore, TCP_WINDOW_BYTES));
    wire.sending.open(id, outgoing, { owned: false, windowBytes: TCP_WINDOW_BYTES, hurries: true, onEnd: ignore });
    wire.kick();
    return freeze(bare({
      opened,
      closed,
      read: () => reader.next(),
      write: (bytes: Uint8Array) => outgoing.put(bytes),
      end: () => outgoing.end(),
      destroy: () => this.#destroy(id),
      set: (option: string, value: number) => {
        if (typeof option !== "string" || typeof value !== "number" || !this.#held.has(id)) return;
        wire.out.push(OP.TCP_SET, id, option, value);
        wire.kick();
      },
      secure: (how: string) => this.#secure(id, held, how),
    })) as Connection;
  }

  #secure(id: number, held: Held, options: string): Promise<string> {
    if (typeof options !== "string") throw new NativeTypeError("Cannot encrypt a connection without options");
    if (!this.#held.has(id)) return rejected(errorOf("ENOTCONN", "The connection is over")) as Promise<never>;
    if (held.secured !== null) return rejected(errorOf("EALREADY", "It is being encrypted already")) as Promise<never>;
    return new NativePromise((resolve, reject) => {
      held.secured = { resolve, reject };
      this.#wire.out.push(OP.TCP_SECURE, id, held.outgoing.written, options);
      this.#wire.kick();
    });
  }

  #destroy(id: number): void {
    if (!this.#held.has(id)) return;
    const { outgoing } = this.#held.get(id)!;
    const close = () => {
      if (!this.#held.has(id)) return;
      this.#wire.out.push(OP.TCP_CLOSE, id);
      this.#wire.kick();
      this.onClosed(id, "", "");
    };
    // What was written before the end still goes out.
    if (outgoing.hasEnded && !outgoing.isDrained) outgoing.onDrained = close;
    else close();
  }
}

/** What the app has written and the wall has not taken yet. */
class Outgoing implements ByteSource {
  /** All bytes that were written. */
  written = 0;
  /** Whether all of it has been taken, its end included. */
  isDrained = false;
  /** Told when it has. */
  onDrained: (() => void) | null = null;
  #taken: (() => void) | null = null;
  readonly #queue: {
    readonly bytes: Uint8Array;
    readonly resolve: () => void;
    readonly reject: (e: unknown) => void;
  }[] = [];
  #waiting: (() => void) | null = null;
  #hasEnded = false;

  get hasEnded(): boolean {
    return this.#hasEnded;
  }
  #error: Error | null = null;

  put(bytes: Uint8Array): Promise<void> {
    if (!isUint8Array(bytes)) return rejected(new NativeTypeError("Cannot write what is no Uint8Array"));
    if (this.#error !== null) return rejected(this.#error);
    if (this.#hasEnded) return rejected(errorOf("EPIPE", "write EPIPE"));
    if (bytesLength(bytes) === 0) return resolved(undefined) as Promise<void>;
    this.written += bytesLength(bytes);
    return new NativePromise((resolve, reject) => {
      append(this.#queue, { bytes, resolve, reject });
      this.#wake();
    });
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  fail(error: Error): void {
    if (this.#error !== null) return;
    this.#error = error;
    this.#taken?.();
    let next;
    while ((next = arrayShift(this.#queue)) !== undefined) next.reject(error);
    this.#wake();
  }

  async read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    // Who asks for more has copied what it got.
    this.#taken?.();
    this.#taken = null;
    while (true) {
      const next = arrayShift(this.#queue);
      if (next !== undefined) {
        this.#taken = next.resolve;
        return bare({ done: false, value: next.bytes });
      }
      if (this.#hasEnded || this.#error !== null) {
        this.isDrained = true;
        const { onDrained } = this;
        // Behind the end of the stream, which is sent when this is returned.
        if (onDrained !== null) endOfTurn(onDrained);
        return bare({ done: true }) as ReadableStreamReadResult<Uint8Array>;
      }
      await new NativePromise<void>((resolve) => this.#waiting = resolve);
    }
  }

  cancel(): Promise<void> {
    this.fail(errorOf("EPIPE", "write EPIPE"));
    return resolved(undefined) as Promise<void>;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }
}

function errorOf(code: string, message: string): Error {
  const error = new NativeError(message);
  defineMember(error, "code", code, true);
  return error;
}
