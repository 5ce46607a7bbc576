/** An app's outgoing connections: how many there may be, which one makes room, and how they end. */
import type { Socket } from "node:net";
import type { Agent, buildConnector } from "undici";
import { requests } from "./undici_module.ts";

/** Longest wait for a connection, in ms. */
const CONNECT_TIMEOUT_MS = 10_000;
/** How long a server may ask to keep an idle connection open, in ms; undici's 10 minutes would hold descriptors. */
const KEEP_ALIVE_MAX_MS = 60_000;

/** Finds the addresses of a name, as `node:net` asks for them. */
export type Lookup = (
  hostname: string,
  options: { all?: boolean },
  done: (error: Error | null, address: unknown, family?: number) => void,
) => void;

/** Takes a file descriptor; returns what gives it back, or in one clause why there is none. */
export type TakeDescriptor = () => (() => void) | string;

/** What bounds the connections of one app. */
export interface ConnectionLimits {
  /** Most connections at once. */
  readonly max: number;
  /** Asked for each connection of fetch; whoever opens a WebSocket has asked for its own already. */
  readonly takeDescriptor: TakeDescriptor;
}

/** Connections of one app; apps do not share them. */
export class Connections implements Disposable {
  /** For fetch: a connection that idles makes room for another. */
  readonly agent: Agent;
  /** For WebSockets, which keep their connection. */
  readonly socketAgent: Agent;
  readonly #limits: ConnectionLimits;
  /** Every connection with what gives its descriptor back. */
  readonly #all = new Map<Socket, () => void>();
  /** Connections of `agent` by origin. */
  readonly #ofOrigin = new Map<string, Set<Socket>>();
  /** Requests under way by origin. */
  readonly #inUse = new Map<string, number>();

  constructor(lookup: Lookup, limits: ConnectionLimits) {
    this.#limits = limits;
    // HTTP/1.1 only: over HTTP/2 undici tells a stream that was reset with CANCEL or NO_ERROR in the middle of a body
    // from one that has ended by nothing (docs/decisions/0010).
    const connect = requests().buildConnector(
      { lookup, timeout: CONNECT_TIMEOUT_MS, allowH2: false } as buildConnector.BuildOptions,
    );
    this.agent = this.#agentWith(connect, true);
    this.socketAgent = this.#agentWith(connect, false);
  }

  /** Connections that are open or being opened. */
  get size(): number {
    return this.#all.size;
  }

  /** Notes that a request to an origin is under way. */
  enter(origin: string): void {
    this.#inUse.set(origin, (this.#inUse.get(origin) ?? 0) + 1);
  }

  /** Notes its end. */
  leave(origin: string): void {
    const left = (this.#inUse.get(origin) ?? 1) - 1;
    if (left > 0) this.#inUse.set(origin, left);
    else this.#inUse.delete(origin);
  }

  /** Ends every connection. */
  [Symbol.dispose](): void {
    // Requests of an app that is gone have nobody to fail for.
    for (const agent of [this.agent, this.socketAgent]) agent.destroy().catch(() => {});
  }

  #agentWith(connect: buildConnector.connector, mayIdle: boolean): Agent {
    return new (requests().Agent)({
      allowH2: false,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      connect: (options, callback) => {
        const place = this.#takePlace(mayIdle);
        if (typeof place === "string") return callback(new TypeError(place), null);
        // It returns the socket before it is connected, though its type does not say so.
        const socket = connect(options, callback) as unknown as Socket;
        this.#all.set(socket, place);
        this.#watch(socket, mayIdle ? `${options.protocol}//${options.host}` : null);
      },
    });
  }

  /** What gives the place of one more connection back, or why there is none. */
  #takePlace(ofFetch: boolean): (() => void) | string {
    const { max, takeDescriptor } = this.#limits;
    if (this.#all.size >= max && !this.#makeRoom()) return `${max} connections of this app are open already`;
    if (!ofFetch) return () => {};
    const taken = takeDescriptor();
    return typeof taken === "string" && this.#makeRoom() ? takeDescriptor() : taken;
  }

  #watch(socket: Socket, origin: string | null): void {
    const group = origin === null ? null : this.#ofOrigin.get(origin) ?? new Set<Socket>();
    if (group !== null) this.#ofOrigin.set(origin!, group.add(socket));
    // undici takes a reset for the end of an answer whose length nobody told. Its own listener comes after this one.
    socket.on("error", (error: Error & { code?: string }) => {
      if (error.code === "ECONNRESET") error.code = "ECONNABORTED";
    });
    socket.once("close", () => {
      this.#forget(socket);
      if (group === null) return;
      group.delete(socket);
      if (group.size === 0 && this.#ofOrigin.get(origin!) === group) this.#ofOrigin.delete(origin!);
    });
  }

  #forget(socket: Socket): void {
    this.#all.get(socket)?.();
    this.#all.delete(socket);
  }

  /** Closes the connections of an origin that has no request under way. */
  #makeRoom(): boolean {
    for (const [origin, sockets] of this.#ofOrigin) {
      if (this.#inUse.has(origin)) continue;
      this.#ofOrigin.delete(origin);
      for (const socket of sockets) {
        this.#forget(socket);
        socket.destroy();
      }
      return true;
    }
    return false;
  }
}
