/** The isolate's end of calls that the host answers; all that it may ask is checked over there. */
import { global } from "../../protocol/primordials.ts";
import { bare } from "../../protocol/bare.ts";
import { HOST_ANSWER, MAX_TEXT_CHARS, MAX_WAITED_CHARS } from "../../protocol/host_calls.ts";

// An app patches what it likes: these are taken before it runs.
const NativeError = Error;
const NativePromise = Promise;
const { parse } = JSON;
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

/** How calls reach the host. */
export interface HostLine {
  /** Sends a call that nobody stands still for. */
  send(call: unknown[]): void;
  /** @param take hears each answer of such; called once, before any call */
  listen(take: (call: number, kind: number, value: unknown) => void): void;
  /** Sends a call and stops this thread until it is answered; null when that takes too long. */
  wait(number: number, call: unknown[]): { readonly kind: number; readonly bytes: Uint8Array<ArrayBuffer> } | null;
}

/** Gives the app's `node:` modules their calls. Called before any code of the app runs. @boot */
export function installHostCalls(line: HostLine, externalBytes: number): void {
  const send = line.send;
  const wait = line.wait;
  const waiting = { __proto__: null } as unknown as Record<number, Waiting>;
  let calls = 0;
  let count = 0;

  line.listen((number, kind, value) => {
    const one = waiting[number];
    if (one === undefined) return;
    delete waiting[number];
    count--;
    if (kind === HOST_ANSWER.ERROR) one.reject(failure(value as string));
    else one.resolve(value);
  });

  /** Stops this thread until the host has answered. */
  function callSync(...given: unknown[]): unknown {
    const number = ++calls;
    const answer = wait(number, message(number, true, given));
    if (answer === null) throw failure("ETIMEDOUT");
    if (answer.kind === HOST_ANSWER.BYTES) return answer.bytes;
    const text = decode(answer.bytes);
    if (answer.kind === HOST_ANSWER.ERROR) throw failure(text);
    return parse(text);
  }

  function call(...given: unknown[]): Promise<unknown> {
    return new NativePromise((resolve, reject) => {
      if (count >= MAX_WAITING) return reject(failure("EAGAIN"));
      const number = ++calls;
      const sent = message(number, false, given);
      count++;
      waiting[number] = { resolve, reject };
      send(sent);
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
