/** Answers a request by a server of Deno's own `node:http`: over a connection that never leaves the process. */
import http from "node:http";
import { type Duplex, duplexPair, Readable } from "node:stream";
import { joinWebSocket, type Sockets } from "./native_upgrade.ts";
import { requestPath } from "./request_path.ts";

/** What Deno.serve tells beside a request, and what stands for a WebSocket. */
export interface Info {
  readonly sockets: Sockets;
  readonly remoteAddr?: { readonly hostname: string; readonly port: number };
}

/** Of a connection, not of what is said by it. */
const HOP = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);
// Packages put a class of their own in its place.
const NativeResponse = globalThis.Response;
const NO_BODY = new Set([101, 204, 205, 304]);

/** Asks the server. @throws what broke the connection before there was an answer */
export function answerNatively(server: http.Server, request: Request, info: Info): Promise<Response> {
  const isUpgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket" &&
    server.listenerCount("upgrade") > 0;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  // One connection for a request: it costs nothing but its two ends.
  const agent = Object.assign(new http.Agent(), { createConnection: () => connect(server, request, info) });
  const asked = http.request({
    method: request.method,
    path: requestPath(request.url),
    headers: headersOf(request.headers, isUpgrade),
    setHost: false,
    agent,
  });
  const gone = () => void asked.destroy();
  request.signal.addEventListener("abort", gone, { once: true });
  asked.once("close", () => request.signal.removeEventListener("abort", gone));
  asked.on("error", reject);
  asked.once("response", (answer: http.IncomingMessage) => resolve(responseOf(answer, request.method)));
  asked.once("upgrade", (answer: http.IncomingMessage, socket: Duplex, head: Uint8Array) => {
    resolve(joinWebSocket(socket, { head, headers: shownHeaders(answer), sockets: info.sockets }));
  });
  if (request.body === null) asked.end();
  else Readable.fromWeb(request.body as never).on("error", gone).pipe(asked);
  return promise;
}

/** The app's end gets what packages ask a socket for. */
function connect(server: http.Server, request: Request, { remoteAddr }: Info): Duplex {
  const [own, given] = duplexPair();
  for (const end of [own, given]) {
    for (const name of ["setTimeout", "setNoDelay", "setKeepAlive", "ref", "unref"]) {
      Object.defineProperty(end, name, { value: () => end, configurable: true, writable: true });
    }
  }
  Object.assign(given, {
    remoteAddress: remoteAddr?.hostname,
    remotePort: remoteAddr?.port,
    remoteFamily: remoteAddr?.hostname.includes(":") === true ? "IPv6" : "IPv4",
    encrypted: request.url.startsWith("https:"),
  });
  server.emit("connection", given);
  return own;
}

function headersOf(headers: Headers, isUpgrade: boolean): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) {
    // Frames are neither packed nor unpacked on this side.
    if (!HOP.has(name) && !(isUpgrade && name === "sec-websocket-extensions")) flat.push(name, value);
  }
  if (isUpgrade) flat.push("connection", "Upgrade", "upgrade", "websocket");
  return flat;
}

function responseOf(answer: http.IncomingMessage, method: string): Response {
  const status = answer.statusCode ?? 502;
  const isEmpty = method === "HEAD" || NO_BODY.has(status);
  if (isEmpty) answer.resume();
  const body = isEmpty ? null : Readable.toWeb(answer) as unknown as ReadableStream<Uint8Array>;
  return new NativeResponse(body, { status, statusText: answer.statusMessage ?? "", headers: shownHeaders(answer) });
}

function shownHeaders({ rawHeaders }: http.IncomingMessage): [string, string][] {
  const shown: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (!HOP.has(name.toLowerCase())) shown.push([name, rawHeaders[at + 1]!]);
  }
  return shown;
}
