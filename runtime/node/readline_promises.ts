/** `node:readline/promises`: lines of given streams, and questions whose answers are awaited. */
import { MOVES } from "./readline/cursor.ts";
import { type InputStream, type InterfaceOptions, LineInterface, type OutputStream } from "./readline/interface.ts";

function abortError(cause: unknown): Error {
  return Object.assign(new Error("The operation was aborted", { cause }), { name: "AbortError", code: "ABORT_ERR" });
}

/** As createInterface gives it. */
export class Interface extends LineInterface {
  /** Rejects when the interface is closed before the answer: in Node 20 its caller would wait for ever. */
  question(query: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(abortError(signal.reason));
      const leave = () => {
        this.removeListener("close", onClose);
        signal?.removeEventListener("abort", onAbort);
      };
      const onClose = () => {
        leave();
        reject(abortError(new Error("readline was closed")));
      };
      const onAbort = () => {
        this.cancelQuestion();
        leave();
        reject(abortError(signal?.reason));
      };
      this.ask(query, (line) => {
        leave();
        resolve(line);
      });
      this.once("close", onClose);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}

/** Moves of a cursor that are written together. */
export class Readline {
  readonly #stream: OutputStream;
  readonly #isAuto: boolean;
  #texts: string[] = [];

  constructor(stream: OutputStream, { autoCommit = false }: { readonly autoCommit?: boolean } = {}) {
    this.#stream = stream;
    this.#isAuto = autoCommit;
  }
  clearLine(direction: number): this {
    return this.#add(MOVES.clearLine(direction));
  }
  clearScreenDown(): this {
    return this.#add(MOVES.clearScreenDown());
  }
  cursorTo(x: number, y?: number): this {
    return this.#add(MOVES.cursorTo(x, y));
  }
  moveCursor(dx: number, dy: number): this {
    return this.#add(MOVES.moveCursor(dx, dy));
  }
  commit(): Promise<void> {
    const text = this.#texts.join("");
    this.#texts = [];
    return new Promise((resolve) => void this.#stream.write(text, () => resolve()));
  }
  rollback(): this {
    this.#texts = [];
    return this;
  }

  #add(text: string): this {
    if (this.#isAuto) process.nextTick(() => this.#stream.write(text));
    else this.#texts.push(text);
    return this;
  }
}

export function createInterface(first: InputStream | InterfaceOptions, output?: OutputStream | null): Interface {
  return new Interface(first, output);
}

export default { Interface, Readline, createInterface };
