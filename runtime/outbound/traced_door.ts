/** An app's way out whose fetches are spans; only there while Deno's OpenTelemetry is on. */
import type { HostSocket } from "../app_call.ts";
import type { Tracer } from "../trace/tracer.ts";
import type { OutboundDoor } from "./outbound_door.ts";
import type { TcpConnection } from "./tcp_connection.ts";
import type { TcpTarget } from "./tcp_door.ts";
import type { OutboundRequest, OutboundResponse } from "./outbound_fetch.ts";

/** Stands before an {@linkcode OutboundDoor}, which it owns. */
export class TracedDoor implements Disposable {
  readonly #door: OutboundDoor;
  readonly #app: string;
  readonly #tracer: Tracer;

  /** @param app whose fetches they are */
  constructor(door: OutboundDoor, { app, tracer }: { readonly app: string; readonly tracer: Tracer }) {
    this.#door = door;
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
      const response = await this.#door.fetch({ ...request, headers: [...headers, ...link] });
      span.end(response.status);
      return response;
    } catch (error) {
      span.fail(error);
      throw error;
    }
  }

  /** @throws {TypeError} when the policy or the URL forbids it */
  connect(url: string, protocols: readonly string[], options: { readonly trace: string | null }): HostSocket {
    return this.#door.connect(url, protocols, options);
  }

  /** Opens a TCP connection. @throws {ConnectionError} when the policy forbids it, or it cannot be had */
  dial(target: TcpTarget, signal: AbortSignal): Promise<TcpConnection> {
    return this.#door.dial(target, signal);
  }

  /** Ends every connection. */
  [Symbol.dispose](): void {
    this.#door[Symbol.dispose]();
  }
}
