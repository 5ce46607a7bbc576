/** One isolate from the host's side: boots, becomes an app, answers calls, drains, ends with a named reason. */
import type { AppCall, HostSocket } from "../app_call.ts";
import type { Clock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import { BODY, type BootedMessage, type LoadAnswer, type LoadMessage, OP } from "../protocol/messages.ts";
import { type ByteSource, CutStream, Wire, WireViolation } from "../protocol/wire.ts";
import { type CallSlot, CallTable } from "./call_table.ts";
import { exitError, type IsolateExit } from "./exit_errors.ts";
import { OutboundBridge, type OutboundDoor } from "./outbound_bridge.ts";
import { SocketBridge } from "./socket_bridge.ts";
import type { WardenLink } from "./warden_link.ts";

/** What an isolate needs to become an app. */
export interface IsolateLoad extends LoadMessage {
  readonly cpuMs: number;
  readonly maxBodyBytes: number;
}

/** Told what an isolate does beside answering. */
export interface IsolateObserver {
  /** A call has left the isolate: answered, failed or cut. */
  onCallDone(): void;
  onLog(level: string, text: string): void;
}

const NO_OBSERVER: IsolateObserver = { onCallDone() {}, onLog() {} };

/** A worker isolate. */
export class IsolateWorker {
  /** Settles once the isolate has closed its doors and waits for an app; rejects if it ends before. */
  readonly booted: Promise<void>;
  /** Settles once, when the isolate has ended. */
  readonly ended: Promise<IsolateExit>;
  /** Thread id under which its end can be verified, 0 until the warden tells. */
  threadId = 0;
  heapBytes = 0;
  externalBytes = 0;
  cpuMicros = 0;
  readonly #warden: WardenLink;
  readonly #clock: Clock;
  readonly #port: MessagePort;
  readonly #wire: Wire;
  readonly #calls = new CallTable();
  readonly #sockets: SocketBridge;
  #outbound: OutboundBridge | null = null;
  #door: OutboundDoor | null = null;
  readonly #number: number;
  readonly #booted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<IsolateExit>();
  readonly #loaded = Promise.withResolvers<void>();
  readonly #drained = Promise.withResolvers<void>();
  #observer: IsolateObserver = NO_OBSERVER;
  #app = "";
  #maxBodyBytes = 0;
  #exit: IsolateExit | null = null;
  /** Why the host asked for the end, if it did. */
  #asked: IsolateExit | null = null;

  constructor(warden: WardenLink, memoryMb: number, clock: Clock) {
    this.#warden = warden;
    this.#clock = clock;
    this.booted = this.#booted.promise;
    this.ended = this.#ended.promise;
    // Nobody may be waiting when it fails; those who wait still see the failure.
    this.booted.catch(() => {});
    this.#loaded.promise.catch(() => {});
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#wire = new Wire(
      port1 as { postMessage(message: unknown, transfer: Transferable[] | null): void },
      flushLater,
    );
    this.#sockets = new SocketBridge(this.#wire);
    port1.onmessage = (event) => this.#receive(event.data);
    this.#number = warden.spawn(memoryMb, port2, {
      onSpawned: (threadId) => this.threadId = threadId,
      onFigures: (heapBytes, externalBytes, cpuMicros) => {
        this.heapBytes = heapBytes;
        this.externalBytes = externalBytes;
        this.cpuMicros = cpuMicros;
      },
      onExit: (exit) => {
        this.cpuMicros = exit.cpuMicros;
        this.#end(exit.reason === "terminated" && this.#asked !== null ? this.#asked : exit);
      },
    });
  }

  /** Requests inside. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /**
   * Makes this isolate an app.
   * @param door the app's way out; its owner closes it
   * @throws {NanoError} APP_FAILED when the app's code does not load
   */
  async load(load: IsolateLoad, observer: IsolateObserver, door: OutboundDoor): Promise<void> {
    const { cpuMs, maxBodyBytes, ...message } = load;
    this.#app = load.app;
    this.#maxBodyBytes = maxBodyBytes;
    this.#observer = observer;
    this.#door = door;
    this.#outbound = new OutboundBridge(this.#wire, door);
    this.#warden.limit(this.#number, cpuMs, load.externalBytes);
    this.#port.postMessage(message);
    await this.#loaded.promise;
  }

  /** Hands a request over; the call hears of its answer. */
  send(call: AppCall): void {
    if (this.#exit !== null) {
      call.fail(exitError(this.#app, this.#exit));
      return;
    }
    const slot = this.#calls.add(call);
    if (this.#calls.size === 1) this.#warden.countInFlight(this.#number, 1);
    const wire = this.#wire;
    const { id } = slot;
    const body = call.takeBody();
    if (body !== null && typeof body === "object" && "byteLength" in body && body.byteLength > this.#maxBodyBytes) {
      this.#finish(slot, () => call.fail(bodyTooLarge(this.#maxBodyBytes)));
      return;
    }
    wire.out.push(OP.REQUEST, id, call.method, call.url, call.headers, call.remote);
    if (body === null) wire.out.push(BODY.NONE, null);
    else if (typeof body === "string") wire.out.push(BODY.WHOLE, body);
    else if (body instanceof Uint8Array) {
      wire.out.push(BODY.WHOLE);
      wire.pushBytes(body, true);
    } else {
      wire.out.push(BODY.STREAM, null);
      slot.sending = true;
      wire.send(id, limited(body.getReader(), this.#maxBodyBytes), {
        owned: true,
        onEnd: (_end, error) => {
          slot.sending = false;
          if (error instanceof NanoError) this.#refuse(slot, error);
        },
      });
    }
    wire.kick();
  }

  /** Answers every request that has waited longer than this for its head, and tells the app to stop working on it. */
  expire(timeoutMs: number): void {
    const before = this.#clock.now() - timeoutMs;
    for (const slot of this.#calls.all()) {
      if (slot.answered || slot.call.startedAt > before) continue;
      const text = `Cannot wait longer for app "${this.#app}": no response head within ${timeoutMs} ms`;
      this.#refuse(slot, new NanoError("REQUEST_TIMEOUT", text));
    }
  }

  /** Settles once nothing is pending inside, waitUntil included; the caller sends nothing more. */
  drained(): Promise<void> {
    this.#wire.out.push(OP.DRAIN);
    this.#wire.kick();
    return this.#drained.promise;
  }

  /** Ends the isolate; requests inside get the reason's answer. */
  kill(exit: IsolateExit): void {
    if (this.#exit !== null) return;
    this.#asked = exit;
    this.#warden.kill(this.#number);
    this.#end(exit);
  }

  #end(exit: IsolateExit): void {
    if (this.#exit !== null) return;
    this.#exit = exit;
    // Nobody may hand over what waits elsewhere while the requests inside are told: it would wait here for ever.
    this.#observer = NO_OBSERVER;
    const error = exitError(this.#app, exit);
    for (const slot of this.#calls.all()) {
      // An answer whose head has gone can only be cut: its stream fails when the wire closes.
      if (!slot.answered) this.#finish(slot, () => slot.call.fail(error));
    }
    // Going away as planned, or not: the two codes that tell a client whether to come back (RFC 6455, 7.4.1).
    const planned = exit.reason === "drained" || exit.reason === "drain_timeout" || exit.reason === "parked";
    this.#sockets.closeAll(planned ? 1001 : 1011, planned ? "The app is going away" : "The app ended");
    this.#outbound?.close();
    this.#wire.close(new CutStream(error.message, { cause: error }));
    this.#port.close();
    this.#warden.countInFlight(this.#number, 0);
    this.#booted.reject(error);
    this.#loaded.reject(error);
    this.#drained.resolve();
    this.#ended.resolve(exit);
  }

  /** Gives a request the host's answer and makes the app drop it. */
  #refuse(slot: CallSlot, error: NanoError): void {
    const { id } = slot;
    this.#wire.out.push(OP.ABORT, id);
    this.#wire.kick();
    if (slot.answered) {
      this.#wire.cancelReceiving(id, error.message);
      return;
    }
    this.#finish(slot, () => slot.call.fail(error));
  }

  /** Lets a request go and tells its end. */
  #finish(slot: CallSlot, tell: () => void): void {
    if (!this.#calls.delete(slot)) return;
    // As with Deno.serve and Workers, a request's body ends with its answer.
    if (slot.sending) this.#wire.stopSending(slot.id, "The response is complete");
    if (this.#calls.size === 0) this.#warden.countInFlight(this.#number, 0);
    tell();
    this.#observer.onCallDone();
  }

  #receive(message: unknown): void {
    if (this.#exit !== null) return;
    try {
      if (Array.isArray(message)) this.#receiveBatch(message);
      else this.#receiveWord(message as BootedMessage | LoadAnswer);
    } catch (error) {
      // Whatever an isolate sends, only the isolate suffers.
      const detail = `it broke the wall's protocol: ${messageOf(error)}`;
      this.kill({ reason: "terminated", detail });
    }
  }

  #receiveWord(message: BootedMessage | LoadAnswer): void {
    switch (message?.type) {
      case "booted":
        this.#booted.resolve();
        break;
      case "loaded":
        this.#loaded.resolve();
        break;
      case "load_failed": {
        const stack = text(message.stack);
        const text_ = stack === "" ? `${text(message.name)}: ${text(message.message)}` : stack;
        this.#loaded.reject(
          new NanoError("APP_FAILED", `Cannot start app "${this.#app}": ${text(message.message)}`, {
            details: [text_],
          }),
        );
        break;
      }
      default:
        throw new WireViolation("an unknown message");
    }
  }

  #receiveBatch(batch: readonly unknown[]): void {
    const wire = this.#wire;
    for (let at = 0; at < batch.length;) {
      const id = batch[at + 1] as number;
      switch (batch[at]) {
        case OP.RESPONSE:
          this.#onResponse(batch, at);
          at += 7;
          break;
        case OP.DATA:
          wire.onData(id, batch[at + 2]);
          at += 3;
          break;
        case OP.END:
          wire.onEnd(id);
          at += 2;
          break;
        case OP.ERROR:
          this.#onStreamError(id, text(batch[at + 2]));
          at += 3;
          break;
        case OP.CREDIT:
          wire.onCredit(id, batch[at + 2]);
          at += 3;
          break;
        case OP.CANCEL:
          wire.onCancel(id, text(batch[at + 2]));
          at += 3;
          break;
        case OP.ARM:
          this.#onArm(id);
          at += 2;
          break;
        case OP.FAIL:
          this.#onFail(batch, at);
          at += 6;
          break;
        case OP.LOG:
          this.#observer.onLog(text(batch[at + 1]), text(batch[at + 2]));
          at += 3;
          break;
        case OP.DRAINED:
          this.#drained.resolve();
          at += 1;
          break;
        case OP.FETCH:
          this.#outbound?.onFetch(batch, at);
          at += 8;
          break;
        case OP.FETCH_ABORT:
          this.#outbound?.onAbort(id);
          at += 2;
          break;
        case OP.UPGRADE:
          this.#onUpgrade(id, text(batch[at + 2]));
          at += 3;
          break;
        case OP.SOCKET_CONNECT:
          this.#onConnect(id, text(batch[at + 2]), text(batch[at + 3]));
          at += 4;
          break;
        case OP.SOCKET_MESSAGE:
          this.#sockets.onMessage(id, batch[at + 2]);
          at += 3;
          break;
        case OP.SOCKET_CLOSE:
          this.#sockets.onClose(id, batch[at + 2], batch[at + 3]);
          at += 4;
          break;
        case OP.SOCKET_SENT:
          this.#sockets.onDispatched(id, batch[at + 2]);
          at += 3;
          break;
        default:
          throw new WireViolation("an unknown operation");
      }
    }
  }

  #onResponse(batch: readonly unknown[], at: number): void {
    const id = batch[at + 1];
    const status = batch[at + 2];
    const headers = batch[at + 4];
    const body = batch[at + 6];
    if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599) {
      throw new WireViolation("a response without a status");
    }
    if (typeof headers !== "string") throw new WireViolation("a response without headers");
    const slot = this.#calls.get(id);
    if (batch[at + 5] !== BODY.STREAM) {
      if (body !== null && typeof body !== "string" && !(body instanceof Uint8Array)) {
        throw new WireViolation("a response without its body");
      }
      if (slot === undefined || slot.answered) return;
      this.#finish(slot, () => slot.call.respond(status as number, headers, body));
      return;
    }
    if (slot === undefined) {
      // The host gave up on this request meanwhile: its stream must not wait for credit for ever.
      this.#wire.out.push(OP.CANCEL, id, "The request is over");
      this.#wire.kick();
      return;
    }
    if (slot.answered) throw new WireViolation("two responses to one request");
    const receiving = this.#wire.openReceiver(slot.id, (end, bytes) => {
      this.#finish(slot, () => slot.call.finish(bytes, end !== "done"));
    });
    slot.call.respond(status as number, headers, this.#wire.readableOf(receiving, { byob: false }));
    // Only now: an answer that the front door cannot take is no answer, and the end of this isolate gives another.
    slot.answered = true;
  }

  #onUpgrade(id: number, headers: string): void {
    const slot = this.#calls.get(id);
    if (slot === undefined || slot.answered) return;
    let socket: HostSocket;
    try {
      socket = slot.call.upgrade(headers);
    } catch (error) {
      const text = `Cannot upgrade the connection of app "${this.#app}": ${messageOf(error)}`;
      this.#finish(slot, () => slot.call.fail(new NanoError("APP_BAD_RESPONSE", text, { cause: error })));
      return;
    }
    slot.answered = true;
    this.#sockets.join(id, socket, (bytes) => this.#finish(slot, () => slot.call.finish(bytes, false)));
  }

  /** Ids of outgoing sockets are far below those of outgoing requests, so none can meet a client's. */
  #onConnect(id: number, url: string, protocols: string): void {
    if (!Number.isInteger(id) || id >= 0) throw new WireViolation("an outgoing socket without an id");
    try {
      this.#sockets.join(id, this.#door!.connect(url, protocols === "" ? [] : protocols.split(",")), () => {});
    } catch (error) {
      this.#observer.onLog("warn", messageOf(error));
      this.#wire.out.push(OP.SOCKET_CLOSE, id, 1006, "");
      this.#wire.kick();
    }
  }

  #onStreamError(id: number, message: string): void {
    const slot = this.#calls.get(id);
    if (slot !== undefined) this.#observer.onLog("error", `Response stream of ${slot.call.method} failed: ${message}`);
    this.#wire.onError(id, message);
  }

  #onFail(batch: readonly unknown[], at: number): void {
    const [id, code, name, message, stack] = batch.slice(at + 1, at + 6);
    const slot = this.#calls.get(id);
    const shown = text(stack) === "" ? `${text(name)}: ${text(message)}` : text(stack);
    this.#observer.onLog("error", shown);
    if (slot === undefined || slot.answered) return;
    const bad = code === "APP_BAD_RESPONSE";
    const error = new NanoError(
      bad ? "APP_BAD_RESPONSE" : "APP_EXCEPTION",
      bad ? text(message) : `Cannot answer from app "${this.#app}": its handler threw ${text(name)}`,
      { details: [shown] },
    );
    this.#finish(slot, () => slot.call.fail(error));
  }

  #onArm(id: number): void {
    const slot = this.#calls.get(id);
    slot?.call.onClientGone(() => {
      if (this.#calls.get(id) !== slot) return;
      this.#wire.out.push(OP.ABORT, id);
      this.#wire.kick();
      if (!slot.answered) {
        this.#finish(slot, () => slot.call.fail(new NanoError("BAD_REQUEST", "The client closed the connection")));
      }
    });
  }
}

function flushLater(flush: () => void): void {
  setImmediate(flush);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A source that fails once it has given more than it may. */
function limited(reader: ReadableStreamDefaultReader<Uint8Array>, maxBytes: number): ByteSource {
  let total = 0;
  return {
    async read() {
      const result = await reader.read();
      total += result.value?.byteLength ?? 0;
      if (total > maxBytes) throw bodyTooLarge(maxBytes);
      return result;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function bodyTooLarge(maxBytes: number): NanoError {
  return new NanoError("BODY_TOO_LARGE", `Cannot accept a request body of more than ${maxBytes} bytes`);
}
