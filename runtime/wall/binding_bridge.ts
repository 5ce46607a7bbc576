/** The host's half of an app's bindings: takes calls off the wall, has them carried out, sends the answers back. */
import type { Clock } from "../clock.ts";
import type { Untrusted } from "../protocol/batch.ts";
import {
  BindingError,
  type BindingHost,
  type CallAnswer,
  type CallBody,
  FIRST_CALL_ID,
  MAX_ARG_SIZE,
  MAX_CALLS,
  type Plain,
} from "../protocol/binding_call.ts";
import type { Receiving } from "../protocol/byte_stream.ts";
import { BODY, OP, type OperationFields } from "../protocol/operations.ts";
import { CutStream, type Wire, WireViolation } from "../protocol/wire.ts";
import type { RelayedStreams } from "./relayed_streams.ts";
import type { WindowRoom } from "./window_room.ts";

/** What an isolate may have in work. Twice what it has waiting: work that was given up may take a while to end. */
const MAX_WORKING = 2 * MAX_CALLS;
/** Answers of one isolate that are being streamed at once. */
export const MAX_CALL_STREAMS = 256;
/** A call is given up after this long without an answer, and without a further byte of its own body. */
export const CALL_TIMEOUT_MS = 30_000;
/** Between two looks for calls that take too long. */
const SWEEP_MS = 1_000;
/** No isolate's part of a binding sends more. */
const MAX_ARGS = 1_000;
/** No method has a longer name. */
const MAX_METHOD_CHARS = 100;

/** The fields of CALL as an isolate sent them. */
export type CallFields = Untrusted<OperationFields["CALL"]>;

/** What a bridge works with. */
export interface BridgeTools {
  readonly clock: Clock;
  readonly relayed: RelayedStreams;
  /** What streamed bodies of calls have in the host unread. */
  readonly room: WindowRoom;
}

/** A call that waits for its answer. */
interface Running {
  readonly controller: AbortController;
  /** Its body while it streams. */
  readonly upload: Receiving | null;
  readonly hasOwnDeadline: boolean;
  /** When it began, or when the sweep last found its body longer. */
  since: number;
  uploaded: number;
}

/** Runs the calls of one isolate. */
export class BindingBridge {
  readonly #wire: Wire;
  readonly #hosts: readonly BindingHost[];
  readonly #tools: BridgeTools;
  readonly #running = new Map<number, Running>();
  readonly #streams = new Map<number, AbortController>();
  #working = 0;
  #sweep: (() => void) | null = null;
  #closed = false;

  /** @param hosts by the places that calls name; their owner closes them */
  constructor(wire: Wire, hosts: readonly BindingHost[], tools: BridgeTools) {
    this.#wire = wire;
    this.#hosts = hosts;
    this.#tools = tools;
  }

  /** Calls that wait for their answer, and answers that are being streamed. */
  get size(): number {
    return this.#running.size + this.#streams.size;
  }

  /**
   * CALL.
   * @throws {WireViolation} when the fields are none of a call
   */
  onCall([id, place, method, args, trace, kind, whole]: CallFields): void {
    const host = typeof place === "number" ? this.#hosts[place] : undefined;
    if (host === undefined) throw new WireViolation("a call of no binding");
    if (!Number.isSafeInteger(id) || (id as number) < FIRST_CALL_ID || !isMethod(method) || !isPlainList(args)) {
      throw new WireViolation("a call without its parts");
    }
    if (typeof trace !== "string") throw new WireViolation("a call without its parts");
    if (kind !== BODY.NONE && kind !== BODY.WHOLE && kind !== BODY.STREAM && kind !== BODY.RELAYED) {
      throw new WireViolation("a call with a body of no kind");
    }
    if (kind === BODY.RELAYED && typeof whole !== "number") throw new WireViolation("a call without its stream");
    if (kind === BODY.WHOLE && typeof whole !== "string" && !(whole instanceof Uint8Array)) {
      throw new WireViolation("a call without its body");
    }
    if (this.#running.has(id as number) || this.#streams.has(id as number)) {
      throw new WireViolation("two calls with one id");
    }
    const wire = this.#wire;
    const refusal = this.#refusal(args);
    if (refusal !== null) {
      if (kind === BODY.STREAM) wire.out.push(OP.CANCEL, id as number, refusal.message);
      if (kind === BODY.RELAYED) wire.sending.onCancel(whole as number, refusal.message);
      this.#fail(id as number, refusal);
      return;
    }
    let upload: Receiving | null = null;
    if (kind === BODY.STREAM) upload = this.#tools.room.open(wire, id as number);
    else if (kind === BODY.RELAYED) {
      upload = this.#tools.relayed.open({ id: id as number, relayed: whole as number }, { onEnd: ignore });
      if (upload === null) return this.#fail(id as number, new BindingError("The request of this body is over"));
    }
    const running: Running = {
      controller: new AbortController(),
      upload,
      hasOwnDeadline: host.hasOwnDeadline === true,
      since: 0,
      uploaded: 0,
    };
    const body = upload === null ? whole as CallBody : wire.receiving.readableOf(upload, { byob: false });
    const { signal } = running.controller;
    let work: CallAnswer | Promise<CallAnswer>;
    try {
      work = host.call({ method, args, body, signal, trace });
    } catch (error) {
      return this.#fail(id as number, this.#shown(error));
    }
    // What is answered at once never was among those that run.
    if (!(work instanceof Promise)) return this.#answer(id as number, running, work);
    this.#running.set(id as number, running);
    running.since = this.#tools.clock.now();
    this.#sweep ??= this.#tools.clock.after(SWEEP_MS, this.#onSweep);
    this.#working++;
    work.then((answer) => {
      this.#working--;
      if (!this.#isOver(id as number, running)) this.#answer(id as number, running, answer);
      else if (answer.body instanceof ReadableStream) discard(answer.body);
    }, (error) => {
      this.#working--;
      if (!this.#isOver(id as number, running)) this.#fail(id as number, this.#shown(error));
    });
  }

  /** CALL_ABORT: id. */
  onAbort(id: number): void {
    const running = this.#running.get(id);
    this.#running.delete(id);
    running?.controller.abort();
    this.#streams.get(id)?.abort();
    this.#wire.receiving.cancel(id, "The call was given up");
    this.#wire.sending.stop(id, "The call was given up");
  }

  /** Ends every call: the isolate is gone. */
  close(): void {
    this.#closed = true;
    this.#sweep?.();
    this.#sweep = null;
    for (const { controller } of this.#running.values()) controller.abort();
    for (const controller of this.#streams.values()) controller.abort();
    this.#running.clear();
    this.#streams.clear();
  }

  #refusal(args: readonly Plain[]): BindingError | null {
    if (this.#working >= MAX_WORKING) {
      return new BindingError(`Cannot call a binding: ${MAX_WORKING} calls of this app are under way already`, {
        code: "TOO_MANY_CALLS",
      });
    }
    const size = sizeOf(args);
    if (size <= MAX_ARG_SIZE) return null;
    const text = `its arguments have ${size} characters and bytes, ${MAX_ARG_SIZE} are allowed`;
    return new BindingError(`Cannot call a binding: ${text}`, { name: "RangeError" });
  }

  /** Takes a call that has ended out of those that run. @returns whether nobody waits for it any more */
  #isOver(id: number, running: Running): boolean {
    if (this.#closed || this.#running.get(id) !== running) return true;
    this.#running.delete(id);
    return false;
  }

  #answer(id: number, running: Running, { values, body }: CallAnswer): void {
    const wire = this.#wire;
    // What is left of the call's own body is wanted by nobody, unless the answer is made of it while it streams.
    const letGo = () => running.upload !== null && wire.receiving.cancel(id, "The call was answered");
    if (!(body instanceof ReadableStream)) letGo();
    if (body === null) wire.out.push(OP.RETURNED, id, values, BODY.NONE, null);
    else if (typeof body === "string") wire.out.push(OP.RETURNED, id, values, BODY.WHOLE, body);
    else if (body instanceof Uint8Array) {
      wire.out.begin(OP.RETURNED, id, values, BODY.WHOLE);
      wire.pushBytes(body, true);
    } else if (this.#streams.size >= MAX_CALL_STREAMS) {
      discard(body);
      letGo();
      const text = `Cannot call a binding: ${MAX_CALL_STREAMS} answers of this app are being read already`;
      return this.#fail(id, new BindingError(text, { code: "TOO_MANY_CALLS" }));
    } else {
      wire.out.push(OP.RETURNED, id, values, BODY.STREAM, null);
      this.#streams.set(id, running.controller);
      wire.sending.open(id, body.getReader(), {
        owned: true,
        // An app that hands it on unread gives it back, see runtime/isolate/traffic/responder.ts.
        isAsked: true,
        onEnd: () => {
          this.#streams.delete(id);
          letGo();
        },
      });
    }
    wire.kick();
  }

  /** What only the host may know; whoever made the binding has told the log. */
  #shown(error: unknown): BindingError {
    if (error instanceof BindingError) return error;
    // A relayed body of the call; one that the isolate sends has told it already
    if (error instanceof CutStream) return new BindingError(error.message, { name: "TypeError" });
    return new BindingError("Cannot call a binding: the host failed to carry it out, see its log", {
      code: "BINDING_FAILED",
    });
  }

  #fail(id: number, { name, message, code }: BindingError): void {
    this.#wire.receiving.cancel(id, message);
    this.#wire.out.push(OP.CALL_FAILED, id, name, message, code);
    this.#wire.kick();
  }

  readonly #onSweep = (): void => {
    this.#sweep = null;
    const { clock } = this.#tools;
    const now = clock.now();
    for (const [id, running] of [...this.#running]) {
      if (running.hasOwnDeadline) continue;
      const { total } = running.upload ?? { total: 0 };
      if (total !== running.uploaded) {
        running.uploaded = total;
        running.since = now;
      } else if (now - running.since >= CALL_TIMEOUT_MS) {
        this.#running.delete(id);
        const text = `Cannot call a binding: no answer came within ${CALL_TIMEOUT_MS} ms`;
        const error = new BindingError(text, { name: "TimeoutError", code: "TIMEOUT" });
        running.controller.abort(error);
        this.#fail(id, error);
      }
    }
    if (this.#running.size > 0) this.#sweep = clock.after(SWEEP_MS, this.#onSweep);
  };
}

function isMethod(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_METHOD_CHARS;
}

/** Every index is looked at, as a list may have holes. */
function isPlainList(value: unknown): value is Plain[] {
  if (!Array.isArray(value) || value.length > MAX_ARGS) return false;
  for (let at = 0; at < value.length; at++) if (!isPlain(value[at])) return false;
  return true;
}

function isPlain(value: unknown): value is Plain {
  if (value === null || value instanceof Uint8Array) return true;
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function sizeOf(args: readonly Plain[]): number {
  return args.reduce<number>((size, one) => {
    if (typeof one === "string") return size + one.length;
    return one instanceof Uint8Array ? size + one.byteLength : size;
  }, 0);
}

function ignore(): void {}

/** Nobody reads it any more; that it cannot be cancelled changes nothing. */
function discard(body: ReadableStream<Uint8Array>): void {
  body.cancel().catch(() => {});
}
