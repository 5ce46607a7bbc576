/** A request that asks for a WebSocket, given to the listeners of "upgrade" with a socket for frames. */
import type { EventEmitter } from "node:events";
import { makeMessage } from "./incoming_message.ts";
import type { VirtualSocket } from "./virtual_socket.ts";
import { WebSocketStream } from "./web_socket_stream.ts";

type Done = (error?: Error | null) => void;

/** Of what is written before the frames begin. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Of the answer to one that is refused. */
const MAX_REFUSAL_BYTES = 1024 * 1024;
/** What NANO says itself when it takes a connection over. */
const HANDSHAKE = new Set(["upgrade", "connection", "sec-websocket-accept", "sec-websocket-extensions"]);

const { Headers: AppHeaders, Response: AppResponse, WebSocketPair } = globalThis as unknown as {
  Headers: typeof Headers;
  Response: typeof Response;
  WebSocketPair: new () => [WebSocket, WebSocket];
};

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [string, string][];
}

/** Reads the answer that the package writes, then frames. */
class UpgradeSocket extends WebSocketStream {
  declare _text: Buffer;
  declare _head: Head | null;
  declare _onResponse: (response: Response) => void;

  constructor(ends: VirtualSocket, onResponse: (response: Response) => void) {
    super({ isServer: true, ends });
    this._text = Buffer.alloc(0);
    this._head = null;
    this._onResponse = onResponse;
  }

  override _write(chunk: Buffer, encoding: string, done: Done): void {
    if (this._ws !== null) return super._write(chunk, encoding, done);
    this._text = Buffer.concat([this._text, chunk]);
    const end = this._head === null ? this._text.indexOf("\r\n\r\n") : -1;
    if (end !== -1) {
      this._head = parseHead(this._text.toString("latin1", 0, end));
      this._text = this._text.subarray(end + 4);
      if (this._head?.status === 101) {
        const rest = this._text;
        this._accept(this._head);
        return super._write(rest, encoding, done);
      }
    }
    if (this._text.length > (this._head === null ? MAX_HEAD_BYTES : MAX_REFUSAL_BYTES)) this.destroy();
    done();
  }

  _accept({ headers }: Head): void {
    const pair = new WebSocketPair();
    this.attach(pair[1]);
    (pair[1] as WebSocket & { accept(): void }).accept();
    const shown = headers.filter(([name]) => !HANDSHAKE.has(name.toLowerCase()));
    this._onResponse(new AppResponse(null, { status: 101, headers: shown, webSocket: pair[0] } as ResponseInit));
  }

  override _final(done: Done): void {
    this._refuse();
    super._final(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this._refuse();
    super._destroy(error, done);
  }

  /** What was written instead of an upgrade is the answer; nothing at all is one of a gateway without an answer. */
  _refuse(): void {
    if (this._ws !== null) return;
    const { status, statusText, headers } = this._head ?? { status: 502, statusText: "", headers: [] };
    const isAnswer = status >= 200 && status <= 599;
    const shown = headers.filter(([name]) => !/^(connection|transfer-encoding|content-length|upgrade)$/i.test(name));
    const body = isAnswer && ![204, 205, 304].includes(status) ? new Uint8Array(this._text) : null;
    this._onResponse(new AppResponse(body, { status: isAnswer ? status : 502, statusText, headers: shown }));
  }
}

function parseHead(text: string): Head | null {
  const [first, ...lines] = text.split("\r\n");
  const match = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first!);
  if (match === null) return null;
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });
  return { status: Number(match[1]), statusText: match[2] ?? "", headers };
}

/** Gives it to them. */
export function acceptUpgrade(
  server: EventEmitter,
  request: Request,
  { socket: makeSocket }: { readonly socket: () => VirtualSocket },
): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const socket = new UpgradeSocket(makeSocket(), resolve);
  const headers = new AppHeaders(request.headers);
  // Frames are neither packed nor unpacked on this side.
  headers.delete("sec-websocket-extensions");
  const req = makeMessage({ headers, body: null, socket: () => socket });
  req.method = request.method;
  req.url = request.url.slice(request.url.indexOf("/", request.url.indexOf("://") + 3));
  req.upgrade = true;
  const gone = () => {
    if (socket._ws === null) socket.destroy();
  };
  request.signal.addEventListener("abort", gone, { once: true });
  // Without a listener it would be an uncaught error of the app; packages have theirs once they took it over.
  socket.on("error", () => {});
  server.emit("upgrade", req, socket, Buffer.alloc(0));
  return promise;
}
