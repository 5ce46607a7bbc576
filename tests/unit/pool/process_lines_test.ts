/** Lines of what a process writes. */
import { assertEquals } from "@std/assert";
import { readLines } from "../../../runtime/pool/process_lines.ts";

async function linesOf(...pieces: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  const encoder = new TextEncoder();
  await readLines(ReadableStream.from(pieces.map((piece) => encoder.encode(piece))), (line) => lines.push(line));
  return lines;
}

Deno.test("Lines come whole, however they were written, and empty ones are none", async () => {
  assertEquals(await linesOf("one\ntw", "o\r\n\nthree"), ["one", "two", "three"]);
});

Deno.test("A long line is cut, and one without an end is told in pieces", async () => {
  const long = "x".repeat(20_000);
  const [cut, rest] = await linesOf(`${long}\nrest`);
  assertEquals([cut!.length, cut!.endsWith("… (20000 characters)"), rest], [16_384 + 20, true, "rest"]);
  assertEquals((await linesOf(long, long, "end")).length, 3);
});
