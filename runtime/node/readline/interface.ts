/** The Interface of readline over given streams; there is no terminal, so nothing is edited and no key is told of. */
import { EventEmitter, on } from "node:events";
import { StringDecoder } from "node:string_decoder";

type Listener = (...given: unknown[]) => void;

/** Of the streams that it is given; any of Node's kind will do. */
export interface InputStream {
  on(event: string, listener: Listener): unknown;
  removeListener(event: string, listener: Listener): unknown;
  pause(): unknown;
  resume(): unknown;
  readonly readableEnded?: boolean;
  readonly destroyed?: boolean;
}

export interface OutputStream {
  write(text: string, done?: (error?: Error | null) => void): unknown;
}

/** Options of createInterface. */
export interface InterfaceOptions {
  readonly input: InputStream;
  readonly output?: OutputStream | null;
  readonly prompt?: string;
  readonly crlfDelay?: number;
  readonly signal?: AbortSignal;
}

/** Where a line ends; a "\n" that comes in the chunk after its "\r" belongs to it. */
const LINE_END = /\r\n|\n|\r/g;
/** As in Node: how long after a "\r" its "\n" may come, in ms, unless told otherwise. */
const CRLF_DELAY_MS = 100;
/** As in Node: an iterator with so many lines pauses its input. */
const MAX_QUEUED_LINES = 1_024;

/** An error that Node has. */
function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The two ways to call: with options, or with the streams themselves. */
export function optionsOf(first: InputStream | InterfaceOptions, output?: OutputStream | null): InterfaceOptions {
  if ((first as InterfaceOptions | undefined)?.input !== undefined) return first as InterfaceOptions;
  return { input: first as InputStream, ...output === undefined ? {} : { output } };
}

/** What both readline and readline/promises stand on. */
export class LineInterface extends EventEmitter {
  readonly input: InputStream;
  readonly output: OutputStream | null;
  readonly terminal = false;
  readonly crlfDelay: number;
  readonly history: string[] = [];
  line = "";
  cursor = 0;
  closed = false;
  paused = false;
  #decoder = new StringDecoder("utf8");
  #rest = "";
  #returnedAtMs = -Infinity;
  #prompt: string;
  #question: { readonly answer: (line: string) => void; readonly promptBefore: string } | null = null;

  constructor(first: InputStream | InterfaceOptions, second?: OutputStream | null) {
    super();
    const { input, output, prompt, crlfDelay, signal } = optionsOf(first, second);
    if (typeof input?.on !== "function") {
      throw Object.assign(new TypeError('The "input" argument must be a readable stream'), {
        code: "ERR_INVALID_ARG_TYPE",
      });
    }
    this.input = input;
    this.output = output ?? null;
    this.crlfDelay = Math.max(CRLF_DELAY_MS, crlfDelay ?? CRLF_DELAY_MS);
    this.#prompt = prompt ?? "> ";
    this.#listen(signal);
  }

  #listen(signal: AbortSignal | undefined): void {
    const { input } = this;
    const onAbort = () => this.close();
    const listeners: Readonly<Record<string, Listener>> = {
      data: (chunk) => this.#take(chunk as string | Uint8Array),
      end: () => this.#end(),
      error: (error) => this.emit("error", error),
    };
    for (const [name, listener] of Object.entries(listeners)) input.on(name, listener);
    this.once("close", () => {
      for (const [name, listener] of Object.entries(listeners)) input.removeListener(name, listener);
      signal?.removeEventListener("abort", onAbort);
    });
    if (signal?.aborted === true) process.nextTick(onAbort);
    else signal?.addEventListener("abort", onAbort);
    // process.stdin of an app is at its end from the beginning, and will not say so again.
    if (input.readableEnded === true || input.destroyed === true) process.nextTick(() => this.#end());
    input.resume();
  }

  #take(chunk: string | Uint8Array): void {
    let text = typeof chunk === "string" ? chunk : this.#decoder.write(chunk as never);
    if (text === "") return;
    if (Date.now() - this.#returnedAtMs <= this.crlfDelay && text.startsWith("\n")) text = text.slice(1);
    this.#returnedAtMs = text.endsWith("\r") ? Date.now() : -Infinity;
    let from = 0;
    const lines: string[] = [];
    // Only what is new is looked at: a long line may come in many chunks.
    for (const { 0: end, index } of text.matchAll(LINE_END)) {
      lines.push(this.#rest + text.slice(from, index));
      this.#rest = "";
      from = index + end.length;
    }
    this.#rest += text.slice(from);
    for (const line of lines) this.#tell(line);
  }

  #tell(line: string): void {
    const question = this.#question;
    if (question === null) return void this.emit("line", line);
    this.#question = null;
    this.#prompt = question.promptBefore;
    question.answer(line);
  }

  #end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (last !== "" && !this.closed) this.#tell(last);
    this.close();
  }

  close(): void {
    if (this.closed) return;
    this.pause();
    this.closed = true;
    this.#question = null;
    this.emit("close");
  }

  pause(): this {
    if (this.paused) return this;
    this.input.pause();
    this.paused = true;
    this.emit("pause");
    return this;
  }

  resume(): this {
    if (!this.paused) return this;
    this.input.resume();
    this.paused = false;
    this.emit("resume");
    return this;
  }

  getPrompt(): string {
    return this.#prompt;
  }

  setPrompt(prompt: string): void {
    this.#prompt = String(prompt);
  }

  prompt(): void {
    if (this.paused) this.resume();
    this.output?.write(this.#prompt);
  }

  getCursorPos(): { readonly rows: number; readonly cols: number } {
    return { rows: 0, cols: 0 };
  }

  /** As if it had come from the input. */
  write(data: string | Uint8Array | null | undefined): void {
    if (this.closed) throw codedError("ERR_USE_AFTER_CLOSE", "readline was closed");
    if (this.paused) this.resume();
    if (data !== null && data !== undefined) this.#take(data);
  }

  /** Asks, and gives the next line to whoever asked; while one question is open, another asks the first anew. */
  protected ask(query: string, answer: (line: string) => void): void {
    if (this.closed) throw codedError("ERR_USE_AFTER_CLOSE", "readline was closed");
    if (this.#question === null) {
      this.#question = { answer, promptBefore: this.#prompt };
      this.setPrompt(query);
    }
    this.prompt();
  }

  /** Takes a question back. */
  protected cancelQuestion(): void {
    if (this.#question === null) return;
    this.#prompt = this.#question.promptBefore;
    this.#question = null;
    this.output?.write("\r\n");
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    const events = on(this, "line", { close: ["close"], highWaterMark: MAX_QUEUED_LINES } as never);
    const lineOf = ({ done, value }: IteratorResult<unknown[]>): IteratorResult<string> =>
      done === true ? { done: true, value: undefined } : { done: false, value: value[0] as string };
    const iterator: AsyncIterableIterator<string> = {
      next: async () => lineOf(await events.next()),
      // A loop that is left closes the interface, as in Node.
      return: async () => {
        const end = lineOf(await events.return!());
        this.close();
        return end;
      },
      throw: async (error) => lineOf(await events.throw!(error)),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
