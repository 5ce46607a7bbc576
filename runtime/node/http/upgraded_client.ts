/** A client's request for a WebSocket, over the app's own WebSocket, with a socket for frames. */
import { codedError } from "./coded_error.ts";
import { type IncomingMessage, makeMessage } from "./incoming_message.ts";
import type { OutgoingMessage } from "./outgoing_message.ts";
import { WebSocketStream } from "./web_socket_stream.ts";

/** RFC 6455, 4.2.2 */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const AppWebSocket = globalThis.WebSocket;

/** The request: a ClientRequest. */
interface Upgrading extends OutgoingMessage {
  readonly _target: { readonly url: string };
  res: IncomingMessage | null;
}

/** Opens it: "upgrade" is emitted once it stands. Headers of the app's own do not go along. */
export function connectUpgrade(request: Upgrading): void {
  const protocols = String(request.getHeader("sec-websocket-protocol") ?? "").split(",").map((one) => one.trim());
  const key = String(request.getHeader("sec-websocket-key") ?? "");
  let ws: WebSocket;
  try {
    ws = new AppWebSocket(request._target.url.replace(/^http/, "ws"), protocols.filter((one) => one !== ""));
  } catch (error) {
    request.destroy(error as Error);
    return;
  }
  request.once("close", () => {
    if (ws.readyState === ws.CONNECTING) ws.close();
  });
  const stream = new WebSocketStream({ isServer: false });
  stream.attach(ws);
  const fail = () => request.destroy(codedError("ECONNREFUSED", `Cannot connect to "${request._target.url}"`));
  ws.addEventListener("error", fail);
  ws.addEventListener("open", async () => {
    ws.removeEventListener("error", fail);
    const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
    if (request.destroyed) return void stream.destroy();
    const headers = new Headers({
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-accept": Buffer.from(digest).toString("base64"),
      ...ws.protocol === "" ? {} : { "sec-websocket-protocol": ws.protocol },
    });
    const res = makeMessage({ headers, body: null, socket: () => stream });
    res.statusCode = 101;
    res.statusMessage = "Switching Protocols";
    res.upgrade = true;
    request.res = res;
    res.req = request;
    res.complete = true;
    if (!request.emit("upgrade", res, stream, Buffer.alloc(0))) stream.destroy();
  });
}
