/** `process.stdout` and `process.stderr` of an app: what is written becomes lines of its log. */
import {
  decoderDecode,
  endOfMicrotask,
  endOfTurn,
  NativeTextDecoder,
  stringIndexOf,
  stringSlice,
} from "../../protocol/primordials.ts";
import { findInList } from "../../protocol/safe_lists.ts";

/** Longest text kept while its line has no end. */
const MAX_LINE_CHARS = 16 * 1024;

const decoder = new NativeTextDecoder();

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
