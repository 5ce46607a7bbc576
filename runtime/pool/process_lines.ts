/** What a process writes, line by line and within bounds. */
import { type Clock, systemClock } from "../clock.ts";
import { boundedLine, MAX_CHARS_PER_SECOND, MAX_LINE_CHARS, MAX_LINES_PER_SECOND } from "../protocol/log_bounds.ts";

const SECOND_MS = 1000;

/** Reads all of it, where more than the log takes in a second waits for the next; ends with the stream, never rejects. */
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
      if ((bytes > MAX_CHARS_PER_SECOND || told > MAX_LINES_PER_SECOND) && elapsed < SECOND_MS) {
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
  if (text !== "") onLine(boundedLine(text));
}
