/** One app's way out: fetch and WebSocket under its policy, over connections of its own. */
import type { HostSocket } from "../terms/app_call.ts";
import { LateSocket } from "./late_socket.ts";
import { Outbound, type OutboundOptions, type OutboundPolicy } from "./outbound.ts";
import type { TcpConnection } from "./tcp_connection.ts";
import { TcpDialer, type TcpObserver, type TcpTarget } from "./tcp_dialer.ts";
import { loadWebSockets, webSocketClass } from "./undici_module.ts";
import { isOfRequest, outboundFetch, type OutboundRequest, type OutboundResponse } from "./outbound_fetch.ts";

type HeadersOfRequest = OutboundRequest["headers"];

/** Where an app wants a WebSocket to. */
export interface OutboundSocket {
  readonly url: string;
  readonly protocols: readonly string[];
  /** Of the handshake, beside those that belong to it. */
  readonly headers: HeadersOfRequest;
}

/** How an {@linkcode AppOutbound} works. */
export interface AppOutboundOptions extends OutboundOptions {
  readonly observer?: TcpObserver;
}

/** Fits what the app's side of the host needs. */
export class AppOutbound implements Disposable {
  readonly #outbound: Outbound;
  readonly #tcp: TcpDialer;
  readonly #userAgent: string;

  /** @param userAgent sent when the app names none */
  constructor(policy: OutboundPolicy, userAgent: string, options?: AppOutboundOptions) {
    this.#outbound = new Outbound(policy, options);
    const { takeDescriptor = () => () => {}, observer } = options ?? {};
    this.#tcp = new TcpDialer(this.#outbound, {
      takeDescriptor,
      ...(observer === undefined ? {} : { observer }),
    });
    this.#userAgent = userAgent;
  }

  /** @throws {TypeError} as fetch does */
  fetch(request: OutboundRequest): Promise<OutboundResponse> {
    return outboundFetch(this.#outbound, { ...request, headers: this.#withUserAgent(request.headers) });
  }

  /** @throws {TypeError} when the policy or the URL forbids it */
  connect({ url, protocols, headers }: OutboundSocket): HostSocket {
    const target = new URL(url);
    if (target.protocol !== "ws:" && target.protocol !== "wss:") {
      throw new TypeError(`Cannot connect to "${target.protocol}": only ws and wss URLs can be connected to`);
    }
    this.#outbound.check(target);
    const open = (): HostSocket =>
      new (webSocketClass()!)(target, {
        protocols: [...protocols],
        dispatcher: this.#outbound.connections.socketAgent,
        headers: this.#withUserAgent(headers.filter(([name]) => isOfRequest(name) && !isOfHandshake(name)))
          .map(([name, value]): [string, string] => [name, value]),
      }) as unknown as HostSocket;
    return webSocketClass() === null ? new LateSocket(loadWebSockets().then(() => open)) : open();
  }

  #withUserAgent(headers: HeadersOfRequest): HeadersOfRequest {
    const isNamed = headers.some(([name]) => name.toLowerCase() === "user-agent");
    return isNamed ? headers : [...headers, ["user-agent", this.#userAgent]];
  }

  /** Opens a TCP connection. @throws {ConnectionError} when the policy forbids it, or it cannot be had */
  dial(target: TcpTarget, signal: AbortSignal): Promise<TcpConnection> {
    return this.#tcp.dial(target, signal);
  }

  /** Ends every connection. */
  [Symbol.dispose](): void {
    this.#tcp[Symbol.dispose]();
    this.#outbound[Symbol.dispose]();
  }
}

/** What the handshake says itself (RFC 6455, 4.1). */
function isOfHandshake(name: string): boolean {
  return name.toLowerCase().startsWith("sec-websocket-");
}
