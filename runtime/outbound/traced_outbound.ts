/** An app's way out whose fetches and TCP connections are spans; only there while Deno's OpenTelemetry is on. */
import type { HostSocket } from "../terms/app_call.ts";
import type { Tracer } from "../trace/tracer.ts";
import type { AppOutbound, OutboundSocket } from "./app_outbound.ts";
import type { TcpConnection } from "./tcp_connection.ts";
import type { TcpTarget } from "./tcp_dialer.ts";
import type { OutboundRequest, OutboundResponse } from "./outbound_fetch.ts";

/** Stands before an {@linkcode AppOutbound}, which it owns. */
export class TracedOutbound implements Disposable {
  readonly #outbound: AppOutbound;
  readonly #app: string;
  readonly #tracer: Tracer;

  /** @param app whose they are */
  constructor(outbound: AppOutbound, { app, tracer }: { readonly app: string; readonly tracer: Tracer }) {
    this.#outbound = outbound;
    this.#app = app;
    this.#tracer = tracer;
  }

  /** @throws {TypeError} as fetch does */
  async fetch(request: OutboundRequest): Promise<OutboundResponse> {
    let traceparent: string | null = null;
    let tracestate: string | null = null;
    const headers = request.headers.filter(([name, value]) => {
      const lower = name.toLowerCase();
      if (lower === "traceparent") traceparent = traceparent === null ? value : `${traceparent}, ${value}`;
      else if (lower === "tracestate") tracestate = tracestate === null ? value : `${tracestate}, ${value}`;
      else return true;
      return false;
    });
    const { method, url } = request;
    const span = this.#tracer.startFetch({ app: this.#app, method, url, traceparent, tracestate });
    const link: [string, string][] = [["traceparent", span.traceparent]];
    if (span.tracestate !== null) link.push(["tracestate", span.tracestate]);
    try {
      const response = await this.#outbound.fetch({ ...request, headers: [...headers, ...link] });
      span.end(response.status);
      return response;
    } catch (error) {
      span.fail(error);
      throw error;
    }
  }

  /** @throws {TypeError} when the policy or the URL forbids it */
  connect(target: OutboundSocket): HostSocket {
    return this.#outbound.connect(target);
  }

  /** Opens a TCP connection; the span ends when it stands. @throws {ConnectionError} as the outbound does */
  async dial(target: TcpTarget, signal: AbortSignal): Promise<TcpConnection> {
    const { hostname, port, options, trace = "" } = target;
    const span = this.#tracer.startCall({
      app: this.#app,
      name: "connect",
      trace,
      attributes: {
        "server.address": hostname,
        "server.port": port,
        "network.transport": "tcp",
        "nano.tls": options.tls !== undefined,
      },
    });
    try {
      const connection = await this.#outbound.dial(target, signal);
      span.end(null);
      return connection;
    } catch (error) {
      span.end((error as { readonly code?: string }).code ?? "Error");
      throw error;
    }
  }

  /** Ends every connection. */
  [Symbol.dispose](): void {
    this.#outbound[Symbol.dispose]();
  }
}
