/** `process.stdout` and `process.stderr` of an app: what is written becomes lines of its log. */

/** Longest text kept while its line has no end. */
const MAX_LINE_CHARS = 16 * 1024;

const endOfTurn = setImmediate;
const decoder = new TextDecoder();

/** Makes one of the two. @param log takes one line */
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
    line += typeof chunk === "string" ? chunk : decoder.decode(chunk as Uint8Array<ArrayBuffer>);
    for (let end = line.indexOf("\n"); end !== -1; end = line.indexOf("\n")) {
      put(line.slice(0, end));
      line = line.slice(end + 1);
    }
    if (line.length > MAX_LINE_CHARS) flush();
    // A line may come in pieces, but within one turn of the event loop.
    if (line !== "" && !waiting) {
      waiting = true;
      endOfTurn(flush);
    }
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") queueMicrotask(() => done());
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
    const done = given.find((one) => typeof one === "function") as (() => void) | undefined;
    if (done !== undefined) queueMicrotask(done);
    return output;
  };
  return output;
}
