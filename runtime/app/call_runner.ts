/** The traffic of one isolate from the host's side: requests in, answers out, its own requests and sockets. */
import type { AppCall, HostSocket } from "../app_call.ts";
import { messageOf, NanoError } from "../errors.ts";
import { BODY, EXCEPTION_LEVEL, OP } from "../protocol/messages.ts";
import { leadingTrace } from "../protocol/trace_context.ts";
import { type ByteSource, CutStream, type Wire, WireViolation } from "../protocol/wire.ts";
import { type CallSlot, CallTable } from "./call_table.ts";
import { OutboundBridge, type OutboundDoor } from "./outbound_bridge.ts";
import { SocketBridge } from "./socket_bridge.ts";

/** Told what an isolate does beside answering. */
export interface IsolateObserver {
  /** A call has left the isolate: answered, failed or cut. */
  onCallDone(): void;
  /** A console line. */
  onLog(level: string, text: string): void;
  /** The app failed: its handler, its stream, or code that nobody awaits. */
  onException(text: string): void;
}

/** The app that traffic is run for. */
export interface Traffic {
  readonly app: string;
  readonly maxBodyBytes: number;
  readonly observer: IsolateObserver;
  /** The app's way out; its owner closes it. */
  readonly door: OutboundDoor;
}

/** WebSockets of one isolate at once, both ways. */
const MAX_SOCKETS = 10_000;

/** Runs the traffic of one app over a wire. */
export class CallRunner {
  readonly #wire: Wire;
  readonly #traffic: Traffic;
  readonly #calls = new CallTable();
  readonly #sockets: SocketBridge;
  readonly #outbound: OutboundBridge;
  readonly #onBusy: (isBusy: boolean) => void;
  readonly #drained = Promise.withResolvers<void>();
  #closed = false;

  /** @param onBusy told when the first request enters and when the last one leaves */
  constructor(wire: Wire, traffic: Traffic, onBusy: (isBusy: boolean) => void) {
    this.#wire = wire;
    this.#traffic = traffic;
    this.#onBusy = onBusy;
    this.#sockets = new SocketBridge(wire);
    this.#outbound = new OutboundBridge(wire, traffic.door);
  }

  /** Requests inside. */
  get inFlight(): number {
    return this.#calls.size;
  }

  /** WebSockets, those the app opened itself included. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Hands a request over; the call hears of its answer. */
  send(call: AppCall): void {
    const slot = this.#calls.add(call);
    if (this.#calls.size === 1) this.#onBusy(true);
    const wire = this.#wire;
    const { id } = slot;
    if (call.job !== undefined) {
      wire.out.push(OP.SCHEDULED, id, call.job.cron, call.job.scheduledTime);
      wire.kick();
      return;
    }
    const body = call.takeBody();
    if (
      body !== null && typeof body === "object" && "byteLength" in body && body.byteLength > this.#traffic.maxBodyBytes
    ) {
      this.#finish(slot, () => call.fail(bodyTooLarge(this.#traffic.maxBodyBytes)));
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
      wire.send(id, limited(body.getReader(), this.#traffic.maxBodyBytes), {
        owned: true,
        onEnd: (end, error) => {
          slot.sending = false;
          if (error instanceof NanoError) this.#refuse(slot, error);
          // Deno.serve aborts no signal while an upload is under way; that its body broke off tells the same.
          else if (end === "failed") this.#refuse(slot, new NanoError("BAD_REQUEST", BROKEN_OFF, { cause: error }));
        },
      });
    }
    wire.kick();
  }

  /** Answers every request that has waited longer than this for its head, and tells the app to stop working on it. */
  expire(nowMs: number, timeoutMs: number): void {
    const before = nowMs - timeoutMs;
    for (const slot of this.#calls.all()) {
      // Nobody waits for a job, so none is late.
      if (slot.answered || slot.call.job !== undefined || slot.call.startedAt > before) continue;
      const text = `Cannot wait longer for app "${this.#traffic.app}": no response head within ${timeoutMs} ms`;
      this.#refuse(slot, new NanoError("REQUEST_TIMEOUT", text));
    }
  }

  /** Settles once nothing is pending inside, waitUntil included; the caller sends nothing more. */
  drained(): Promise<void> {
    this.#wire.out.push(OP.DRAIN);
    this.#wire.kick();
    return this.#drained.promise;
  }

  /**
   * Ends all traffic: the isolate is gone.
   * @param planned whether clients of WebSockets should hear that the app goes away rather than that it failed
   */
  close(error: NanoError, planned: boolean): void {
    // Nobody may hand over what waits elsewhere while the requests inside are told: it would wait here for ever.
    this.#closed = true;
    for (const slot of this.#calls.all()) {
      // An answer whose head has gone can only be cut: its stream fails when the wire closes.
      if (!slot.answered) this.#finish(slot, () => slot.call.fail(error));
    }
    // The two codes that tell a client whether to come back (RFC 6455, 7.4.1).
    this.#sockets.closeAll(planned ? 1001 : 1011, planned ? "The app is going away" : "The app ended");
    this.#outbound.close();
    this.#wire.close(new CutStream(error.message, { cause: error }));
    this.#drained.resolve();
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
    if (this.#calls.size === 0) this.#onBusy(false);
    tell();
    if (!this.#closed) this.#traffic.observer.onCallDone();
  }

  /** Runs one batch. @throws {WireViolation} when the isolate breaks the protocol */
  receive(batch: readonly unknown[]): void {
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
          this.#onLog(text(batch[at + 1]), text(batch[at + 2]));
          at += 3;
          break;
        case OP.DRAINED:
          this.#drained.resolve();
          at += 1;
          break;
        case OP.FETCH:
        case OP.FETCH_ASSET:
          this.#outbound.onFetch(batch, at);
          at += 8;
          break;
        case OP.FETCH_ABORT:
          this.#outbound.onAbort(id);
          at += 2;
          break;
        case OP.UPGRADE:
          this.#onUpgrade(id, text(batch[at + 2]));
          at += 3;
          break;
        case OP.SOCKET_CONNECT:
          this.#onConnect(id, {
            url: text(batch[at + 2]),
            protocols: text(batch[at + 3]),
            headers: text(batch[at + 4]),
          });
          at += 5;
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
    if (slot?.answered) return;
    if (slot === undefined) return this.#refuseSocket(id);
    let socket: HostSocket;
    try {
      socket = slot.call.upgrade(headers);
    } catch (error) {
      const text = `Cannot upgrade the connection of app "${this.#traffic.app}": ${messageOf(error)}`;
      this.#traffic.observer.onException(text);
      this.#refuseSocket(id);
      this.#finish(slot, () => slot.call.fail(new NanoError("APP_BAD_RESPONSE", text, { cause: error })));
      return;
    }
    slot.answered = true;
    this.#sockets.join(id, socket, (bytes) => this.#finish(slot, () => slot.call.finish(bytes, false)));
  }

  /** Ids of outgoing sockets are far below those of outgoing requests, so none can meet a client's. */
  #onConnect(id: number, { url, protocols, headers }: { url: string; protocols: string; headers: string }): void {
    if (!Number.isInteger(id) || id >= 0) throw new WireViolation("an outgoing socket without an id");
    try {
      if (this.#sockets.size >= MAX_SOCKETS) {
        throw new TypeError(`Cannot connect: ${MAX_SOCKETS} sockets are open already`);
      }
      const names = protocols === "" ? [] : protocols.split(",");
      const socket = this.#traffic.door.connect(url, names, { trace: leadingTrace(headers) });
      this.#sockets.join(id, socket, () => {});
    } catch (error) {
      this.#traffic.observer.onLog("warn", messageOf(error));
      this.#refuseSocket(id);
    }
  }

  /** Tells the app that its socket will never open: without this it would wait, and a drain with it. */
  #refuseSocket(id: number): void {
    this.#wire.out.push(OP.SOCKET_CLOSE, id, 1006, "");
    this.#wire.kick();
  }

  #onLog(level: string, text: string): void {
    if (level === EXCEPTION_LEVEL) this.#traffic.observer.onException(text);
    else this.#traffic.observer.onLog(level, text);
  }

  #onStreamError(id: number, message: string): void {
    const slot = this.#calls.get(id);
    if (slot !== undefined) {
      this.#traffic.observer.onException(`Response stream of ${slot.call.method} failed: ${message}`);
    }
    this.#wire.onError(id, message);
  }

  #onFail(batch: readonly unknown[], at: number): void {
    const [id, code, name, message, stack] = batch.slice(at + 1, at + 6);
    const slot = this.#calls.get(id);
    const shown = text(stack) === "" ? `${text(name)}: ${text(message)}` : text(stack);
    this.#traffic.observer.onException(shown);
    if (slot === undefined || slot.answered) return;
    const bad = code === "APP_BAD_RESPONSE";
    const error = new NanoError(
      bad ? "APP_BAD_RESPONSE" : "APP_EXCEPTION",
      bad ? text(message) : `Cannot answer from app "${this.#traffic.app}": its handler threw ${text(name)}`,
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

/** Longest text taken from an isolate: its own code sends less, and the host's log must not be filled by forgery. */
const MAX_TEXT_CHARS = 32 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function text(value: unknown): string {
  if (typeof value !== "string") return "";
  if (value.length <= MAX_TEXT_CHARS) return value;
  // A slice would keep the whole string alive for as long as a log buffer keeps the line.
  return decoder.decode(encoder.encode(value.slice(0, MAX_TEXT_CHARS)));
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

const BROKEN_OFF = "Cannot read the request body: it broke off or is malformed";

function bodyTooLarge(maxBytes: number): NanoError {
  return new NanoError("BODY_TOO_LARGE", `Cannot accept a request body of more than ${maxBytes} bytes`);
}
