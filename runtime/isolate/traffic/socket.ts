/** WebSocket inside an isolate: outgoing, taken over from a client, or one end of a WebSocketPair. */
import { bare } from "../../protocol/bare.ts";
import { isClientsCode, isServersCode, NO_CODE } from "../../protocol/close_codes.ts";
import { messageWeight } from "../../protocol/message_weight.ts";
import {
  bytesLength,
  defineProperty,
  encodeText,
  entries,
  max,
  NativeCloseEvent,
  NativeDOMException,
  NativeEvent,
  NativeMessageEvent,
  NativeString,
  NativeTypeError,
  stringify,
  targetDispatch,
  TO_STRING_TAG,
} from "../../protocol/primordials.ts";
import { append, listOf } from "../../protocol/safe_lists.ts";
import type { AppBlob } from "../bodies/blob.ts";
import { defineEventHandler, type EventHandler } from "../../protocol/event_handlers.ts";
import { blobOf, bufferOf, sizeOf, toMessage } from "./socket_message.ts";
import { areProtocols } from "./socket_protocols.ts";
import { parseSocketUrl } from "./socket_url.ts";

/** Where a socket's messages go. */
export interface SocketTransport {
  send(data: string | Uint8Array): void;
  close(code: number, reason: string): void;
  /** The app has dispatched this much of what arrived, by the weights of its messages. */
  dispatched(bytes: number): void;
}

/** Bytes that may wait for the network before the socket gives up; the host holds the same bound. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** Opens an outgoing connection for a new socket; set once the wall stands. */
export type ConnectSocket = (socket: AppSocket, url: string, protocols: readonly string[]) => SocketTransport;

/** Marks construction from inside. */
const INTERNAL = Symbol("internal");

/** What NANO does to sockets and apps must not see. */
export interface SocketInternals {
  setConnect(connect: ConnectSocket): void;
  setPairedType(type: BinaryType): void;
  createUnbound(options: { url: string; paired: boolean }): AppSocket;
  bind(socket: AppSocket, transport: SocketTransport): void;
  handOver(socket: AppSocket, network: SocketTransport): void;
  open(socket: AppSocket, protocol: string): void;
  receive(socket: AppSocket, data: string | Uint8Array<ArrayBuffer>): void;
  sent(socket: AppSocket, bytes: number): void;
  closed(socket: AppSocket, code: number, reason: string): void;
}

/** Set by the class itself, which alone reaches its private members. */
export let socketInternals: SocketInternals;

/** The `WebSocket` of an app. */
export class AppSocket extends EventTarget {
  static readonly CONNECTING = CONNECTING;
  static readonly OPEN = OPEN;
  static readonly CLOSING = CLOSING;
  static readonly CLOSED = CLOSED;
  static #connect: ConnectSocket | null = null;
  static #pairedType: BinaryType = "arraybuffer";
  #transport: SocketTransport | null = null;
  #readyState = CONNECTING;
  #url = "";
  #protocol = "";
  #binaryType: BinaryType = "blob";
  /** Whether it is an end of a WebSocketPair, which has the rules of Workers. */
  #isPaired = false;
  #buffered = 0;
  /** What was sent before there was a transport. */
  #unsent: (string | Uint8Array)[] = [];
  /** The close() that came before there was a transport. */
  #unsentClose: { readonly code: number; readonly reason: string } | null = null;
  /** What arrived before accept(), for an end of a pair; null once it was called. */
  #unaccepted: (() => void)[] | null = null;
  /** Where an end that stands for the client passes its messages on. */
  #forward: SocketTransport | null = null;
  declare onopen: EventHandler;
  declare onmessage: EventHandler;
  declare onclose: EventHandler;
  declare onerror: EventHandler;

  constructor(url: string | URL | typeof INTERNAL, protocols: string | string[] = []) {
    super();
    if (url === INTERNAL) return;
    if (arguments.length === 0) throw new NativeTypeError("Cannot construct a WebSocket: it needs a URL");
    const parsed = parseSocketUrl(url as string | URL);
    const list = typeof protocols === "string" ? [protocols] : listOf(protocols);
    if (!areProtocols(list)) {
      throw new NativeDOMException(`Cannot connect: the subprotocols ${stringify(list)} are invalid`, "SyntaxError");
    }
    this.#url = parsed;
    this.#transport = AppSocket.#connect!(this, parsed, list);
  }

  get url(): string {
    return this.#url;
  }
  get readyState(): number {
    return this.#readyState;
  }
  get protocol(): string {
    return this.#protocol;
  }
  get extensions(): string {
    return "";
  }
  get bufferedAmount(): number {
    return this.#buffered;
  }
  get binaryType(): BinaryType {
    return this.#binaryType;
  }
  set binaryType(type: BinaryType) {
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }

  /** Begins to receive, for an end of a WebSocketPair; elsewhere it does nothing. */
  accept(): void {
    const waiting = this.#unaccepted;
    this.#unaccepted = null;
    if (waiting !== null) { for (let at = 0; at < waiting.length; at++) waiting[at]!(); }
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (arguments.length === 0) throw new NativeTypeError("Cannot send: there is no message");
    const isUnbound = this.#transport === null;
    if (this.#readyState === CONNECTING && !isUnbound) {
      throw new NativeDOMException("Cannot send: the socket is still connecting", "InvalidStateError");
    }
    if (this.#readyState >= CLOSING) {
      // In the words of Workers: rooms find out by it who has left.
      if (this.#isPaired) throw new NativeTypeError("Can't call WebSocket send() after close().");
      return;
    }
    const message = toMessage(data);
    this.#buffered += sizeOf(message);
    if (this.#buffered > MAX_BUFFERED_BYTES) {
      this.close(4013, "Too much is waiting to be sent");
      return;
    }
    if (this.#transport === null) append(this.#unsent, message);
    else this.#transport.send(message);
  }

  close(code?: number, reason = ""): void {
    if (code !== undefined && !(this.#isPaired ? isServersCode(code) : isClientsCode(code))) {
      const allowed = this.#isPaired ? "1000 to 4999 but 1004, 1005, 1006 and 1015" : "1000 and 3000 to 4999";
      throw new NativeDOMException(`Cannot close with code ${code}: ${allowed} are allowed`, "InvalidAccessError");
    }
    const text = NativeString(reason);
    if (bytesLength(encodeText(text)) > 123) {
      throw new NativeDOMException("Cannot close: the reason is longer than 123 bytes", "SyntaxError");
    }
    if (this.#readyState >= CLOSING) return;
    this.#readyState = CLOSING;
    // Without a code no frame has a reason either.
    const sent = code ?? (text === "" ? NO_CODE : 1000);
    if (this.#transport === null) this.#unsentClose = { code: sent, reason: text };
    else this.#transport.close(sent, text);
  }

  #deliver(data: string | Uint8Array<ArrayBuffer>, weight: number): void {
    if (this.#forward !== null) {
      this.#forward.send(data);
      return this.#transport?.dispatched(weight);
    }
    // As the standard has it, nothing is heard of once close() was called.
    if (this.#readyState >= CLOSING) return this.#transport?.dispatched(weight);
    let shown: string | AppBlob | ArrayBuffer;
    try {
      // A message is the socket's alone: its Blob takes the bytes over.
      if (typeof data === "string") shown = data;
      else if (this.#binaryType === "blob") shown = blobOf(data);
      else shown = bufferOf(data);
    } catch {
      // There is no room for it; the app learns of it by the close.
      this.close(4013, "The app holds too much Blob data");
      return this.#transport?.dispatched(weight);
    }
    try {
      targetDispatch(this, new NativeMessageEvent("message", bare({ data: shown })));
    } finally {
      this.#transport?.dispatched(weight);
    }
  }

  static {
    socketInternals = {
      /** Tells where outgoing connections are opened. */
      setConnect(connect: ConnectSocket): void {
        AppSocket.#connect = connect;
      },

      /** How ends of pairs that are made from now on give bytes. */
      setPairedType(type: BinaryType): void {
        AppSocket.#pairedType = type;
      },

      /** A socket that waits for its transport. */
      createUnbound(options: { url: string; paired: boolean }): AppSocket {
        const socket = new AppSocket(INTERNAL);
        socket.#url = options.url;
        if (options.paired) {
          socket.#unaccepted = [];
          socket.#isPaired = true;
          socket.#binaryType = AppSocket.#pairedType;
        }
        return socket;
      },

      /** Gives the socket its transport; what was sent before goes first. */
      bind(socket: AppSocket, transport: SocketTransport): void {
        socket.#transport = transport;
        const unsent = socket.#unsent;
        socket.#unsent = [];
        for (let at = 0; at < unsent.length; at++) transport.send(unsent[at]!);
        const close = socket.#unsentClose;
        if (close !== null) transport.close(close.code, close.reason);
      },

      /**
       * Gives an end of a pair to the network: what was delivered to it and never accepted goes on to the client.
       * Messages are kept as closures for delivery, so the end forwards them from inside.
       */
      handOver(socket: AppSocket, network: SocketTransport): void {
        socket.#forward = network;
        socket.accept();
      },

      /** The connection stands. */
      open(socket: AppSocket, protocol: string): void {
        // An end of a pair is open before it has a network.
        socket.#protocol = protocol;
        if (socket.#readyState !== CONNECTING) return;
        socket.#readyState = OPEN;
        targetDispatch(socket, new NativeEvent("open"));
      },

      /** A message arrived. */
      receive(socket: AppSocket, data: string | Uint8Array<ArrayBuffer>): void {
        const weight = messageWeight(data); // Now: the app may transfer the buffer away.
        if (socket.#unaccepted === null) socket.#deliver(data, weight);
        else append(socket.#unaccepted, () => socket.#deliver(data, weight));
      },

      /** The network has taken this much. */
      sent(socket: AppSocket, bytes: number): void {
        socket.#buffered = max(0, socket.#buffered - bytes);
      },

      /** The connection has ended. */
      closed(socket: AppSocket, code: number, reason: string): void {
        const deliver = () => {
          if (socket.#readyState === CLOSED) return;
          // No frame may carry what stands for a connection that broke off.
          if (socket.#forward !== null) return socket.#forward.close(code === 1006 ? 1011 : code, reason);
          const failed = socket.#readyState === CONNECTING;
          socket.#readyState = CLOSED;
          if (failed || code === 1006) targetDispatch(socket, new NativeEvent("error"));
          targetDispatch(socket, new NativeCloseEvent("close", bare({ code, reason, wasClean: code !== 1006 })));
        };
        if (socket.#unaccepted === null) deliver();
        else append(socket.#unaccepted, deliver);
      },
    };
  }
}

for (const [name, value] of entries({ CONNECTING, OPEN, CLOSING, CLOSED })) {
  defineProperty(AppSocket.prototype, name, { value, enumerable: true });
  // As Workers name them too.
  for (const holder of [AppSocket, AppSocket.prototype]) {
    defineProperty(holder, `READY_STATE_${name}`, { value, enumerable: true });
  }
}
for (const type of ["open", "message", "close", "error"]) defineEventHandler(AppSocket.prototype, type);
defineProperty(AppSocket, "name", { value: "WebSocket", configurable: true });
defineProperty(AppSocket.prototype, TO_STRING_TAG, { value: "WebSocket", configurable: true });
