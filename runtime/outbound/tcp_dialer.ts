/** Opens an app's TCP connections, each to an address that its policy was asked about. */
import type { TcpOptions } from "../protocol/tcp.ts";
import { Turns } from "../turns.ts";
import { isAddress } from "./address_policy.ts";
import type { TakeDescriptor } from "./connections.ts";
import { firstConnected, given } from "./first_connected.ts";
import { type Outbound, OutboundRefused } from "./outbound.ts";
import { ConnectionError, TcpConnection } from "./tcp_connection.ts";

/** Longest wait for a connection, its name's resolution included, in ms. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Addresses of one name that are tried. */
const MAX_ADDRESSES = 6;

/**
 * Bounds what the host keeps of an app's connections where descriptors do not: half of those that connections have are
 * one app's (machine/descriptors.ts), which is less than this up to a limit of some 20,500.
 */
export const MAX_TCP_CONNECTIONS = 10_000;
/**
 * Connections that one app opens at once; those beyond wait in order, within their time. Opening one takes the host's own
 * thread a good part of a millisecond, and whoever opened thousands together left nobody else a turn. A pool of an honest
 * app opens fewer.
 */
const MAX_DIALS = 64;

/** Where an app connects to. */
export interface TcpTarget {
  readonly hostname: string;
  readonly port: number;
  readonly options: TcpOptions;
  /** Header block of the trace context in which the app connects; missing or "" without any. */
  readonly trace?: string;
}

/** How a {@linkcode TcpDialer} works. */
export interface TcpDialerOptions {
  readonly takeDescriptor: TakeDescriptor;
  /** Most connections at once, those being opened included, beside those of fetch. */
  readonly maxConnections?: number;
  /** Most connections being opened at once. */
  readonly maxDials?: number;
  readonly observer?: TcpObserver;
}

/** Told what becomes of connections. */
export interface TcpObserver {
  onDialed(outcome: DialOutcome): void;
  /** One that was dialed is over. */
  onClosed(): void;
}

/** Whether a connection stands, and if not, why. */
export type DialOutcome = "ok" | "refused" | "failed" | "given_up";

/** Codes of what no network was asked about. */
const REFUSALS: ReadonlySet<string> = new Set(["EPERM", "EMFILE", "ERR_SOCKET_BAD_PORT"]);

/** The connections of one app. */
export class TcpDialer implements Disposable {
  readonly #outbound: Outbound;
  readonly #takeDescriptor: TakeDescriptor;
  readonly #max: number;
  readonly #observer: TcpObserver | undefined;
  readonly #open = new Set<TcpConnection>();
  /** Gives up those that are being opened. */
  readonly #dialing = new Set<AbortController>();
  readonly #turns: Turns;
  #places = 0;
  #isClosed = false;

  constructor(
    outbound: Outbound,
    { takeDescriptor, maxConnections = MAX_TCP_CONNECTIONS, maxDials = MAX_DIALS, observer }: TcpDialerOptions,
  ) {
    this.#outbound = outbound;
    this.#takeDescriptor = takeDescriptor;
    this.#max = maxConnections;
    this.#turns = new Turns(maxDials);
    this.#observer = observer;
  }

  /** Connections that stand. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Connects.
   * @param signal gives it up, at once
   * @throws {ConnectionError} with a code as Node has it
   */
  async dial(target: TcpTarget, signal: AbortSignal): Promise<TcpConnection> {
    try {
      const connection = await this.#dial(target, signal);
      this.#observer?.onDialed("ok");
      connection.closed.then(() => this.#observer?.onClosed());
      return connection;
    } catch (error) {
      this.#observer?.onDialed(outcomeOf(error));
      throw error;
    }
  }

  async #dial({ hostname, port, options }: TcpTarget, signal: AbortSignal): Promise<TcpConnection> {
    const host = hostOf(hostname);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new ConnectionError("ERR_SOCKET_BAD_PORT", `Cannot connect to "${host}": ${port} is no port`);
    }
    try {
      this.#outbound.checkHost(host, port);
    } catch (error) {
      throw refusedBy(error);
    }
    if (signal.aborted || this.#isClosed) throw given();
    const giveBack = this.#takePlace(host);
    const timeoutMs = Math.min(options.timeoutMs ?? CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT_MS);
    // No AbortSignal.timeout: its timer would outlive a connection that is refused at once.
    const dialing = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      dialing.abort(given());
    }, timeoutMs);
    const onAbort = () => dialing.abort(given());
    signal.addEventListener("abort", onAbort);
    this.#dialing.add(dialing);
    const until = performance.now() + timeoutMs;
    try {
      const addresses = await givenUp(this.#addressesOf(host, options.family), dialing.signal);
      return await this.#turns.run(async () => {
        const connection = new TcpConnection(
          await firstConnected({ addresses, port, options }, dialing.signal, until),
          bare(host),
        );
        this.#open.add(connection);
        connection.closed.then(() => {
          this.#open.delete(connection);
          giveBack();
        });
        if (options.tls !== undefined) {
          dialing.signal.addEventListener("abort", () => connection.destroy());
          await connection.secure(options.tls);
        }
        return connection;
      }, { signal: dialing.signal });
    } catch (error) {
      giveBack();
      throw isLate ? new ConnectionError("ETIMEDOUT", `connect ETIMEDOUT ${host}:${port}`) : error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      this.#dialing.delete(dialing);
    }
  }

  /** What gives it back, once. */
  #takePlace(host: string): () => void {
    const why = this.#places >= this.#max ? `${this.#max} connections of this app are open already` : null;
    const taken = why ?? this.#takeDescriptor();
    if (typeof taken === "string") throw new ConnectionError("EMFILE", `Cannot connect to "${host}": ${taken}`);
    this.#places++;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#places--;
      taken();
    };
  }

  /** Of a name only those that the policy allows; they are connected to as they are, so nothing is resolved twice. */
  async #addressesOf(host: string, family: number | undefined): Promise<readonly string[]> {
    if (isAddress(host)) return [bare(host)];
    const found = await this.#outbound.addressesOf(host).catch((error) => {
      throw refusedBy(error, host);
    });
    const wanted = found.filter((one) => family === undefined || family === 0 || one.family === family);
    if (wanted.length === 0) throw notFound(host);
    return wanted.slice(0, MAX_ADDRESSES).map(({ address }) => address);
  }

  /** Ends every connection, and those being opened. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const dialing of this.#dialing) dialing.abort(given());
    for (const connection of this.#open) connection.destroy();
  }
}

/** A host in the one form in which policies are asked: what URL makes of it, so that 0x7f.1 is 127.0.0.1. */
function hostOf(hostname: string): string {
  const text = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
  // Neither a user nor a path may hide in it.
  const url = /^[^\s/\\?#@]{1,255}$/.test(text) && URL.canParse(`http://${text}/`) ? new URL(`http://${text}/`) : null;
  if (url === null || url.port !== "" || url.hostname === "" || /:\d*$/.test(text.replace(/^\[.*\]/, ""))) {
    // The app may have named anything, of any length.
    throw notFound(hostname.slice(0, 255));
  }
  return url.hostname;
}

function outcomeOf(error: unknown): DialOutcome {
  const { code } = error as { readonly code?: string };
  if (code === "ABORTED") return "given_up";
  return code !== undefined && REFUSALS.has(code) ? "refused" : "failed";
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

function notFound(host: string): ConnectionError {
  return new ConnectionError("ENOTFOUND", `getaddrinfo ENOTFOUND ${host}`);
}

function refusedBy(error: unknown, host = ""): ConnectionError {
  const { code } = error as { code?: unknown };
  if (error instanceof OutboundRefused && code === undefined) return new ConnectionError("EPERM", error.message);
  return code === "EAI_AGAIN" ? new ConnectionError(code, `getaddrinfo EAI_AGAIN ${host}`) : notFound(host);
}

function givenUp<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(given());
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
