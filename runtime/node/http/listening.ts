/**
 * Which servers of the app listen on which port. NANO has one door for an app: the first server gets what comes in.
 * Those that leave the port open after it are for the app itself, whose `node:http` clients find them here.
 */
import { codedError } from "./coded_error.ts";

/** What answers. */
export interface Listening {
  _answer(request: Request, info: object): Promise<Response>;
}

type Serve = (handler: (request: Request, info: object) => Promise<Response>) => unknown;

/**
 * `address()` of the first server that left the port open: the first dynamic one of RFC 6335, so that what the app asks
 * of a port that others use goes to them.
 */
const ANY_PORT = 49_152;
/** Tells the isolate's loader that the app has `node:http` in it, and may listen later than its entry ends. */
const MARK = "nano.node_http";
/** Names of the machine itself: fastify listens on each address that "localhost" has. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);

/** Tells the isolate that this is the answer to a request, and no fault of a handler. */
const CLOSED = "ERR_NANO_SERVER_CLOSED";

const servers = new Map<number, Listening>();
let door: Listening | null = null;
let isServed = false;
let isByPort = false;

/** Lets many servers listen: requests are given to them by port (`cloudflare:node`). */
export function allowManyPorts(): void {
  isByPort = true;
}

/** The server of a port. */
export function findServer(port: number): Listening | undefined {
  return servers.get(port);
}

/** The server that the app itself means by a URL; undefined when it is somebody else's. */
export function ownServer(url: string): Listening | undefined {
  const { protocol, hostname, port } = new URL(url);
  return protocol === "http:" && LOOPBACK.has(hostname) ? servers.get(Number(port || 80)) : undefined;
}

/** Arguments of `server.listen`. */
export function parseListen(given: readonly unknown[]): { port: number; host?: string; done?: () => void } {
  const done = given.find((one) => typeof one === "function") as (() => void) | undefined;
  const [first, second] = given;
  const options = typeof first === "object" && first !== null
    ? first as { port?: unknown; host?: unknown; path?: unknown }
    : { port: typeof first === "function" ? undefined : first, host: second };
  const port = Number(options.port ?? 0);
  // A path of a Unix socket stands for no port.
  const isPath = options.port === undefined ? options.path !== undefined : !/^\s*\d+\s*$/.test(String(options.port));
  if (!isPath && !(port >= 0 && port < 65536)) {
    throw codedError(
      "ERR_SOCKET_BAD_PORT",
      `options.port should be >= 0 and < 65536. Received ${String(options.port)}.`,
      {
        kind: RangeError,
      },
    );
  }
  return {
    port: isPath ? 0 : port,
    ...typeof options.host === "string" ? { host: options.host } : {},
    ...done === undefined ? {} : { done },
  };
}

/** Takes a port. @returns the error that `listen` emits when it cannot be had */
export function takePort(
  server: Listening,
  { port: wanted, host }: { readonly port: number; readonly host?: string | undefined },
): { readonly port: number; readonly release: () => void } | Error {
  let port = wanted === 0 ? ANY_PORT : wanted;
  while (wanted === 0 && servers.has(port)) port++;
  const isSamePort = servers.has(port);
  // Another address of the same port: whatever is asked there is answered by the server that is there.
  if (isSamePort && host !== undefined && LOOPBACK.has(host)) return { port, release() {} };
  if (isSamePort || door !== null && !isByPort && wanted !== 0) {
    const why = isSamePort ? "" : "; NANO has one door for an app, and another server of it listens already";
    return Object.assign(codedError("EADDRINUSE", `listen EADDRINUSE: address already in use :::${port}${why}`), {
      ...{ errno: -98, syscall: "listen", address: "::", port },
    });
  }
  servers.set(port, server);
  if (door === null) open(server);
  return {
    port,
    release() {
      servers.delete(port);
      if (door === server) door = null;
    },
  };
}

function open(server: Listening): void {
  door = server;
  if (isServed) return;
  isServed = true;
  const handler = (request: Request, info: object) =>
    door === null
      ? Promise.reject(codedError(CLOSED, "the app has closed its server, and listens no more"))
      : door._answer(request, info);
  const { serve } = (globalThis as unknown as { Deno: { serve: Serve } }).Deno;
  serve(Object.defineProperty(handler, "name", { value: MARK }));
}
