/** What a process writes, line by line and within bounds. */
import { type Clock, systemClock } from "../clock.ts";

/** As a line of the console of an isolate; the rest is cut. */
const MAX_LINE_CHARS = 16 * 1024;
/** As the console of an isolate has them; what writes more waits for the next second. */
const MAX_BYTES_PER_SECOND = 4 * 1024 * 1024;
const MAX_LINES_PER_SECOND = 10_000;
const SECOND_MS = 1000;

/** Reads all of it; ends with the stream, and never rejects. */
export async function readLines(
  stream: AsyncIterable<Uint8Array<ArrayBuffer>>,
  onLine: (line: string) => void,
  clock: Clock = systemClock,
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  let since = clock.now();
  let bytes = 0;
  let told = 0;
  try {
    for await (const piece of stream) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) tell(line, onLine);
      // One that never ends a line is told in pieces.
      if (rest.length > MAX_LINE_CHARS) {
        tell(rest, onLine);
        rest = "";
      }
      bytes += piece.byteLength;
      told += lines.length;
      const elapsed = clock.now() - since;
      if ((bytes > MAX_BYTES_PER_SECOND || told > MAX_LINES_PER_SECOND) && elapsed < SECOND_MS) {
        await new Promise<void>((resolve) => clock.after(SECOND_MS - elapsed, resolve));
      } else if (elapsed < SECOND_MS) continue;
      since = clock.now();
      bytes = told = 0;
    }
  } catch {
    // What it said until then counts.
  }
  if (rest !== "") tell(rest, onLine);
}

function tell(line: string, onLine: (line: string) => void): void {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  if (text === "") return;
  onLine(text.length <= MAX_LINE_CHARS ? text : `${text.slice(0, MAX_LINE_CHARS)}… (${text.length} characters)`);
}
