/** The traffic of one isolate from the host's side: requests in, answers out, its own requests and sockets. */
import { BindingBridge } from "./binding_bridge.ts";
import type { AppCall, HostSocket } from "../terms/app_call.ts";
import { NanoError } from "../errors.ts";
import { EXCEPTION_LEVEL } from "../protocol/messages.ts";
import { type Handlers, type HandlerTable, handlerTable } from "../protocol/batch.ts";
import { OP, type SentBy } from "../protocol/operations.ts";
import { streamHandlers } from "../protocol/stream_operations.ts";
import { CutStream, type StreamEnd, WINDOW_BYTES, type Wire, WireViolation } from "../protocol/wire.ts";
import { endOfCode, type RequestEnd } from "../terms/request_end.ts";
import { Answer, dropAnswer, openAnswer, promisedBytes, type TakenResponse, takenResponse } from "./answer.ts";
import { type CallSlot, CallTable } from "./call_table.ts";
import { lookAtCall } from "./call_watch.ts";
import { handlerFailure } from "./handler_failure.ts";
import { Inbox } from "./inbox.ts";
import { OutboundBridge } from "./outbound_bridge.ts";
import { SocketBridge } from "./socket_bridge.ts";
import { OutgoingSockets } from "./outgoing_sockets.ts";
import { pushCall } from "./push_call.ts";
import { RelayedStreams } from "./relayed_streams.ts";
import { takeOver } from "./socket_opening.ts";
import { TcpBridge } from "./tcp_bridge.ts";
import { WindowRoom } from "./window_room.ts";
import { textFrom } from "./text_from.ts";
import type { Traffic, TrafficOwner } from "./traffic.ts";
import { bodyBroken, bodyTooLarge, Upload } from "./upload.ts";
import { UploadRoom } from "./upload_room.ts";

/** Runs the traffic of one app over a wire. */
export class CallRunner {
  readonly #wire: Wire;
  readonly #traffic: Traffic;
  readonly #calls = new CallTable();
  readonly #uploads: UploadRoom;
  readonly #relayed: RelayedStreams;
  readonly #sockets: SocketBridge;
  readonly #outbound: OutboundBridge;
  readonly #bindings: BindingBridge;
  readonly #tcp: TcpBridge;
  readonly #onBusy: (isBusy: boolean) => void;
  readonly #inbox: Inbox;
  readonly #drained = Promise.withResolvers<void>();
  #closed = false;

  constructor(wire: Wire, traffic: Traffic, { onBusy, onError }: TrafficOwner) {
    this.#wire = wire;
    this.#traffic = traffic;
    this.#onBusy = onBusy;
    const { clock, outbound } = traffic;
    this.#uploads = new UploadRoom(new WindowRoom(traffic.externalBytes));
    const room = new WindowRoom(traffic.externalBytes);
    this.#relayed = new RelayedStreams(wire);
    this.#sockets = new SocketBridge(wire);
    this.#outbound = new OutboundBridge(wire, outbound, { room });
    this.#bindings = new BindingBridge(wire, outbound.bindings ?? [], { clock, room, relayed: this.#relayed });
    this.#tcp = new TcpBridge(wire, outbound.dial && ((target, signal) => outbound.dial!(target, signal)));
    const onPause = () => this.#sockets.settle();
    this.#inbox = new Inbox(wire, this.#handlersOf(wire), { clock, onPause, onError });
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
    const body = call.job === undefined ? this.#uploads.admit(slot, call.takeBody()) : null;
    if (body instanceof Uint8Array && body.length > this.#traffic.maxBodyBytes) {
      this.#finish(slot, () => call.fail(bodyTooLarge(this.#traffic.maxBodyBytes)));
      return;
    }
    // One that fits into the window is there before it could be asked for.
    const isAsked = (call.declaredBytes ?? 0) > WINDOW_BYTES;
    pushCall(this.#wire, slot, body, isAsked);
    if (body instanceof ReadableStream) {
      const isClients = call.entry === undefined;
      const { declaredBytes } = call;
      slot.upload = new Upload(body, { maxBytes: this.#traffic.maxBodyBytes, declaredBytes, isClients });
      this.#wire.sending.open(slot.id, slot.upload, {
        owned: true,
        windowBytes: slot.roomBytes,
        isAsked,
        onEnd: (end, error) => this.#onUploadEnd(slot, end, error),
      });
    }
    this.#wire.hurry();
  }

  /**
   * Looks at every request inside; called several times a second. Answers those that have waited longer than this for
   * their head, gives up clients that are too slow, and tells the app to stop working on them.
   */
  expire(nowMs: number, timeoutMs: number): void {
    for (const slot of this.#calls.all()) {
      const finding = lookAtCall(slot, { app: this.#traffic.app, nowMs, timeoutMs });
      if (finding === null) continue;
      if (finding === "unwatched") this.#arm(slot);
      else if (finding === "stalled") {
        slot.cut = "timed_out";
        this.#wire.receiving.cut(slot.answer!.receiving, "The client takes nothing of the answer");
      } else this.#refuse(slot, finding);
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
    this.#inbox.close();
    for (const slot of this.#calls.all()) {
      // An answer whose head has gone can only be cut: its stream fails when the wire closes.
      if (!slot.answered) this.#finish(slot, () => slot.call.fail(error, "isolate_ended"));
    }
    this.#sockets.closeAll(planned);
    this.#outbound.close();
    this.#bindings.close();
    this.#tcp.closeAll();
    this.#wire.close(new CutStream(error.message, { cause: error }));
    this.#drained.resolve();
  }

  /** Gives a request the host's answer and makes the app drop it; an answer under way is cut. */
  #refuse(slot: CallSlot, error: NanoError, end: RequestEnd = endOfCode(error.code)): void {
    const { id, answer } = slot;
    this.#wire.out.push(OP.ABORT, id);
    this.#wire.kick();
    if (!slot.answered) this.#finish(slot, () => slot.call.fail(error, end));
    else if (answer !== null) {
      // What comes behind a head is the client's fault, as is a body that is too long or malformed.
      slot.cut = end === "done" ? "client_gone" : end;
      this.#wire.receiving.cut(answer.receiving, error.message);
    }
  }

  #onUploadEnd(slot: CallSlot, end: StreamEnd, cause: unknown): void {
    slot.upload = null;
    if (cause instanceof NanoError) return this.#refuse(slot, cause);
    if (end !== "failed") return;
    // Deno.serve aborts no signal while an upload is under way; that its body broke off tells the same. A client that is
    // still there, and has sent what is no body, gets a whole answer.
    this.#refuse(slot, bodyBroken(cause), cause instanceof Deno.errors.BadResource ? "client_gone" : "done");
  }

  /** Lets a request go and tells its end. */
  #finish(slot: CallSlot, tell: () => void): void {
    if (!this.#calls.delete(slot)) return;
    this.#uploads.release(slot);
    // As with Deno.serve and Workers, a request's body ends with its answer.
    if (slot.upload !== null) this.#relayed.stop(slot.id, "The response is complete");
    if (this.#calls.size === 0) this.#onBusy(false);
    tell();
    if (!this.#closed) this.#traffic.observer.onCallDone();
  }

  /** Takes one batch. @throws {WireViolation} when the isolate breaks the protocol */
  receive(batch: readonly unknown[]): void {
    this.#inbox.take(batch);
  }

  /** What an isolate sends may be of any type and length: texts are bounded here, the rest where it is used. */
  #handlersOf(wire: Wire): HandlerTable {
    const bindings = this.#bindings;
    const sockets = this.#sockets;
    const outgoing = new OutgoingSockets(sockets, this.#traffic);
    const tcp = this.#tcp;
    const handlers: Handlers<SentBy<"isolate">> = {
      ...streamHandlers(wire, { text: textFrom, onError: (id, message) => this.#onStreamError(id, message) }),
      RESPONSE: (id, status, _statusText, headers, bodyKind, body) =>
        this.#onResponse(id as number, takenResponse({ status, headers, bodyKind, body })),
      ARM: (id) => this.#arm(this.#calls.get(id)),
      FAIL: (id, code, ...texts) => this.#onFail(id as number, code, texts.map(textFrom)),
      LOG: (level, text) => this.#onLog(textFrom(level), textFrom(text)),
      DRAINED: () => this.#drained.resolve(),
      FETCH: (...fields) => this.#outbound.onFetch(fields),
      CALL: (...fields) => bindings.onCall(fields),
      CALL_ABORT: (id) => bindings.onAbort(id as number),
      FETCH_ABORT: (id) => this.#outbound.onAbort(id as number),
      UPGRADE: (id, headers) => this.#onUpgrade(id as number, textFrom(headers)),
      SOCKET_CONNECT: (...fields) => outgoing.connect(fields),
      SOCKET_MESSAGE: (id, data) => sockets.onMessage(id as number, data),
      SOCKET_CLOSE: (id, code, reason) => sockets.onClose(id as number, code, reason),
      SOCKET_SENT: (id, bytes) => sockets.onDispatched(id as number, bytes),
      TCP_CONNECT: (...fields) => tcp.onConnect(fields),
      TCP_SET: (id, option, value) => tcp.onSet(id as number, option, value),
      TCP_SECURE: (id, written, options) => tcp.onSecure(id as number, written, options),
      TCP_CLOSE: (id) => tcp.onClose(id as number),
    };
    return handlerTable(handlers);
  }

  #onResponse(id: number, { status, headers, isStream, relayed, body }: TakenResponse): void {
    const slot = this.#calls.get(id);
    if (!isStream) {
      if (slot === undefined || slot.answered) return;
      this.#finish(slot, () => slot.call.respond(status, headers, body));
      return;
    }
    // The host gave up on this request meanwhile
    if (slot === undefined) return dropAnswer(this.#relayed, { id, relayed });
    if (slot.answered) throw new WireViolation("two responses to one request");
    const receiving = openAnswer(this.#relayed, { id: slot.id, relayed }, {
      onEnd: (end) => {
        // The app is done, its client is not: what is left waits in the host, and the request's place with it.
        if (end === "done" && receiving.queue.length > 0) receiving.onRead = (end) => this.#onAnswerEnd(slot, end);
        else this.#onAnswerEnd(slot, end);
      },
      onFailed: (message) => this.#onStreamError(slot.id, message),
    });
    receiving.promised = promisedBytes(slot.call.method, headers);
    slot.answer = new Answer(receiving);
    slot.call.respond(status, headers, this.#wire.receiving.readableOf(receiving, { byob: false }));
    // Only now: an answer that the front door cannot take is no answer, and the end of this isolate gives another.
    slot.answered = true;
  }

  #onAnswerEnd(slot: CallSlot, end: StreamEnd): void {
    let how: RequestEnd = "done";
    if (end !== "done") {
      // Deno drops the body of an answer to HEAD, which is as much as its client wants.
      const ofClient = slot.call.method === "HEAD" ? "done" : "client_gone";
      how = slot.cut ?? (end === "cancelled" ? ofClient : this.#closed ? "isolate_ended" : "app_failed");
    }
    const bytes = slot.answer!.taken;
    this.#finish(slot, () => slot.call.finish(bytes, how));
  }

  #onUpgrade(id: number, headers: string): void {
    const slot = this.#calls.get(id);
    if (slot?.answered) return;
    if (slot === undefined) return this.#sockets.refuse(id);
    let socket: HostSocket;
    try {
      socket = takeOver(this.#traffic.app, slot.call, headers);
    } catch (error) {
      const failure = error as NanoError;
      if (failure.code === "APP_BAD_RESPONSE") this.#traffic.observer.onException(failure.message);
      this.#sockets.refuse(id);
      this.#finish(slot, () => slot.call.fail(failure));
      return;
    }
    slot.answered = true;
    const { writeStallMs } = slot.call.patience;
    const onClosed = (bytes: number, end: RequestEnd) => this.#finish(slot, () => slot.call.finish(bytes, end));
    this.#sockets.join(id, socket, { writeStallMs, onClosed });
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
    this.#wire.receiving.onError(id, message);
  }

  #onFail(id: number, code: unknown, texts: readonly string[]): void {
    const error = handlerFailure(this.#traffic.app, code, texts);
    this.#traffic.observer.onException(error.details[0]!);
    const slot = this.#calls.get(id);
    if (slot === undefined || slot.answered) return;
    this.#finish(slot, () => slot.call.fail(error));
  }

  #arm(slot: CallSlot | undefined): void {
    if (slot === undefined || slot.armed) return;
    slot.armed = true;
    slot.call.onClientGone(() => {
      if (this.#calls.get(slot.id) !== slot) return;
      this.#wire.out.push(OP.ABORT, slot.id);
      this.#wire.kick();
      if (!slot.answered) this.#finish(slot, () => slot.call.leave());
    });
  }
}
