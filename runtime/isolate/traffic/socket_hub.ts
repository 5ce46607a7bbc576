/** The sockets of one isolate, by id: upgrades of requests, pairs, outgoing connections. */
import { bare } from "../../protocol/bare.ts";
import {
  defineProperty,
  endOfMicrotask,
  endOfTurn,
  headersGet,
  headersSet,
  NativeHeaders,
  NativeResponse,
  NativeTypeError,
  requestHeaders,
  requestUrl,
  responseHeaders,
  stringSlice,
  stringStartsWith,
  stringToLowerCase,
} from "../../protocol/primordials.ts";
import { SafeMap, SafeWeakMap } from "../../protocol/safe_collections.ts";
import { joinTexts, listHas } from "../../protocol/safe_lists.ts";
import { joinHeaders } from "../../protocol/header_block.ts";
import { OP } from "../../protocol/operations.ts";
import type { Wire } from "../../protocol/wire.ts";
import { currentTrace } from "./request_trace.ts";
import { AppSocket, socketInternals, type SocketTransport } from "./socket.ts";
import { sizeOf } from "./socket_message.ts";
import { protocolsOf } from "./socket_protocols.ts";

/** What Deno.upgradeWebSocket takes. */
export interface UpgradeOptions {
  readonly protocol?: string;
}

/** Joins sockets to the wall. */
export class SocketHub {
  readonly #wire: Wire;
  readonly #sockets = new SafeMap<number, AppSocket>();
  /** The socket behind a 101 response. */
  readonly #upgrades = new SafeWeakMap<Response, AppSocket>();
  /** Other end of an end of a pair. */
  readonly #peers = new SafeWeakMap<AppSocket, AppSocket>();
  /** What an end of {@linkcode SocketHub.connectEnd} is connected by. */
  readonly #upstreams = new SafeWeakMap<AppSocket, SocketTransport>();
  /** Told whether a connection stands, while it is being opened. */
  readonly #opening = new SafeMap<number, (stands: boolean) => void>();
  #next = -1;

  constructor(wire: Wire) {
    this.#wire = wire;
    socketInternals.setConnect((socket, url, protocols) =>
      this.#transport(this.#connect(socket, url, protocols, currentTrace()))
    );
  }

  /**
   * Opens a connection, of which the app holds an end as of a pair.
   * @param headers block of what the handshake says beside what belongs to it
   * @param onSettled told once whether it stands
   * @returns the end, and what gives the connection up
   */
  connectEnd(
    { url, protocols, headers }: {
      readonly url: string;
      readonly protocols: readonly string[];
      readonly headers: string;
    },
    onSettled: (stands: boolean) => void,
  ): { readonly socket: AppSocket; readonly giveUp: () => void } {
    const socket = socketInternals.createUnbound({ url, paired: true });
    const id = this.#connect(socket, url, protocols, headers);
    this.#opening.set(id, onSettled);
    const transport = this.#transport(id);
    socketInternals.bind(socket, transport);
    this.#upstreams.set(socket, transport);
    return { socket, giveUp: () => this.#sendClose(id, 1000, "") };
  }

  #connect(socket: AppSocket, url: string, protocols: readonly string[], headers: string): number {
    // Outgoing sockets count down as outgoing requests do, from far below, so that the ids never meet.
    const id = FIRST_OUTGOING + this.#next--;
    this.#sockets.set(id, socket);
    this.#wire.out.push(OP.SOCKET_CONNECT, id, url, joinTexts(protocols, ","), headers);
    this.#wire.kick();
    return id;
  }

  #sendClose(id: number, code: number, reason: string): void {
    this.#wire.out.push(OP.SOCKET_CLOSE, id, code, reason);
    this.#wire.kick();
  }

  #settle(id: number, stands: boolean): void {
    const onSettled = this.#opening.get(id);
    this.#opening.delete(id);
    onSettled?.(stands);
  }

  /** Sockets that are not closed. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Deno's way to take a connection over. */
  readonly upgradeWebSocket = (
    request: Request,
    options: UpgradeOptions = {},
  ): { socket: AppSocket; response: Response } => {
    if (stringToLowerCase(headersGet(requestHeaders(request), "upgrade") ?? "") !== "websocket") {
      throw new NativeTypeError("Invalid Header: 'upgrade' header must contain 'websocket'");
    }
    const { protocol } = options;
    const headers = new NativeHeaders();
    if (protocol !== undefined && protocol !== "") {
      if (!listHas(protocolsOf(request), protocol)) {
        throw new NativeTypeError(`Protocol '${protocol}' not in the request's protocol list (non negotiable)`);
      }
      headersSet(headers, "sec-websocket-protocol", protocol);
    }
    const url = requestUrl(request);
    const socket = socketInternals.createUnbound({
      url: stringStartsWith(url, "http") ? `ws${stringSlice(url, 4)}` : url,
      paired: false,
    });
    return { socket, response: this.#switching(socket, headers) };
  };

  /** Two ends, joined until one of them is returned in a 101 response. */
  createPair(): [AppSocket, AppSocket] {
    const client = socketInternals.createUnbound({ url: "", paired: true });
    const server = socketInternals.createUnbound({ url: "", paired: true });
    this.#peers.set(client, server);
    this.#peers.set(server, client);
    socketInternals.bind(client, localTransport(client, server));
    socketInternals.bind(server, localTransport(server, client));
    socketInternals.open(client, "");
    socketInternals.open(server, "");
    return [client, server];
  }

  /** A 101 response that hands one end of a pair to the client. @throws {TypeError} when it is no end of a pair */
  readonly respondWith = (end: unknown, headers: HeadersInit | undefined): Response => {
    if (!(end instanceof AppSocket) || !this.#peers.has(end) && !this.#upstreams.has(end)) {
      throw new NativeTypeError(
        "Cannot upgrade: webSocket must be an end of a WebSocketPair, or what a fetch has given",
      );
    }
    const response = this.#switching(end, new NativeHeaders(headers));
    defineProperty(response, "webSocket", bare({ value: end, enumerable: true, configurable: true }));
    return response;
  };

  #switching(socket: AppSocket, headers: Headers): Response {
    const response = new NativeResponse(null, bare({ status: 200, headers }));
    defineProperty(response, "status", bare({ value: 101, configurable: true }));
    defineProperty(response, "ok", bare({ value: false, configurable: true }));
    this.#upgrades.set(response, socket);
    return response;
  }

  /** Sends an upgrade if the response is one. @returns whether it was */
  sendUpgrade(id: number, response: unknown): boolean {
    const socket = response instanceof NativeResponse ? this.#upgrades.get(response) : undefined;
    if (socket === undefined) return false;
    this.#upgrades.delete(response as Response);
    this.#wire.out.push(OP.UPGRADE, id, joinHeaders(responseHeaders(response as Response)));
    this.#wire.kick();
    const upstream = this.#upstreams.get(socket);
    if (upstream !== undefined) {
      this.#join(id, socket, upstream);
      return true;
    }
    const peer = this.#peers.get(socket);
    if (peer === undefined) {
      this.#sockets.set(id, socket);
      socketInternals.bind(socket, this.#transport(id));
      return true;
    }
    // The returned end stands for the client: what its peer sends goes to the network from now on.
    this.#sockets.set(id, peer);
    const network = this.#transport(id);
    socketInternals.bind(peer, network);
    socketInternals.handOver(socket, network);
    return true;
  }

  /** Passes on what comes, both ways: the app hands a connection of its own to the client. */
  #join(id: number, server: AppSocket, upstream: SocketTransport): void {
    const client = socketInternals.createUnbound({ url: "", paired: true });
    const network = this.#transport(id);
    this.#sockets.set(id, client);
    socketInternals.bind(client, network);
    socketInternals.open(client, "");
    socketInternals.handOver(client, upstream);
    socketInternals.handOver(server, network);
  }

  /** SOCKET_OPEN: id, protocol. */
  onOpen(id: number, protocol: string): void {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) socketInternals.open(socket, protocol);
    this.#settle(id, true);
  }

  /** SOCKET_MESSAGE: id, text or bytes. */
  onMessage(id: number, data: string | Uint8Array<ArrayBuffer>): void {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) socketInternals.receive(socket, data);
  }

  /** SOCKET_CLOSE: id, code, reason. */
  onClose(id: number, code: number, reason: string): void {
    const socket = this.#sockets.get(id);
    this.#sockets.delete(id);
    if (socket !== undefined) socketInternals.closed(socket, code, reason);
    this.#settle(id, false);
  }

  /** SOCKET_SENT: id, bytes. */
  onSent(id: number, bytes: number): void {
    const socket = this.#sockets.get(id);
    if (socket !== undefined) socketInternals.sent(socket, bytes);
  }

  #transport(id: number): SocketTransport {
    const wire = this.#wire;
    let untold = 0;
    return {
      send(data) {
        if (typeof data === "string") wire.out.push(OP.SOCKET_MESSAGE, id, data);
        else {
          wire.out.begin(OP.SOCKET_MESSAGE, id);
          wire.pushBytes(data, false);
        }
        wire.hurry();
      },
      close: (code, reason) => this.#sendClose(id, code, reason),
      dispatched(bytes) {
        untold += bytes;
        if (untold < TELL_BYTES) return;
        wire.out.push(OP.SOCKET_SENT, id, untold);
        wire.kick();
        untold = 0;
      },
    };
  }
}

/** The host counts what waits for the app in millions of bytes: a word for each message would be one too many. */
const TELL_BYTES = 64 * 1024;

/** Ids of outgoing sockets lie below those of outgoing requests. */
const FIRST_OUTGOING = -(2 ** 30);

/** Joins two ends within the isolate; messages arrive in a later microtask, as from a network. */
function localTransport(own: AppSocket, peer: AppSocket): SocketTransport {
  return {
    send(data) {
      endOfMicrotask(() => {
        socketInternals.sent(own, sizeOf(data));
        socketInternals.receive(peer, data as string | Uint8Array<ArrayBuffer>);
      });
    },
    close(code, reason) {
      endOfMicrotask(() => {
        socketInternals.closed(peer, code, reason);
        // As by a peer's answer: until then this end is closing.
        endOfTurn(() => socketInternals.closed(own, code, reason));
      });
    },
    dispatched() {},
  };
}
