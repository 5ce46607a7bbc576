/** `process.stdout` and `process.stderr` of an app: what is written becomes lines of its log. */
import {
  decoderDecode,
  endOfMicrotask,
  endOfTurn,
  NativeTextDecoder,
  resolved,
  stringIndexOf,
  stringSlice,
} from "../../protocol/primordials.ts";
import { findInList } from "../../protocol/safe_lists.ts";

/** Longest text kept while its line has no end. */
const MAX_LINE_CHARS = 16 * 1024;

/** Of streams, as `for await` asks for it. */
const ASYNC_ITERATOR: typeof Symbol.asyncIterator = Symbol.asyncIterator;
const decoder = new NativeTextDecoder();

/** `process.stdin` of an app: at its end from the beginning, and nobody ever types. @boot */
export function createInput(): object {
  const input: Record<string, unknown> = { fd: 0, isTTY: false, readable: false, readableEnded: true, destroyed: true };
  const chain = () => input;
  const chained = "on once off addListener removeListener removeAllListeners pause resume setEncoding ref unref " +
    "destroy unpipe";
  for (const name of chained.split(" ")) input[name] = chain;
  input["read"] = () => null;
  input["pipe"] = (target: unknown) => target;
  input["emit"] = () => false;
  input["listenerCount"] = () => 0;
  input[ASYNC_ITERATOR as unknown as string] = () => ({
    next: () => resolved({ done: true, value: undefined }),
  });
  return input;
}

/** Makes one of the two. @param log takes one line @boot */
export function createOutput(fd: number, log: (format: string, line: string) => void): object {
  let line = "";
  let waiting = false;
  // The text may hold "%", which the log would take for a format.
  const put = (text: string) => log("%s", text);
  const flush = () => {
    waiting = false;
    if (line !== "") put(line);
    line = "";
  };
  const write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    line += typeof chunk === "string" ? chunk : decoderDecode(decoder, chunk as Uint8Array<ArrayBuffer>);
    for (let end = stringIndexOf(line, "\n"); end !== -1; end = stringIndexOf(line, "\n")) {
      put(stringSlice(line, 0, end));
      line = stringSlice(line, end + 1);
    }
    if (line.length > MAX_LINE_CHARS) flush();
    // A line may come in pieces, but within one turn of the event loop.
    if (line !== "" && !waiting) {
      waiting = true;
      endOfTurn(flush);
    }
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") endOfMicrotask(() => done());
    return true;
  };
  const output: Record<string, unknown> = { fd, isTTY: false, writable: true, writableLength: 0, write };
  const chain = () => output;
  for (const name of "on once off addListener removeListener removeAllListeners cork uncork".split(" ")) {
    output[name] = chain;
  }
  output["emit"] = () => false;
  output["listenerCount"] = () => 0;
  output["hasColors"] = () => false;
  output["getColorDepth"] = () => 1;
  output["end"] = (...given: unknown[]) => {
    if (given.length > 0 && typeof given[0] !== "function") write(given[0]);
    const done = findInList(given, (one) => typeof one === "function") as (() => void) | undefined;
    if (done !== undefined) endOfMicrotask(done);
    return output;
  };
  return output;
}
