/** Joins the frames that an app's package writes to a connection with one of NANO's WebSockets. */
import type { Duplex } from "node:stream";
import { WebSocketStream } from "./web_socket_stream.ts";

/** What NANO says itself when it takes a connection over. */
const HANDSHAKE = new Set(["sec-websocket-accept", "sec-websocket-extensions"]);

/** NANO's WebSockets: two ends, of which one is handed to the client by a response. */
export interface Sockets {
  readonly createPair: () => readonly [WebSocket, WebSocket];
  readonly respondWith: (end: WebSocket, headers: HeadersInit) => Response;
}

/** @param socket of the client of the app's server, once that has agreed */
export function joinWebSocket(
  socket: Duplex,
  { head, headers, sockets }: {
    readonly head: Uint8Array;
    readonly headers: readonly (readonly [string, string])[];
    readonly sockets: Sockets;
  },
): Response {
  const pair = sockets.createPair();
  const frames = new WebSocketStream({ isServer: true });
  frames.attach(pair[1]);
  (pair[1] as WebSocket & { accept(): void }).accept();
  for (const end of [socket, frames]) end.on("error", () => (end === socket ? frames : socket).destroy());
  if (head.byteLength > 0) frames.write(head);
  socket.pipe(frames);
  frames.pipe(socket);
  const shown = headers.filter(([name]) => !HANDSHAKE.has(name.toLowerCase()));
  return sockets.respondWith(pair[0], shown as [string, string][]);
}
