/** `node:readline`: lines of given streams. */
import { promisify } from "node:util";
import { clearLine, clearScreenDown, cursorTo, moveCursor } from "./readline/cursor.ts";
import { type InputStream, type InterfaceOptions, LineInterface, type OutputStream } from "./readline/interface.ts";
import promises from "./readline_promises.ts";

type Answer = (line: string) => void;
interface QuestionOptions {
  readonly signal?: AbortSignal;
}

/** As readline.createInterface gives it. */
export class Interface extends LineInterface {
  question(query: string, options: QuestionOptions | Answer, done?: Answer): void {
    const answer = typeof options === "function" ? options : done;
    const signal = typeof options === "function" ? undefined : options?.signal;
    if (signal?.aborted === true || typeof answer !== "function") return;
    const onAbort = () => this.cancelQuestion();
    this.ask(query, (line) => {
      signal?.removeEventListener("abort", onAbort);
      answer(line);
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  }
}
Object.defineProperty(Interface.prototype.question, promisify.custom, {
  value(this: Interface, query: string, { signal }: QuestionOptions = {}): Promise<string> {
    return new Promise((resolve, reject) => {
      const refuse = () => reject(Object.assign(new Error("The operation was aborted"), { code: "ABORT_ERR" }));
      if (signal?.aborted === true) return refuse();
      signal?.addEventListener("abort", refuse, { once: true });
      this.question(query, signal === undefined ? {} : { signal }, resolve);
    });
  },
});

export function createInterface(first: InputStream | InterfaceOptions, output?: OutputStream | null): Interface {
  return new Interface(first, output);
}

/** There are no keys to tell of. */
export function emitKeypressEvents(): void {}

export { clearLine, clearScreenDown, cursorTo, moveCursor, promises };
export default {
  ...{ Interface, clearLine, clearScreenDown, createInterface, cursorTo, emitKeypressEvents, moveCursor, promises },
};
