/** The host's half of what an app's `node:` modules ask for: takes calls off a port, answers through it or through a room. */
import {
  ANSWER,
  ANSWER_BYTES,
  ANSWER_HEAD_BYTES,
  type FileFacts,
  type FolderPart,
  HEAD,
  MAX_TEXT_CHARS,
  MAX_WAITED_CHARS,
} from "../protocol/host_calls.ts";
import { WireViolation } from "../protocol/wire.ts";

/** What an app may know of the world around it; units/app_answers.ts fits. Each throws a {@linkcode HostCallError}. */
export interface HostAnswers {
  stat(path: string, followsLinks: boolean): Promise<FileFacts>;
  list(path: string, from: number): Promise<FolderPart>;
  read(path: string, at: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  realPath(path: string): Promise<string>;
  readLink(path: string): Promise<string>;
  lookup(hostname: string): Promise<readonly { readonly address: string; readonly family: number }[]>;
  resolve(hostname: string, kind: string): Promise<unknown>;
  /** A part of all items of `localStorage`, as JSON; empty at their end. */
  loadStorage(at: number): Promise<Uint8Array<ArrayBuffer>>;
  /** A part of a change of them, as JSON; it is on the disk when the last part is answered. */
  changeStorage(part: string, isLast: boolean): Promise<null>;
}

/** A call that is answered with a code as Node has it, and nothing else: messages of the host name its paths. */
export class HostCallError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Calls of one isolate under way at once; its own end sends no more. */
const MAX_CALLS = 300;
/** Of them, those that are worked on: what ends together is handled in one turn of the thread of all apps. */
const MAX_BUSY = 16;

const encoder = new TextEncoder();

/** Answers the calls of one isolate. */
export class HostCallsBridge implements Disposable {
  readonly #port: MessagePort;
  readonly #head: Int32Array<SharedArrayBuffer>;
  readonly #room: Uint8Array<SharedArrayBuffer>;
  readonly #answers: HostAnswers;
  #running = 0;
  #busy = 0;
  readonly #queue: (() => void)[] = [];
  #isOver = false;

  /** @throws {WireViolation} when port and room are none */
  constructor({ port, room }: { port: unknown; room: unknown }, answers: HostAnswers) {
    if (!(port instanceof MessagePort) || !(room instanceof SharedArrayBuffer)) throw new WireViolation("no room");
    if (room.byteLength !== ANSWER_HEAD_BYTES + ANSWER_BYTES) throw new WireViolation("a room of another size");
    this.#port = port;
    this.#head = new Int32Array(room, 0, ANSWER_HEAD_BYTES / 4);
    this.#room = new Uint8Array(room, ANSWER_HEAD_BYTES);
    this.#answers = answers;
    port.onmessage = ({ data }) => void this.#take(data);
  }

  /** Answers nothing more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#port.close();
  }

  async #take(data: unknown): Promise<void> {
    // What comes here may be forged: a call without its parts has nobody who waits for it.
    if (this.#isOver || !Array.isArray(data)) return;
    const [call, waits, operation, ...given] = data as unknown[];
    if (!Number.isInteger(call) || typeof waits !== "boolean") return;
    let kind: number = ANSWER.VALUE;
    let value: unknown;
    try {
      if (this.#running >= MAX_CALLS) throw new HostCallError("EAGAIN");
      this.#running++;
      try {
        // Of those that stop their thread there is one at a time, which nobody shall wait behind the others.
        value = waits ? await this.#run(operation, given) : await this.#inTurn(() => this.#run(operation, given));
      } finally {
        this.#running--;
      }
      if (value instanceof Uint8Array) kind = ANSWER.BYTES;
    } catch (error) {
      kind = ANSWER.ERROR;
      value = error instanceof HostCallError ? error.code : "EIO";
    }
    if (this.#isOver) return;
    if (waits) this.#answerRoom(call as number, kind, value);
    else if (kind === ANSWER.BYTES) {
      this.#port.postMessage([call, kind, value], [(value as Uint8Array<ArrayBuffer>).buffer]);
    } else this.#port.postMessage([call, kind, value]);
  }

  async #inTurn(run: () => Promise<unknown>): Promise<unknown> {
    if (this.#busy < MAX_BUSY) this.#busy++;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return this.#isOver ? null : await run();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#busy--;
      else next();
    }
  }

  #run(operation: unknown, [first, second, third]: readonly unknown[]): Promise<unknown> {
    const answers = this.#answers;
    if (operation === "changeStorage") {
      if (typeof first !== "string" || first.length > MAX_WAITED_CHARS) throw new HostCallError("EINVAL");
      return answers.changeStorage(first, second === true);
    }
    if (operation === "loadStorage") return answers.loadStorage(whole(first));
    if (typeof first !== "string" || first.length > MAX_TEXT_CHARS) throw new HostCallError("ENAMETOOLONG");
    switch (operation) {
      case "stat":
        return answers.stat(first, second === true);
      case "list":
        return answers.list(first, whole(second));
      case "read":
        return answers.read(first, whole(second), Math.min(whole(third), ANSWER_BYTES));
      case "realPath":
        return answers.realPath(first);
      case "readLink":
        return answers.readLink(first);
      case "lookup":
        return answers.lookup(first);
      case "resolve":
        return answers.resolve(first, String(second));
      default:
        throw new HostCallError("ENOSYS");
    }
  }

  #answerRoom(call: number, kind: number, value: unknown): void {
    let bytes = value instanceof Uint8Array
      ? value
      : encoder.encode(kind === ANSWER.ERROR ? String(value) : JSON.stringify(value));
    if (bytes.byteLength > ANSWER_BYTES) {
      kind = ANSWER.ERROR;
      bytes = encoder.encode("EMSGSIZE");
    }
    this.#room.set(bytes);
    this.#head[HEAD.KIND] = kind;
    this.#head[HEAD.LENGTH] = bytes.byteLength;
    Atomics.store(this.#head, HEAD.CALL, call);
    Atomics.notify(this.#head, HEAD.CALL);
  }
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new HostCallError("EINVAL");
  return value as number;
}
