/** Why the process of an isolate has ended, when nobody ended it. */
import type { CellExit } from "./cell.ts";
import { readLines } from "./process_lines.ts";

/** What V8 and Deno say last when memory runs out: "Fatal JavaScript out of memory", "memory allocation of 5 bytes failed". */
const OUT_OF_MEMORY = /out of memory|memory allocation of \d+ bytes failed|Cannot allocate memory/i;
/** `unshare` ends as what is behind it ended, and only for SIGKILL it has other words (util-linux 2.38). */
const KILLED_BEHIND = /^unshare: .*sigprocmask unblock failed/m;
/** How V8 and Rust end a process that cannot go on. */
const ABORTS: ReadonlySet<string> = new Set(["SIGTRAP", "SIGABRT", "SIGILL", "SIGSEGV", "SIGBUS"]);

/** How it ended. */
export interface ProcessStatus {
  readonly code: number;
  readonly signal: string | null;
  /** Whether the kernel ended all of its group, which held more than it may. */
  readonly isOverMemory?: boolean;
}

/**
 * Names it; a process tells only of itself by what it says.
 * @param status as the system has it
 * @param lastWords end of its standard error
 */
export function endOfProcess(
  status: ProcessStatus,
  lastWords: string,
): Omit<CellExit, "cpuMicros"> {
  if (status.isOverMemory === true) {
    return { reason: "out_of_memory", detail: "the kernel ended it: with its programs it held more than it may" };
  }
  const { code } = status;
  const signal = code === 1 && KILLED_BEHIND.test(lastWords) ? "SIGKILL" : status.signal;
  const how = signal === null ? `ended by itself with exit code ${code}` : `was ended by ${signal}`;
  const aborted = signal !== null && ABORTS.has(signal);
  if ((aborted || signal === null) && OUT_OF_MEMORY.test(lastWords)) {
    return { reason: "out_of_memory", detail: `its process ${how}: V8 had no memory left` };
  }
  return { reason: "terminated", detail: `its process ${how}` };
}

/** How Deno begins what it says of an error that ends a program. */
const ERROR_LINE = /^error: (?:Uncaught )?(?:\(in (?:worker "[^"]*"|promise)\) )*(.*)/m;
/** What follows where the operator's environment asks Rust for its own stack. */
const RUST_STACK = /\n+Stack backtrace:[^]*$/;

/**
 * What an app says last that runs as Deno itself runs it, and ended by an error of its own; null when that was not so.
 * @param lastWords end of its standard error
 */
export function failureOfApp(
  { code, signal, isOverMemory }: ProcessStatus,
  lastWords: string,
): { readonly name: string; readonly message: string; readonly stack: string } | null {
  if (signal !== null || code === 0 || isOverMemory === true || OUT_OF_MEMORY.test(lastWords)) return null;
  const found = ERROR_LINE.exec(lastWords);
  if (found === null) {
    // A program that builds the walls says in its last line why it could not.
    const line = lastWords.trim().split("\n").at(-1)!;
    return line === "" ? null : { name: "Error", message: line, stack: "" };
  }
  const stack = lastWords.slice(found.index).replace(RUST_STACK, "").replace(/^error: /, "").trim();
  return { name: "Error", message: found[1]!.trim(), stack };
}

/** Bytes kept of it: V8's last words before a trace of a few KiB. */
const KEPT_BYTES = 16 * 1024;

/** The end of what a process writes to its standard error, which is read to its end. */
export class LastWords {
  /** Settles when it is gone. */
  readonly text: Promise<string>;
  readonly #decoder = new TextDecoder();
  #kept = "";

  /** @param onLine also hears of each line, at the pace of {@linkcode readLines}, unless null */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: ((line: string) => void) | null = null) {
    this.text = this.#read(stream, onLine);
  }

  async #read(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    onLine: ((line: string) => void) | null,
  ): Promise<string> {
    // One reader: of two the slower one would let all that the other has read pile up.
    const pieces = this.#keeping(stream);
    if (onLine !== null) await readLines(pieces, onLine);
    else for await (const _ of pieces);
    return this.#kept;
  }

  async *#keeping(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    try {
      for await (const piece of stream) {
        this.#kept = (this.#kept + this.#decoder.decode(piece, { stream: true })).slice(-KEPT_BYTES);
        yield piece;
      }
    } catch {
      // What it said until then counts.
    }
  }
}
