/** The host's half of an app's WebSockets: real sockets on one side, the wall on the other, bounded both ways. */
import type { HostSocket } from "../app_call.ts";
import { OP } from "../protocol/messages.ts";
import { type Wire, WireViolation } from "../protocol/wire.ts";

/** Bytes that may wait for a slow app or a slow client before the connection is closed. */
export const MAX_SOCKET_BYTES = 16 * 1024 * 1024;
/** Between two looks at what a client has not taken yet. */
const SENT_LOOK_MS = 20;
/** A peer that does not answer a close frame in this time is given up: one that reads nothing never would. */
const CLOSE_ANSWER_MS = 5_000;
/** What a burst of messages may collect before it goes to the app within the same turn. */
const BURST_BYTES = 256 * 1024;

const OPEN = 1;
/** Close codes that an app may send; the rest is reserved for the protocol (RFC 6455, 7.4). */
const isAppCode = (code: number) => code === 1000 || (code >= 3000 && code <= 4999);

interface Bridged {
  readonly socket: HostSocket;
  readonly onClosed: (bytes: number) => void;
  /** Bytes sent to the app that it has not dispatched. */
  toApp: number;
  /** Bytes the app sent that the client has not taken. */
  toClient: number;
  bytes: number;
  /** What the app sent before the connection stood. */
  early: (string | Uint8Array)[];
  /** How the app closed a client's connection before it stood. */
  earlyClose: { readonly code: number; readonly reason: string } | null;
  look: ReturnType<typeof setTimeout> | null;
  /** The close that was asked for on this side. */
  asked: { readonly code: number; readonly reason: string; readonly timer: ReturnType<typeof setTimeout> } | null;
}

/** The sockets of one isolate, by id. */
export class SocketBridge {
  readonly #wire: Wire;
  readonly #sockets = new Map<number, Bridged>();
  /** Bytes of messages that went to the app since it was last served at once. */
  #burst = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Open sockets. */
  get size(): number {
    return this.#sockets.size;
  }

  /**
   * Joins a socket to the wall.
   * @param onClosed told once, with the bytes that went to the client
   */
  join(id: number, socket: HostSocket, onClosed: (bytes: number) => void): void {
    const bridged: Bridged = {
      socket,
      onClosed,
      toApp: 0,
      toClient: 0,
      bytes: 0,
      early: [],
      earlyClose: null,
      look: null,
      asked: null,
    };
    this.#sockets.set(id, bridged);
    socket.binaryType = "arraybuffer";
    const opened = () => {
      this.#wire.out.push(OP.SOCKET_OPEN, id, socket.protocol);
      this.#wire.kick();
      const { early } = bridged;
      bridged.early = [];
      for (const message of early) this.#toClient(id, bridged, message);
      const { earlyClose } = bridged;
      if (earlyClose !== null) this.#close(id, bridged, earlyClose.code, earlyClose.reason);
    };
    if (socket.readyState === OPEN) opened();
    else socket.addEventListener("open", opened);
    socket.addEventListener("message", (event: MessageEvent) => this.#fromClient(id, bridged, event.data));
    socket.addEventListener("close", (event: CloseEvent) => {
      if (event.code !== 0) return this.#closed(id, bridged, event.code, event.reason);
      // Deno reports 0 when the connection broke off. It breaks off itself when a message meets its own close frame.
      const { code, reason } = bridged.asked ?? { code: 1006, reason: "" };
      this.#closed(id, bridged, code, reason);
    });
    // A close event follows and says all there is to say.
    socket.addEventListener("error", (event: Event) => event.preventDefault());
  }

  /** SOCKET_MESSAGE: id, text or bytes. @throws {WireViolation} when it is neither */
  onMessage(id: number, data: unknown): void {
    if (typeof data !== "string" && !(data instanceof Uint8Array)) throw new WireViolation("a message without data");
    const bridged = this.#sockets.get(id);
    if (bridged === undefined) return;
    bridged.toClient += sizeOf(data);
    if (bridged.socket.readyState === OPEN) this.#toClient(id, bridged, data);
    else if (bridged.socket.readyState < OPEN) bridged.early.push(data);
    if (bridged.toClient > MAX_SOCKET_BYTES) this.#close(id, bridged, 4013, "The client takes messages too slowly");
  }

  #toClient(id: number, bridged: Bridged, data: string | Uint8Array): void {
    bridged.bytes += sizeOf(data);
    bridged.socket.send(typeof data === "string" ? data : data.slice().buffer);
    this.#tellSent(id, bridged);
  }

  /** SOCKET_CLOSE: id, code, reason. */
  onClose(id: number, code: unknown, reason: unknown): void {
    const bridged = this.#sockets.get(id);
    if (bridged === undefined) return;
    this.#close(id, bridged, typeof code === "number" ? code : 1000, typeof reason === "string" ? reason : "");
  }

  /** SOCKET_SENT: id, bytes that the app has dispatched. */
  onDispatched(id: number, bytes: unknown): void {
    const bridged = this.#sockets.get(id);
    if (bridged !== undefined && typeof bytes === "number") bridged.toApp = Math.max(0, bridged.toApp - bytes);
  }

  /** Closes every socket. */
  closeAll(code: number, reason: string): void {
    for (const [id, bridged] of [...this.#sockets]) {
      this.#close(id, bridged, code, reason);
      this.#closed(id, bridged, code, reason);
    }
  }

  /** Deno ignores a close of a client's connection whose answer has not gone yet: it has to wait for the opening. */
  #close(id: number, bridged: Bridged, code: number, reason: string): void {
    const { socket } = bridged;
    if (id >= 0 && socket.readyState < OPEN) {
      bridged.earlyClose ??= { code, reason };
      return;
    }
    if (bridged.asked !== null || socket.readyState > OPEN) return;
    const timer = setTimeout(() => this.#closed(id, bridged, code, reason), CLOSE_ANSWER_MS);
    bridged.asked = { code, reason, timer };
    closeSocket(socket, code, reason);
  }

  #fromClient(id: number, bridged: Bridged, data: string | ArrayBuffer): void {
    // Behind one that was refused nothing may arrive: the app would see a gap.
    if (!this.#sockets.has(id) || bridged.socket.readyState !== OPEN) return;
    bridged.toApp += sizeOf(data);
    if (bridged.toApp > MAX_SOCKET_BYTES) {
      this.#close(id, bridged, 4013, "The app takes messages too slowly");
      return;
    }
    this.#wire.out.push(OP.SOCKET_MESSAGE, id);
    if (typeof data === "string") this.#wire.out.push(data);
    else this.#wire.pushBytes(new Uint8Array(data), true);
    this.#burst += sizeOf(data);
    this.#wire.kick();
    if (this.#burst < BURST_BYTES) return;
    // Deno may read many messages in one turn: the app should begin with the first of them meanwhile.
    this.#burst = 0;
    this.#wire.flush();
  }

  /** Tells the app what its client has taken, so that bufferedAmount in the app is true. */
  #tellSent(id: number, bridged: Bridged): void {
    const taken = bridged.toClient - bridged.socket.bufferedAmount;
    if (taken > 0) {
      bridged.toClient -= taken;
      this.#wire.out.push(OP.SOCKET_SENT, id, taken);
      this.#wire.kick();
    }
    if (bridged.toClient === 0 || bridged.look !== null) return;
    bridged.look = setTimeout(() => {
      bridged.look = null;
      if (this.#sockets.has(id)) this.#tellSent(id, bridged);
    }, SENT_LOOK_MS);
  }

  #closed(id: number, bridged: Bridged, code: number, reason: string): void {
    if (this.#sockets.get(id) !== bridged) return;
    this.#sockets.delete(id);
    if (bridged.look !== null) clearTimeout(bridged.look);
    if (bridged.asked !== null) clearTimeout(bridged.asked.timer);
    this.#wire.out.push(OP.SOCKET_CLOSE, id, code, reason);
    this.#wire.kick();
    bridged.onClosed(bridged.bytes);
  }
}

function sizeOf(data: string | ArrayBuffer | Uint8Array): number {
  return typeof data === "string" ? data.length : data.byteLength;
}

/** Closes with what the socket's class accepts: WebSocket.close() takes 1000 and 3000 to 4999 only. */
function closeSocket(socket: HostSocket, code: number, reason: string): void {
  if (socket.readyState > OPEN) return;
  const short = new TextDecoder().decode(new TextEncoder().encode(reason).subarray(0, 123)).replace(/\uFFFD+$/, "");
  try {
    socket.close(code, short);
  } catch (error) {
    if (isAppCode(code)) throw error;
    socket.close(1000, short);
  }
}
