/** The isolate's end of calls that the host answers; all that it may ask is checked over there. */
import { global } from "../../protocol/primordials.ts";
import { bare } from "../../protocol/bare.ts";
import {
  ANSWER,
  ANSWER_BYTES,
  ANSWER_HEAD_BYTES,
  CALL_TIMEOUT_MS,
  HEAD,
  type HostCallsMessage,
  MAX_TEXT_CHARS,
  MAX_WAITED_CHARS,
} from "../../protocol/host_calls.ts";
import { WAITS_ON_HOST } from "../../protocol/messages.ts";

// An app patches what it likes: these are taken before it runs.
const NativeError = Error;
const NativePromise = Promise;
const NativeBytes = Uint8Array;
const NativeWords = Int32Array;
const NativeShared = SharedArrayBuffer;
const Channel = MessageChannel;
const { wait, load, store } = Atomics;
const { apply } = Reflect;
const { parse } = JSON;
const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const decoder = new TextDecoder();
const decode = decoder.decode.bind(decoder);
const { defineProperty, freeze } = Object;

/** Calls that wait for their answers at once; more are refused. */
const MAX_WAITING = 256;
/** An operation and what it is about. */
const MAX_GIVEN = 4;

/** Under this registered symbol the modules of NANO that stand for Node's find their calls. */
const HOST = Symbol.for("nano.host");

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What calls need to know of their isolate. */
export interface HostCallsOptions {
  readonly externalBytes: number;
  /** Shared with the warden: a thread that stands still for the host's sake is not dead. */
  readonly hostWait: SharedArrayBuffer;
}

/**
 * Gives the app's `node:` modules their calls. Called before any code of the app runs.
 *
 * @param send tells the host of the port and the room
 * @boot
 */
export function installHostCalls(
  send: (message: HostCallsMessage, transfer: MessagePort[]) => void,
  { externalBytes, hostWait }: HostCallsOptions,
): void {
  const { port1: port, port2 } = new Channel();
  const room = new NativeShared(ANSWER_HEAD_BYTES + ANSWER_BYTES);
  const head = new NativeWords(room, 0, ANSWER_HEAD_BYTES / 4);
  const answers = new NativeBytes(room, ANSWER_HEAD_BYTES);
  const flag = new NativeWords(hostWait);
  const waiting = { __proto__: null } as unknown as Record<number, Waiting>;
  const post = port.postMessage.bind(port) as unknown as (message: unknown, transfer: null) => void;
  let calls = 0;
  let count = 0;
  /** A call that was given up: until its answer has come, the room is not free. */
  let owed = 0;

  const isLate = (number: number) => {
    if (load(head, HEAD.CALL) === number) return false;
    store(flag, 0, WAITS_ON_HOST);
    const outcome = wait(head, HEAD.CALL, 0, CALL_TIMEOUT_MS);
    store(flag, 0, 0);
    return outcome === "timed-out";
  };

  port.addEventListener("message", (event) => {
    // By index: the iterator of arrays may be the app's.
    const answer = event.data as readonly unknown[];
    const number = answer[0] as number;
    const one = waiting[number];
    if (one === undefined) return;
    delete waiting[number];
    count--;
    if (answer[1] === ANSWER.ERROR) one.reject(failure(answer[2] as string));
    else one.resolve(answer[2]);
  });
  port.start();
  send({ type: "host_calls", port: port2, room }, [port2]);

  /** Stops this thread until the host has answered. */
  function callSync(...given: unknown[]): unknown {
    if (owed !== 0 && isLate(owed)) throw failure("ETIMEDOUT");
    const number = ++calls;
    const sent = message(number, true, given);
    owed = number;
    store(head, HEAD.CALL, 0);
    post(sent, null);
    if (isLate(number)) throw failure("ETIMEDOUT");
    owed = 0;
    const bytes = apply(slice, answers, [0, head[HEAD.LENGTH]]) as Uint8Array<ArrayBuffer>;
    if (head[HEAD.KIND] === ANSWER.BYTES) return bytes;
    const text = decode(bytes);
    if (head[HEAD.KIND] === ANSWER.ERROR) throw failure(text);
    return parse(text);
  }

  function call(...given: unknown[]): Promise<unknown> {
    return new NativePromise((resolve, reject) => {
      if (count >= MAX_WAITING) return reject(failure("EAGAIN"));
      const number = ++calls;
      const sent = message(number, false, given);
      count++;
      waiting[number] = { resolve, reject };
      post(sent, null);
    });
  }

  defineProperty(
    global,
    HOST,
    bare({ value: freeze({ call, callSync, externalBytes, temporaryBytes: externalBytes / 2 }) }),
  );
}

/**
 * Own properties only: no setter of a patched prototype comes between. Nothing large leaves the isolate: on its way to
 * the host it counts as nobody's memory.
 */
function message(number: number, waits: boolean, given: readonly unknown[]): unknown[] {
  const whole: unknown[] = [number, waits];
  const most = waits ? MAX_WAITED_CHARS : MAX_TEXT_CHARS;
  if (given.length > MAX_GIVEN) throw failure("EINVAL");
  for (let at = 0; at < given.length; at++) {
    const one = given[at];
    const kind = typeof one;
    if (kind === "string" && (one as string).length > most) throw failure("ENAMETOOLONG");
    if (kind !== "string" && kind !== "number" && kind !== "boolean" && one !== undefined) throw failure("EINVAL");
    defineProperty(whole, at + 2, bare({ value: given[at], writable: true, enumerable: true, configurable: true }));
  }
  return whole;
}

function failure(code: string): Error {
  const error = new NativeError(code);
  defineProperty(error, "code", bare({ value: code, writable: true, enumerable: true, configurable: true }));
  return error;
}
