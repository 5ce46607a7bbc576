/** Holds what `$` means against V8's own answer, for random expressions, texts and templates. */
import { assertEquals } from "@std/assert";
import { dollarsIn, substitution } from "../../../runtime/isolate/sandbox/substitution.ts";

const PATTERNS = [
  /b/g,
  /(b)(c)?/g,
  /(?<one>b)(?<two>c)?/g,
  /(?:)/g,
  /b/,
  /(a)(b)(c)(d)?(e)?(f)?(g)?(h)?(i)?(j)?(k)?/gu,
  /x/g,
];
const PIECES = ["$", "$$", "$&", "$`", "$'", "$0", "$1", "$2", "$10", "$11", "$99", "$01", "$00", "$<one>", "$<two>"];
const MORE = ["$<none>", "$<one", "$<>", ">", "a", "\u{1f600}", "0", ""];

Deno.test("substitution() gives what V8 gives for a text with dollars", () => {
  const pieces = [...PIECES, ...MORE];
  // A generator of its own, so that a failure comes again
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 5000; round++) {
    const pattern = PATTERNS[random(PATTERNS.length)]!;
    const template = Array.from({ length: random(6) }, () => pieces[random(pieces.length)]).join("");
    const text = ["abc", "abcabc", "b", "", "xabcdefghijk", "\u{1f600}b"][random(6)]!;
    const own = text.replace(pattern, substitution(template));
    assertEquals(
      own,
      text.replace(pattern, template),
      `${JSON.stringify(text)} ${pattern} ${JSON.stringify(template)}`,
    );
  }
});

Deno.test("dollarsIn() counts each of them", () => {
  assertEquals(["", "a", "$", "$$", "a$1b$&", "$<x>"].map(dollarsIn), [0, 0, 1, 2, 2, 1]);
});
