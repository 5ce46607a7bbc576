/** A listener: Deno.serve in front of the dispatcher. */
import { systemClock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import { CutStream } from "../protocol/wire.ts";
import type { Dispatcher, ListenerView } from "./dispatcher.ts";
import { LastingServer } from "./lasting_server.ts";
import type { AppTarget } from "../terms/app_call.ts";

/** Where to listen. */
export interface ListenOptions {
  readonly hostname: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** PEM texts; without them the listener speaks plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** The app that gets every request of this listener, or null for routing by host. */
  readonly target: (() => AppTarget | null) | null;
  /** Something failed that no client could be told, or the listener cannot accept any more, or does again. */
  readonly warn: (text: string) => void;
}

/** A running listener. */
export interface Listener {
  readonly hostname: string;
  readonly port: number;
  readonly scheme: "http" | "https";
  /** Stops accepting; settles when every connection is finished. */
  shutdown(): Promise<void>;
}

/**
 * Starts listening.
 * @throws {NanoError} USAGE when the address cannot be had
 */
export function listen(dispatcher: Dispatcher, options: ListenOptions): Listener {
  const { hostname, tls, target } = options;
  const scheme = tls === null ? "http" : "https";
  const inventedHosts = new Set<string>();
  const view: ListenerView = { scheme, inventedHosts, target };
  let server: LastingServer;
  try {
    server = new LastingServer({
      hostname,
      port: options.port,
      tls,
      clock: systemClock,
      warn: options.warn,
      onError(thrown) {
        // An app's stream that failed is its own log line; the connection is cut, as it must be.
        if (thrown instanceof CutStream) return new Response(null, { status: 500 });
        options.warn(`Cannot answer a request: ${messageOf(thrown)}`);
        return new Response(null, { status: 500 });
      },
    }, (request, info) => {
      return dispatcher.handle(request, info.remoteAddr, view);
    });
  } catch (error) {
    const inUse = error instanceof Deno.errors.AddrInUse;
    const why = inUse ? "another process listens there" : messageOf(error);
    throw new NanoError("USAGE", `Cannot listen on ${hostname}:${options.port}: ${why}`, { cause: error });
  }
  const { port } = server.addr;
  // HTTP/1 without a Host: Deno then makes up a name from the address it listens on.
  if (tls === null) { for (const name of ["localhost", hostname, "0.0.0.0"]) inventedHosts.add(`${name}:${port}`); }
  return { hostname, port, scheme, shutdown: () => server.shutdown() };
}
