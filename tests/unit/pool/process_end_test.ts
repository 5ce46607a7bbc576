/** The last words of a process whose lines are told as well. */
import { assertEquals } from "@std/assert";
import { LastWords } from "../../../runtime/pool/process_end.ts";

Deno.test("What is written faster than it is told waits in the process: the last words are those of told lines", async () => {
  const line = `${"x".repeat(1023)}\n`;
  const piece = new TextEncoder().encode(line.repeat(1024));
  // More than the lines of a second.
  const pieces = [piece, piece, piece, piece, piece, new TextEncoder().encode("the end")];
  let lines = 0;
  const words = new LastWords(ReadableStream.from(pieces), () => lines++);
  const text = await words.text;
  assertEquals([lines, text.length, text.endsWith("\nthe end")], [5 * 1024 + 1, 16 * 1024, true]);
});

Deno.test("Last words are kept of whoever tells no lines, too", async () => {
  const words = new LastWords(ReadableStream.from([new TextEncoder().encode("the end")]));
  assertEquals(await words.text, "the end");
});
