/** A WebSocket whose class is being loaded: it is connecting meanwhile, as it would be for the network. */
import type { HostSocket } from "../terms/app_call.ts";

const CONNECTING = 0;
const CLOSED = 3;
/** Nobody has closed the connection: there was none (RFC 6455, 7.1.5). */
const NEVER_OPEN = 1006;

/** Stands for a socket that will be there soon, and is nothing but that one from then on. */
export class LateSocket implements HostSocket {
  #socket: HostSocket | null = null;
  /** Of the socket that will never be there. */
  readonly #own = new EventTarget();
  #isClosed = false;
  #binaryType: BinaryType = "blob";
  readonly #listeners: [type: string, listener: (event: never) => void][] = [];

  /** @param open loads what it takes, and says how to connect; not called any more after `close` */
  constructor(open: Promise<() => HostSocket>) {
    open.then((connect) => this.#begin(connect)).catch(() => this.#fail());
  }

  get readyState(): number {
    return this.#socket?.readyState ?? (this.#isClosed ? CLOSED : CONNECTING);
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  get protocol(): string {
    return this.#socket?.protocol ?? "";
  }

  get binaryType(): BinaryType {
    return this.#socket?.binaryType ?? this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    this.#binaryType = type;
    if (this.#socket !== null) this.#socket.binaryType = type;
  }

  /** @throws {DOMException} InvalidStateError while it is connecting */
  send(data: string | ArrayBuffer): void {
    if (this.#socket === null) throw new DOMException("The WebSocket is not open", "InvalidStateError");
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    if (this.#socket === null) this.#fail();
    else this.#socket.close(code, reason);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    if (this.#socket !== null) return this.#socket.addEventListener(type, listener);
    this.#listeners.push([type, listener]);
    this.#own.addEventListener(type, listener as unknown as EventListener);
  }

  #begin(connect: () => HostSocket): void {
    if (this.#isClosed) return;
    const socket = connect();
    socket.binaryType = this.#binaryType;
    for (const [type, listener] of this.#listeners.splice(0)) socket.addEventListener(type, listener);
    this.#socket = socket;
  }

  /** As a connection that fails: its listeners hear of it later, never within the call. */
  #fail(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    queueMicrotask(() => {
      this.#own.dispatchEvent(new Event("error"));
      this.#own.dispatchEvent(new CloseEvent("close", { code: NEVER_OPEN }));
    });
  }
}
