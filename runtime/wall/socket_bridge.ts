/** The host's half of an app's WebSockets: real sockets on one side, the wall on the other, bounded both ways. */
import type { HostSocket } from "../terms/app_call.ts";
import type { RequestEnd } from "../terms/request_end.ts";
import { isStandardCode, NO_CODE } from "../protocol/close_codes.ts";
import { messageWeight } from "../protocol/message_weight.ts";
import { OP } from "../protocol/operations.ts";
import { type Wire, WireViolation } from "../protocol/wire.ts";

/** Bytes that may wait for a slow app or a slow client before the connection is closed. */
export const MAX_SOCKET_BYTES = 16 * 1024 * 1024;
/** Between two looks at what a client has not taken yet. */
const SENT_LOOK_MS = 20;
/**
 * What a client has taken goes to the app with its next message, or after this: a message of its own for each would wake
 * the app's thread once more for every message that it sends.
 */
const TELL_MS = 10;
/** An app that has sent this much may wait for bufferedAmount to fall: it is told at once. */
const TELL_BYTES = 64 * 1024;
/** A peer that does not answer a close frame in this time is given up: one that reads nothing never would. */
const CLOSE_ANSWER_MS = 5_000;
/** What a burst of messages may collect before it goes to the app within the same turn. */
const BURST_BYTES = 256 * 1024;

const OPEN = 1;

/** How a socket is joined to the wall. */
export interface JoinOptions {
  /** A peer that takes nothing of what waits for this long is given up. */
  readonly writeStallMs: number;
  /** Told once, with the bytes that went to the client. */
  readonly onClosed: (bytes: number, end: RequestEnd) => void;
}

const SLOW_CLIENT: Close = { code: 4013, reason: "The client takes messages too slowly", end: "timed_out" };
const SLOW_APP: Close = { code: 4013, reason: "The app takes messages too slowly", end: "app_failed" };

interface Bridged extends JoinOptions {
  readonly socket: HostSocket;
  /** Weight of the messages to the app that it has not dispatched. */
  toApp: number;
  /** Bytes the app sent that the client has not taken. */
  toClient: number;
  /** Bytes the client has taken of which the app does not know yet. */
  untold: number;
  /** Whether something went to the client in this batch. */
  isTouched: boolean;
  bytes: number;
  /** What the app sent before the connection stood. */
  early: (string | Uint8Array)[];
  /** How the app closed a client's connection before it stood. */
  earlyClose: Close | null;
  look: ReturnType<typeof setTimeout> | null;
  /** How long bytes have waited and none was taken. */
  idleMs: number;
  /** The close that was asked for on this side. */
  asked: (Close & { readonly timer: ReturnType<typeof setTimeout> }) | null;
}

/** A close, and what it means for the request that the socket came from. */
interface Close {
  readonly code: number;
  readonly reason: string;
  readonly end: RequestEnd;
}

/** The sockets of one isolate, by id. */
export class SocketBridge {
  readonly #wire: Wire;
  readonly #sockets = new Map<number, Bridged>();
  /** Sockets that this batch has sent something to. */
  #touched: number[] = [];
  /** Bytes of messages that went to the app since it was last served at once. */
  #burst = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Open sockets. */
  get size(): number {
    return this.#sockets.size;
  }

  /** Tells the app that its socket will never open: without this it would wait, and a drain with it. */
  refuse(id: number): void {
    this.#wire.out.push(OP.SOCKET_CLOSE, id, 1006, "");
    this.#wire.kick();
  }

  /** Joins a socket to the wall. */
  join(id: number, socket: HostSocket, options: JoinOptions): void {
    const bridged: Bridged = {
      socket,
      writeStallMs: options.writeStallMs,
      onClosed: options.onClosed,
      toApp: 0,
      toClient: 0,
      untold: 0,
      isTouched: false,
      bytes: 0,
      early: [],
      earlyClose: null,
      look: null,
      idleMs: 0,
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
      this.settle();
      const { earlyClose } = bridged;
      if (earlyClose !== null) this.#close(id, bridged, earlyClose);
    };
    if (socket.readyState === OPEN) opened();
    else socket.addEventListener("open", opened);
    socket.addEventListener("message", (event: MessageEvent) => this.#fromClient(id, bridged, event.data));
    socket.addEventListener("close", (event: CloseEvent) => {
      const { code, reason } = event;
      const gone: Close = { code: 1006, reason: "", end: "client_gone" };
      // Deno reports 0 when the connection broke off. It breaks off itself when a message meets its own close frame.
      if (code === 0 || code === 1006) return this.#closed(id, bridged, bridged.asked ?? gone);
      this.#closed(id, bridged, { code, reason, end: bridged.asked?.end ?? "done" });
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
    if (bridged.toClient <= MAX_SOCKET_BYTES) return;
    this.#look(id, bridged);
    if (bridged.toClient > MAX_SOCKET_BYTES) this.#close(id, bridged, SLOW_CLIENT);
  }

  #toClient(id: number, bridged: Bridged, data: string | Uint8Array): void {
    bridged.bytes += sizeOf(data);
    bridged.socket.send(typeof data === "string" ? data : bufferOf(data));
    if (bridged.isTouched) return;
    bridged.isTouched = true;
    this.#touched.push(id);
  }

  /** Looks at what clients have taken of a batch, once it has been run. */
  settle(): void {
    if (this.#touched.length === 0) return;
    const touched = this.#touched;
    this.#touched = [];
    for (const id of touched) {
      const bridged = this.#sockets.get(id);
      if (bridged === undefined) continue;
      bridged.isTouched = false;
      this.#look(id, bridged);
    }
  }

  /** SOCKET_CLOSE: id, code, reason. */
  onClose(id: number, code: unknown, reason: unknown): void {
    const bridged = this.#sockets.get(id);
    if (bridged === undefined) return;
    this.#close(id, bridged, {
      code: typeof code === "number" ? code : 1000,
      reason: typeof reason === "string" ? reason : "",
      end: "done",
    });
  }

  /** SOCKET_SENT: id, weight of what the app has dispatched. */
  onDispatched(id: number, bytes: unknown): void {
    const bridged = this.#sockets.get(id);
    if (bridged !== undefined && typeof bytes === "number") bridged.toApp = Math.max(0, bridged.toApp - bytes);
  }

  /**
   * Closes every socket: the isolate is gone.
   * @param planned whether clients should hear that the app goes away rather than that it failed
   */
  closeAll(planned: boolean): void {
    // The two codes that tell a client whether to come back (RFC 6455, 7.4.1).
    const close: Close = planned
      ? { code: 1001, reason: "The app is going away", end: "done" }
      : { code: 1011, reason: "The app ended", end: "isolate_ended" };
    for (const [id, bridged] of [...this.#sockets]) {
      this.#close(id, bridged, close);
      this.#closed(id, bridged, close);
    }
  }

  /** Deno ignores a close of a client's connection whose answer has not gone yet: it has to wait for the opening. */
  #close(id: number, bridged: Bridged, close: Close): void {
    const { socket } = bridged;
    if (id >= 0 && socket.readyState < OPEN) {
      bridged.earlyClose ??= close;
      return;
    }
    if (bridged.asked !== null || socket.readyState > OPEN) return;
    const timer = setTimeout(() => this.#closed(id, bridged, close), CLOSE_ANSWER_MS);
    bridged.asked = { ...close, timer };
    closeSocket(socket, close.code, close.reason);
  }

  #fromClient(id: number, bridged: Bridged, data: string | ArrayBuffer): void {
    // Behind one that was refused nothing may arrive: the app would see a gap.
    if (!this.#sockets.has(id) || bridged.socket.readyState !== OPEN) return;
    bridged.toApp += messageWeight(data);
    if (bridged.toApp > MAX_SOCKET_BYTES) {
      this.#close(id, bridged, SLOW_APP);
      return;
    }
    if (bridged.untold > 0) this.#pushTaken(id, bridged);
    if (typeof data === "string") this.#wire.out.push(OP.SOCKET_MESSAGE, id, data);
    else {
      this.#wire.out.begin(OP.SOCKET_MESSAGE, id);
      this.#wire.pushBytes(new Uint8Array(data), true);
    }
    this.#burst += messageWeight(data);
    this.#wire.hurry();
    if (this.#burst < BURST_BYTES) return;
    // Deno may read many messages in one turn: the app should begin with the first of them meanwhile.
    this.#burst = 0;
    this.#wire.flush();
  }

  /** Finds out what a client has taken, so that bufferedAmount in the app is true. */
  #look(id: number, bridged: Bridged): void {
    const taken = bridged.toClient - bridged.socket.bufferedAmount;
    if (taken > 0) {
      bridged.toClient -= taken;
      bridged.untold += taken;
    }
    if (taken > 0 || bridged.toClient === 0) bridged.idleMs = 0;
    if (bridged.untold >= TELL_BYTES) this.#tell(id, bridged);
    if (bridged.look !== null || bridged.toClient === 0 && bridged.untold === 0) return;
    const ms = bridged.untold > 0 ? TELL_MS : SENT_LOOK_MS;
    bridged.look = setTimeout(() => {
      bridged.look = null;
      if (!this.#sockets.has(id)) return;
      if (bridged.untold > 0) this.#tell(id, bridged);
      else if (bridged.toClient > 0 && (bridged.idleMs += ms) >= bridged.writeStallMs) {
        this.#close(id, bridged, SLOW_CLIENT);
      }
      this.#look(id, bridged);
    }, ms);
  }

  #tell(id: number, bridged: Bridged): void {
    this.#pushTaken(id, bridged);
    this.#wire.kick();
  }

  #pushTaken(id: number, bridged: Bridged): void {
    this.#wire.out.push(OP.SOCKET_SENT, id, bridged.untold);
    bridged.untold = 0;
  }

  #closed(id: number, bridged: Bridged, { code, reason, end }: Close): void {
    if (this.#sockets.get(id) !== bridged) return;
    this.#sockets.delete(id);
    if (bridged.look !== null) clearTimeout(bridged.look);
    if (bridged.asked !== null) clearTimeout(bridged.asked.timer);
    if (bridged.untold > 0) this.#tell(id, bridged);
    this.#wire.out.push(OP.SOCKET_CLOSE, id, code, reason);
    this.#wire.kick();
    bridged.onClosed(bridged.bytes, end);
  }
}

function sizeOf(data: string | ArrayBuffer | Uint8Array): number {
  return typeof data === "string" ? data.length : data.byteLength;
}

/** The bytes' own buffer where they fill it, which nobody else has. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : bytes.slice().buffer;
}

/** Closes with what the socket's class accepts. */
function closeSocket(socket: HostSocket, code: number, reason: string): void {
  if (socket.readyState > OPEN) return;
  if (code === NO_CODE) return socket.close();
  const short = new TextDecoder().decode(new TextEncoder().encode(reason).subarray(0, 123)).replace(/\uFFFD+$/, "");
  try {
    socket.close(code, short);
  } catch (error) {
    if (isStandardCode(code)) throw error;
    socket.close(1000, short);
  }
}
