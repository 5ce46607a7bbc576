/** Tests the bounds on long texts; they are put in the place of this process' own methods, which behave the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { guardLongTexts } from "../../../runtime/isolate/sandbox/long_texts.ts";

const HOLDERS = [
  [String.prototype, "split"],
  [String.prototype, "normalize"],
  [RegExp.prototype, Symbol.match],
  [RegExp.prototype, Symbol.split],
  [RegExp.prototype, Symbol.replace],
  [Intl.Segmenter.prototype, "segment"],
  [JSON, "parse"],
] as const;

Deno.test("guardLongTexts() refuses what V8 would take hours for, and nothing that is usual", () => {
  const natives = HOLDERS.map(([holder, key]) => [holder, key, Object.getOwnPropertyDescriptor(holder, key)!] as const);
  try {
    guardLongTexts(2 ** 27);
    const marked = "e" + "\u0300\u0323".repeat(100);
    const letters = "\u00e9a\u0300".repeat(10_000);
    assertEquals([marked.normalize().length, letters.normalize("NFD").length], [200, 40_000]);
    assertEquals(letters.normalize("NFC").length, 20_000);
    // A short text is cheap to put in order, whatever it holds.
    assertEquals(("e" + "\u0300\u0323".repeat(300)).normalize("NFC").length, 600);
    for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
      assertThrows(() => ("e" + "\u0300\u0323".repeat(1e6)).normalize(form), RangeError, "combining marks");
    }
    assertThrows(() => "e".normalize("x"), RangeError);
    const segmenter = new Intl.Segmenter("th", { granularity: "word" });
    assertEquals([...segmenter.segment("ab cd")].length, 3);
    assertThrows(() => segmenter.segment("x".repeat(5e6)), RangeError);
    assertThrows(() => segmenter.segment({ toString: () => "x".repeat(5e6) } as never), RangeError);
    for (const [holder, key, native] of natives) {
      const { name, length } = Reflect.get(holder, key) as { name: string; length: number };
      assertEquals([name, length], [native.value.name, native.value.length]);
    }
  } finally {
    for (const [holder, key, native] of natives) Object.defineProperty(holder, key, native);
  }
});
