/** Calls of an isolate that is a thread of this process: off a port, answered through it or through shared memory. */
import { ANSWER_BYTES, HEAD, HOST_ANSWER, HOST_ANSWER_HEAD_BYTES } from "../protocol/host_calls.ts";
import { WireViolation } from "../protocol/wire.ts";
import type { HostCallsEnd } from "./host_calls_bridge.ts";

/** A port, and the room that a waiting thread finds its answer in. */
export class SharedHostCalls implements HostCallsEnd {
  readonly #port: MessagePort;
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #room: Uint8Array<SharedArrayBuffer>;

  /** @throws {WireViolation} when port and room are none */
  constructor({ port, room }: { readonly port: unknown; readonly room: unknown }) {
    if (!(port instanceof MessagePort) || !(room instanceof SharedArrayBuffer)) throw new WireViolation("no room");
    if (room.byteLength !== HOST_ANSWER_HEAD_BYTES + ANSWER_BYTES) throw new WireViolation("a room of another size");
    this.#port = port;
    this.#head = new Int32Array(room, 0, HOST_ANSWER_HEAD_BYTES / 4);
    this.#room = new Uint8Array(room, HOST_ANSWER_HEAD_BYTES);
  }

  listen(take: (call: unknown) => void): void {
    this.#port.onmessage = ({ data }) => take(data);
  }

  answer(call: number, kind: number, value: unknown): void {
    if (kind !== HOST_ANSWER.BYTES) this.#port.postMessage([call, kind, value]);
    else this.#port.postMessage([call, kind, value], [(value as Uint8Array<ArrayBuffer>).buffer]);
  }

  answerWaiting(call: number, kind: number, bytes: Uint8Array): void {
    this.#room.set(bytes);
    this.#head[HEAD.KIND] = kind;
    this.#head[HEAD.LENGTH] = bytes.byteLength;
    Atomics.store(this.#head, HEAD.CALL, call);
    Atomics.notify(this.#head, HEAD.CALL);
  }

  [Symbol.dispose](): void {
    this.#port.close();
  }
}
