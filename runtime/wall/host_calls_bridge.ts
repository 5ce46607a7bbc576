/** The host's half of what an app's `node:` modules ask for: takes calls, has them answered, answers. */
import {
  ANSWER_BYTES,
  type FileFacts,
  type FolderPart,
  HOST_ANSWER,
  MAX_TEXT_CHARS,
  MAX_WAITED_CHARS,
} from "../protocol/host_calls.ts";

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

/** Where the calls of one isolate come from, and their answers go. */
export interface HostCallsEnd extends Disposable {
  /** @param take hears each call, forged ones included */
  listen(take: (call: unknown) => void): void;
  /** Answers a call that nobody stands still for. */
  answer(call: number, kind: number, value: unknown): void;
  /** Answers the call that a thread waits for, with no more than ANSWER_BYTES. */
  answerWaiting(call: number, kind: number, bytes: Uint8Array): void;
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
  readonly #end: HostCallsEnd;
  readonly #answers: HostAnswers;
  #running = 0;
  #busy = 0;
  readonly #queue: (() => void)[] = [];
  #isOver = false;

  constructor(end: HostCallsEnd, answers: HostAnswers) {
    this.#end = end;
    this.#answers = answers;
    end.listen((call) => void this.#take(call));
  }

  /** Answers nothing more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#end[Symbol.dispose]();
  }

  async #take(data: unknown): Promise<void> {
    // What comes here may be forged: a call without its parts has nobody who waits for it.
    if (this.#isOver || !Array.isArray(data)) return;
    const [call, waits, operation, ...given] = data as unknown[];
    if (!Number.isInteger(call) || typeof waits !== "boolean") return;
    let kind: number = HOST_ANSWER.VALUE;
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
      if (value instanceof Uint8Array) kind = HOST_ANSWER.BYTES;
    } catch (error) {
      kind = HOST_ANSWER.ERROR;
      value = error instanceof HostCallError ? error.code : "EIO";
    }
    if (this.#isOver) return;
    if (waits) this.#answerWaiting(call as number, kind, value);
    else this.#end.answer(call as number, kind, value);
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

  #answerWaiting(call: number, kind: number, value: unknown): void {
    let bytes = value instanceof Uint8Array
      ? value
      : encoder.encode(kind === HOST_ANSWER.ERROR ? String(value) : JSON.stringify(value));
    if (bytes.byteLength > ANSWER_BYTES) {
      kind = HOST_ANSWER.ERROR;
      bytes = encoder.encode("EMSGSIZE");
    }
    this.#end.answerWaiting(call, kind, bytes);
  }
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new HostCallError("EINVAL");
  return value as number;
}
