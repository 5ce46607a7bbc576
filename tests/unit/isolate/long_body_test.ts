/** Texts and bytes that cross in pieces: the same bytes, and no character is cut. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { isLong, limitTexts, piecesOf, sizeOfPieces } from "../../../runtime/isolate/traffic/long_body.ts";

async function collected(body: string | Uint8Array): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  const source = piecesOf(body);
  for (;;) {
    const { done, value } = await source.read();
    if (done) return pieces;
    pieces.push(value);
  }
}

const PIECE = 64 * 1024;
const BODIES: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["one piece", "a".repeat(PIECE)],
  ["a pair on the border", "a".repeat(PIECE - 1) + "\u{1f600}" + "b".repeat(PIECE)],
  ["pairs alone, an odd number of units in", "a" + "\u{1f600}".repeat(PIECE)],
  ["halves of pairs", "\ud83d".repeat(2 * PIECE + 3) + "\udc00"],
  ["three bytes a character", "\u20ac".repeat(3 * PIECE + 1)],
];

for (const [name, text] of BODIES) {
  Deno.test(`A text crosses in pieces as the bytes that it has: ${name}`, async () => {
    const whole = new TextEncoder().encode(text);
    const pieces = await collected(text);
    assert(pieces.every(({ byteLength }) => byteLength <= 3 * PIECE));
    assertEquals(await new Blob(pieces as BlobPart[]).bytes(), whole);
    assertEquals(sizeOfPieces(text), whole.byteLength);
  });
}

Deno.test("Pieces of bytes are buffers of their own, which may be sent away", async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(65_536)).subarray(1);
  const pieces = await collected(bytes);
  assertEquals(pieces[0], bytes);
  assert(pieces.every(({ buffer }) => buffer !== bytes.buffer));
  assertEquals(sizeOfPieces(bytes), 65_535);
});

Deno.test("What is longer than a stream has under way is long", () => {
  const most = 1024 * 1024;
  assertEquals(["x".repeat(most), "x".repeat(most + 1)].map(isLong), [false, true]);
  assertEquals([new Uint8Array(most), new Uint8Array(most + 1)].map(isLong), [false, true]);
});

Deno.test("A text that alone is more than the app may hold is refused before its head is sent", () => {
  try {
    limitTexts(1000);
    assertEquals(sizeOfPieces("\u20ac".repeat(1000)), 3000);
    assertThrows(() => sizeOfPieces("x".repeat(1001)), RangeError, "1001 characters: the app may hold 1000 bytes");
    assertEquals(sizeOfPieces(new Uint8Array(2000)), 2000);
  } finally {
    limitTexts(Infinity);
  }
});
