/** A socket on which packages speak the WebSocket protocol themselves, over one of NANO's WebSockets. */
import { codedError, resetError } from "./coded_error.ts";
import { VirtualSocket } from "./virtual_socket.ts";
import { encodeFrame, type Frame, MAX_MESSAGE_BYTES, OPCODE, SocketFrameReader } from "./web_socket_frames.ts";

type Done = (error?: Error | null) => void;

/** How much may wait for the network before the package has to. */
const HIGH_WATER_BYTES = 1024 * 1024;
/** A WebSocket does not tell when it has sent what it held: it is asked, in ms. */
const ASK_EVERY_MS = 10;
/** What a server may say by NANO's sockets beside 1000 and an app's own codes. */
const SENDABLE = new Set([1000, 1001, 1011]);

const decoder = new TextDecoder();

/** Turns frames into messages and messages into frames. Pings are answered here: NANO's own connections have theirs. */
export class WebSocketStream extends VirtualSocket {
  declare _ws: WebSocket | null;
  declare _isServer: boolean;
  declare _frames: SocketFrameReader;
  declare _message: { opcode: number; parts: Buffer[]; size: number } | null;

  /** @param isServer whether the app is the server of the two */
  constructor({ isServer, ends = {} }: { isServer: boolean; ends?: ConstructorParameters<typeof VirtualSocket>[0] }) {
    super(ends);
    this._ws = null;
    this._isServer = isServer;
    this._frames = new SocketFrameReader();
    this._message = null;
  }

  /** Goes on with this one, which is open. */
  attach(ws: WebSocket): void {
    this._ws = ws;
    ws.binaryType = "arraybuffer";
    ws.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this._frame(OPCODE.TEXT, Buffer.from(data));
      else this._frame(OPCODE.BINARY, Buffer.from(data as ArrayBuffer));
    });
    ws.addEventListener("close", ({ code, reason }) => {
      if (this.destroyed) return;
      if (code === 1006) return void this.destroy(resetError("The WebSocket was closed without a word"));
      this._frame(OPCODE.CLOSE, code === 1005 ? Buffer.alloc(0) : closePayload(code, reason));
      this.push(null);
    });
    // What is wrong is told by "close".
    ws.addEventListener("error", () => {});
  }

  _frame(opcode: number, payload: Uint8Array): void {
    if (!this.destroyed && !this.readableEnded) this.push(encodeFrame(opcode, payload, this._isServer));
  }

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.touch();
    try {
      for (const frame of this._frames.push(chunk)) this._send(frame);
    } catch (error) {
      return done(error as Error);
    }
    this._whenSent(done);
  }

  _whenSent(done: Done): void {
    const ws = this._ws;
    if (ws === null || ws.readyState !== ws.OPEN || ws.bufferedAmount <= HIGH_WATER_BYTES) return done();
    setTimeout(() => this._whenSent(done), ASK_EVERY_MS);
  }

  _send({ opcode, payload, isLast }: Frame): void {
    const ws = this._ws;
    if (ws === null || ws.readyState !== ws.OPEN) return;
    if (opcode === OPCODE.PING) return this._frame(OPCODE.PONG, payload);
    if (opcode === OPCODE.PONG) return;
    if (opcode === OPCODE.CLOSE) return closeWith(ws, payload);
    if (opcode !== OPCODE.CONTINUATION) this._message = { opcode, parts: [], size: 0 };
    const message = this._message;
    if (message === null) return;
    message.parts.push(payload);
    message.size += payload.length;
    if (message.size > MAX_MESSAGE_BYTES) {
      throw codedError("ERR_MESSAGE_TOO_LARGE", `Cannot send a WebSocket message of ${message.size} bytes`);
    }
    if (!isLast) return;
    this._message = null;
    const whole = message.parts.length === 1 ? message.parts[0]! : Buffer.concat(message.parts);
    ws.send(message.opcode === OPCODE.TEXT ? decoder.decode(whole) : new Uint8Array(whole));
  }

  override _final(done: Done): void {
    this._close();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this._close();
    super._destroy(error, done);
  }

  _close(): void {
    if (this._ws !== null && this._ws.readyState <= this._ws.OPEN) this._ws.close();
  }
}

function closePayload(code: number, reason: string): Buffer {
  const payload = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
  payload.writeUInt16BE(code, 0);
  return payload;
}

function closeWith(ws: WebSocket, payload: Buffer): void {
  const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1000;
  ws.close(SENDABLE.has(code) || code >= 3000 && code <= 4999 ? code : 1011, decoder.decode(payload.subarray(2)));
}
