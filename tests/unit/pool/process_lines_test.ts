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

Deno.test("Who writes more or longer lines than a second has waits for the next one", async () => {
  for (const piece of ["x\n".repeat(10_001), `${"x".repeat(1023)}\n`.repeat(4097)]) {
    const encoded = new TextEncoder().encode(piece);
    let told = 0;
    let asked = Promise.withResolvers<() => void>();
    const clock = {
      now: () => 0,
      wall: () => 0,
      after(_delayMs: number, run: () => void) {
        asked.resolve(run);
        return () => {};
      },
    };
    const read = readLines(ReadableStream.from([encoded, encoded]), () => told++, clock);
    const lines = piece.split("\n").length - 1;
    for (const times of [1, 2]) {
      const goOn = await asked.promise;
      assertEquals(told, times * lines);
      asked = Promise.withResolvers();
      goOn();
    }
    await read;
  }
});
