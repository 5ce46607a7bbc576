/**
 * `node:dgram` of apps: a socket can be made, as clients of metrics and logs do where they are loaded; what would send
 * or hear datagrams fails then, as it does where a system forbids it.
 */
import { EventEmitter } from "node:events";
import process from "node:process";
import { refusal } from "./past_isolate.ts";

type Heard = (...given: unknown[]) => void;

let hasWarned = false;

export class Socket extends EventEmitter {
  readonly type: string;
  #isClosed = false;

  constructor(type: unknown, listener?: unknown) {
    super();
    const kind = typeof type === "object" && type !== null ? (type as { type?: unknown }).type : type;
    if (kind !== "udp4" && kind !== "udp6") {
      throw coded("ERR_SOCKET_BAD_TYPE", "Bad socket type specified. Valid types are: udp4, udp6", TypeError);
    }
    this.type = kind;
    if (typeof listener === "function") this.on("message", listener as Heard);
  }

  bind(): this {
    this.#fail("bind", []);
    return this;
  }

  connect(...given: readonly unknown[]): void {
    this.#fail("connect", given);
  }

  send(...given: readonly unknown[]): void {
    if (this.#isClosed) throw coded("ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
    this.#fail("send", given);
  }

  sendto(...given: readonly unknown[]): void {
    this.send(...given);
  }

  close(heard?: unknown): this {
    if (this.#isClosed) throw coded("ERR_SOCKET_DGRAM_NOT_RUNNING", "Not running");
    this.#isClosed = true;
    if (typeof heard === "function") this.once("close", heard as Heard);
    process.nextTick(() => this.emit("close"));
    return this;
  }

  /** Whoever calls hears of it, or whoever listens; nobody else would: clients of metrics do neither. */
  #fail(call: string, given: readonly unknown[]): void {
    const error = Object.assign(refusal("dgram", `Socket.${call}`), { code: "EPERM", errno: -1, syscall: call });
    const heard = given.findLast((one) => typeof one === "function") as Heard | undefined;
    process.nextTick(() => {
      if (heard !== undefined) return heard(error);
      if (this.listenerCount("error") > 0) return this.emit("error", error);
      if (!hasWarned) console.warn(error.message);
      hasWarned = true;
    });
  }

  address(): never {
    throw coded("EBADF", "getsockname EBADF");
  }
  remoteAddress(): never {
    throw coded("ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
  }
  disconnect(): never {
    throw coded("ERR_SOCKET_DGRAM_NOT_CONNECTED", "Not connected");
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  getSendQueueSize(): number {
    return 0;
  }
  getSendQueueCount(): number {
    return 0;
  }
  getRecvBufferSize(): number {
    return 0;
  }
  getSendBufferSize(): number {
    return 0;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) await new Promise<void>((resolve) => void this.close(resolve));
  }
}

/** Settings of what sends nothing. */
const SETTERS = "addMembership addSourceSpecificMembership dropMembership dropSourceSpecificMembership setBroadcast " +
  "setMulticastInterface setMulticastLoopback setMulticastTTL setRecvBufferSize setSendBufferSize setTTL";
for (const name of SETTERS.split(" ")) {
  Object.defineProperty(Socket.prototype, name, { value: () => {}, writable: true, configurable: true });
}

function coded(code: string, message: string, Kind: new (message: string) => Error = Error): Error {
  return Object.assign(new Kind(message), { code });
}

export function createSocket(type: unknown, listener?: unknown): Socket {
  return new Socket(type, listener);
}

export default { Socket, createSocket };
