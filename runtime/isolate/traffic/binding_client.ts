/** Calls of the app's bindings from inside: each waits for its turn, then for its answer. */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  bytesLength,
  defineMember,
  getMember,
  isUint8Array,
  NativeDOMException,
  NativeError,
  NativePromise,
  NativeReadableStream,
  NativeTypeError,
  NativeUint8Array,
  promiseThen,
  readerCancel,
  setPrototypeOf,
  signalAborted,
  signalReason,
  streamReader,
  targetForget,
  targetListen,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import {
  type BindingPort,
  type CallAnswer,
  type CallBody,
  type CallOptions,
  FIRST_CALL_ID,
  MAX_ARG_SIZE,
  MAX_CALLS,
  type Plain,
} from "../../protocol/binding_call.ts";
import { BODY, type BodyKind, OP, type WholeBody } from "../../protocol/operations.ts";
import { type ByteSource, readerSource } from "../../protocol/byte_stream.ts";
import { isOwnStream } from "../../protocol/own_streams.ts";
import type { Wire } from "../../protocol/wire.ts";
import { fetchThrough } from "./binding_fetch.ts";
import { invokeThrough } from "./binding_rpc.ts";
import { piecesOf } from "./long_body.ts";
import { currentTrace } from "./request_trace.ts";

/** Calls that wait for their turn; an app that goes on beyond that has lost count. */
const MAX_WAITING = 10_000;

/** Longer bytes and texts are streamed. */
const WHOLE_SIZE = 256 * 1024;

/** A call and who waits for it. */
interface Call {
  readonly place: number;
  readonly method: string;
  readonly args: readonly Plain[];
  readonly body: CallBody;
  /** Whether its bytes stay as they are. */
  readonly isOwn: boolean;
  /** Of the request that called, however long it waits for its turn. */
  readonly trace: string;
  readonly resolve: (answer: CallAnswer) => void;
  readonly reject: (reason: unknown) => void;
  /** Its id once it was sent. */
  id: number;
  /** Takes the abort listener back. */
  forget: () => void;
  /** What the stream of its body threw, which is the app's own error; null when it has thrown nothing. */
  broken: { readonly error: unknown } | null;
}

const NAMED: Readonly<Record<string, ErrorConstructor>> = bare({ TypeError, RangeError, SyntaxError });
const ONCE = bare({ once: true });
const NO_OPTIONS: CallOptions = bare({});

/** What a call came to: an object as any other for V8, which makes one without a prototype in six times the time. */
class Returned implements CallAnswer {
  readonly values: readonly Plain[];
  readonly body: CallBody;

  static {
    // A promise looks for a member "then", and finds none that an app has put on Object.prototype.
    setPrototypeOf(this.prototype, null);
  }

  constructor(values: readonly Plain[], body: CallBody) {
    this.values = values;
    this.body = body;
  }
}

/** The calls of this isolate. */
export class BindingClient {
  readonly #wire: Wire;
  /** Those that wait for their answer, by id. */
  readonly #sent = new SafeMap<number, Call>();
  /** Those that wait for their turn, from the first one on: `shift` would move all that follow. */
  #waiting: Call[] = [];
  #firstWaiting = 0;
  #next = FIRST_CALL_ID;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** What the binding at a place of the host's list is called through. */
  portOf(place: number): BindingPort {
    const call: BindingPort["call"] = (method, args, options) => this.#call(place, method, args, options);
    return {
      call,
      fetch: (input, init) => fetchThrough(call, input, init),
      invoke: (path, args) => invokeThrough(call, path, args),
    };
  }

  #call(
    place: number,
    method: string,
    args: readonly Plain[],
    { body = null, isOwn = false, signal }: CallOptions = NO_OPTIONS,
  ): Promise<CallAnswer> {
    return new NativePromise((resolve, reject) => {
      if (signal !== undefined && signalAborted(signal)) return reject(signalReason(signal));
      // The host says the same, but what is on its way to it counts as nobody's memory.
      const size = sizeOf(args);
      if (size > MAX_ARG_SIZE) {
        const text = `its arguments have ${size} characters and bytes, ${MAX_ARG_SIZE} are allowed`;
        return reject(errorOf("RangeError", `Cannot call a binding: ${text}`, ""));
      }
      const trace = currentTrace();
      const call: Call = {
        place,
        method,
        args,
        body,
        isOwn,
        trace,
        resolve,
        reject,
        id: 0,
        forget: nothing,
        broken: null,
      };
      if (this.#sent.size < MAX_CALLS) this.#send(call);
      else if (!this.#wait(call)) {
        return reject(errorOf("Error", `Cannot call a binding: ${MAX_WAITING} calls wait already`, "TOO_MANY_CALLS"));
      }
      if (signal !== undefined) this.#followSignal(call, signal);
    });
  }

  #wait(call: Call): boolean {
    const { length } = this.#waiting;
    if (length - this.#firstWaiting >= MAX_WAITING) return false;
    // Not by push: the app may have put a setter on an index.
    defineMember(this.#waiting, length, call, true);
    return true;
  }

  #followSignal(call: Call, signal: AbortSignal): void {
    const onAbort = () => {
      const reason = signalReason(signal);
      call.reject(reason);
      if (call.id === 0) return void (call.id = -1);
      const wire = this.#wire;
      wire.out.push(OP.CALL_ABORT, call.id);
      wire.receiving.fail(call.id, reason);
      wire.sending.stop(call.id, "The call was aborted");
      wire.kick();
      this.#settle(call.id);
    };
    targetListen(signal, "abort", onAbort, ONCE);
    call.forget = () => targetForget(signal, "abort", onAbort);
  }

  #send(call: Call): void {
    const wire = this.#wire;
    const { place, method, args, body, isOwn, trace } = call;
    const id = call.id = this.#next++;
    this.#sent.set(id, call);
    if (body === null) wire.out.push(OP.CALL, id, place, method, args, trace, BODY.NONE, null);
    else if (typeof body === "string" && body.length <= WHOLE_SIZE) {
      wire.out.push(OP.CALL, id, place, method, args, trace, BODY.WHOLE, body);
    } else if (typeof body === "string" || isUint8Array(body) && bytesLength(body) > WHOLE_SIZE) {
      wire.out.push(OP.CALL, id, place, method, args, trace, BODY.STREAM, null);
      const source = piecesOf(typeof body === "string" || isOwn ? body : new NativeUint8Array(body));
      wire.sending.open(id, source, { owned: true, isAsked: true, onEnd: nothing });
    } else if (isUint8Array(body)) {
      wire.out.begin(OP.CALL, id, place, method, args, trace, BODY.WHOLE);
      wire.pushBytes(body, false);
    } else {
      const stream = body as ReadableStream<Uint8Array>;
      const relayed = wire.receiving.giveBack(stream);
      if (relayed !== null) {
        wire.out.push(OP.CALL, id, place, method, args, trace, BODY.RELAYED, relayed);
        // Nobody reads what is the host's again, and it is used up.
        promiseThen(readerCancel(streamReader(stream)), undefined, nothing);
        return wire.kick();
      }
      wire.out.push(OP.CALL, id, place, method, args, trace, BODY.STREAM, null);
      wire.sending.open(id, readerOf(stream), {
        owned: isOwnStream(stream),
        isAsked: true,
        onEnd: (end, error) => {
          if (end === "failed") call.broken = { error };
        },
      });
    }
    wire.kick();
  }

  /** RETURNED. */
  onReturned(id: number, values: readonly Plain[], kind: BodyKind, whole: WholeBody): void {
    const call = this.#settle(id);
    if (call === undefined) {
      // Given up while the answer was on its way: its stream must not wait for credit for ever.
      if (kind === BODY.STREAM) this.#cancel(id);
      return;
    }
    if (kind !== BODY.STREAM) {
      call.forget();
      return call.resolve(new Returned(values, whole));
    }
    const receiving = this.#wire.receiving.open(id, () => call.forget());
    receiving.isUntouched = true;
    call.resolve(new Returned(values, this.#wire.receiving.readableOf(receiving, { byob: true })));
  }

  /** CALL_FAILED. */
  onFailed(id: number, name: string, message: string, code: string): void {
    const call = this.#settle(id);
    if (call === undefined) return;
    call.forget();
    this.#wire.sending.stop(id, message);
    call.reject(call.broken === null ? errorOf(name, message, code) : call.broken.error);
  }

  /** ERROR in the body of an answer. */
  onBodyFailed(id: number, message: string): void {
    this.#wire.receiving.fail(id, new NativeTypeError(message));
  }

  #cancel(id: number): void {
    this.#wire.out.push(OP.CANCEL, id, "The call was given up");
    this.#wire.kick();
  }

  /** Takes a call out of those that wait for an answer, and lets the next one go. */
  #settle(id: number): Call | undefined {
    const call = this.#sent.get(id);
    if (call === undefined) return undefined;
    this.#sent.delete(id);
    while (this.#firstWaiting < this.#waiting.length) {
      const next = this.#waiting[this.#firstWaiting++]!;
      if (this.#firstWaiting === this.#waiting.length) {
        this.#waiting = [];
        this.#firstWaiting = 0;
      }
      // One that was aborted meanwhile has told its caller.
      if (next.id === -1) continue;
      this.#send(next);
      break;
    }
    return call;
  }
}

function sizeOf(args: readonly Plain[]): number {
  let size = 0;
  for (let at = 0; at < args.length; at++) {
    const one = args[at];
    if (typeof one === "string") size += one.length;
    else if (isUint8Array(one)) size += bytesLength(one);
  }
  return size;
}

/** The stream's class may be a polyfill's, which no method of the native one takes. */
function readerOf(body: ReadableStream<Uint8Array>): ByteSource {
  if (body instanceof NativeReadableStream) return readerSource(body);
  return apply(getMember(body, "getReader") as () => ByteSource, body, []);
}

function errorOf(name: string, message: string, code: string): Error {
  if (name === "TimeoutError" || name === "AbortError") return new NativeDOMException(message, name);
  const error = new (NAMED[name] ?? NativeError)(message);
  if (NAMED[name] === undefined && name !== "Error") defineMember(error, "name", name);
  if (code !== "") defineMember(error, "code", code);
  return error;
}

function nothing(): void {}
