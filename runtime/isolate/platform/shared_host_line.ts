/** Calls of the host from an isolate that is one of its threads: by a port of their own, and by memory where this thread waits. */
import {
  ANSWER_BYTES,
  HEAD,
  HOST_ANSWER_HEAD_BYTES,
  HOST_CALL_TIMEOUT_MS,
  type HostCallsMessage,
} from "../../protocol/host_calls.ts";
import { WAITS_ON_HOST } from "../../protocol/messages.ts";
import type { HostLine } from "./host_calls.ts";

// An app patches what it likes: these are taken before it runs.
const NativeWords = Int32Array;
const { wait, load, store } = Atomics;
const { apply } = Reflect;
const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

/**
 * Opens the line.
 *
 * @param send tells the host of the port and the room
 * @param hostWait shared with the warden: a thread that stands still for the host's sake is not dead
 * @boot
 */
export function sharedHostLine(
  send: (message: HostCallsMessage, transfer: MessagePort[]) => void,
  hostWait: SharedArrayBuffer,
): HostLine {
  const { port1: port, port2 } = new MessageChannel();
  const room = new SharedArrayBuffer(HOST_ANSWER_HEAD_BYTES + ANSWER_BYTES);
  const head = new NativeWords(room, 0, HOST_ANSWER_HEAD_BYTES / 4);
  const answers = new Uint8Array(room, HOST_ANSWER_HEAD_BYTES);
  const flag = new NativeWords(hostWait);
  const post = port.postMessage.bind(port) as unknown as (message: unknown, transfer: null) => void;
  /** A call that was given up: until its answer has come, the room is not free. */
  let owed = 0;
  let take: Parameters<HostLine["listen"]>[0] | null = null;

  const isLate = (number: number) => {
    if (load(head, HEAD.CALL) === number) return false;
    store(flag, 0, WAITS_ON_HOST);
    const outcome = wait(head, HEAD.CALL, 0, HOST_CALL_TIMEOUT_MS);
    store(flag, 0, 0);
    return outcome === "timed-out";
  };

  port.addEventListener("message", (event) => {
    // By index: the iterator of arrays may be the app's.
    const answer = event.data as readonly unknown[];
    take?.(answer[0] as number, answer[1] as number, answer[2]);
  });
  port.start();
  send({ type: "host_calls", port: port2, room }, [port2]);

  return {
    send: (call) => post(call, null),
    listen: (given) => take = given,
    wait(number, call) {
      if (owed !== 0 && isLate(owed)) return null;
      owed = number;
      store(head, HEAD.CALL, 0);
      post(call, null);
      if (isLate(number)) return null;
      owed = 0;
      const bytes = apply(slice, answers, [0, head[HEAD.LENGTH]]) as Uint8Array<ArrayBuffer>;
      return { kind: head[HEAD.KIND]!, bytes };
    },
  };
}
