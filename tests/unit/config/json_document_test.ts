/** The parser of nano.json against JSON.parse, and where it says that a mistake is. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { JsonSyntaxError, parseJsonDocument, positionOf } from "../../../runtime/config/json_document.ts";
import { randomOf } from "./random_document.ts";

Deno.test("parseJsonDocument() accepts what JSON.parse accepts, with the same value", () => {
  const texts = [
    "null",
    " true ",
    "-0",
    "1e400",
    "12.5E-3",
    '"\\u00e9\\ud83d\\ude00\\n\\/"',
    '"\u2028 \ud800"',
    "[]",
    "{ }",
    "[1,[2,[3]],{}]",
    '\t{"a":\r\n{"b":[{}]},"":0}\n',
    '{"__proto__":{"x":1},"constructor":2,"toString":3}',
  ];
  for (const text of texts) assertEquals(parseJsonDocument(text).value, JSON.parse(text));
});

Deno.test("parseJsonDocument() overlooks comments and trailing commas, and nothing else", () => {
  const table: readonly [text: string, value: unknown][] = [
    ["// one\n[1, // two\r\n 2,\n] // three", [1, 2]],
    ['/* a */ { /* b */ "a" /* c */ : /* d\n */ 1 /* e */ , /* f */ } /**/', { a: 1 }],
    ['{ "url": "http://x/*y*/", "b": ["//", "/*", ",]",], }', { url: "http://x/*y*/", b: ["//", "/*", ",]"] }],
    ['{"__proto__": {"x": 1,},}', JSON.parse('{"__proto__": {"x": 1}}')],
    ["1//", 1],
  ];
  for (const [text, value] of table) assertEquals([text, parseJsonDocument(text).value], [text, value]);
  for (
    const text of ["[,]", "{,}", "[1,,]", '{"a":1,,}', '{"a":,}', "1,", "// only", "/", "[1 /]", "/* open", "# x\n1"]
  ) {
    assertThrows(() => parseJsonDocument(text), JsonSyntaxError, "", text);
  }
});

Deno.test("parseJsonDocument() agrees with JSON.parse on 20,000 damaged documents without comments", () => {
  const random = randomOf(1);
  const seeds = ['{"apps":[{"name":"a","n":-1.5e3,"t":true,"x":null}],"s":"a\\n\\u0041"}', '[[],{},"",0,false]'];
  const pieces = [...'{}[]",:\\0123456789.eE+-truefalsn/* \n\t', "\u0000", "\ufeff", "é", "\\u", "00", "NaN"];
  let accepted = 0;
  for (let round = 0; round < 20_000; round++) {
    let text = random.pick(seeds);
    for (let edits = random.below(4); edits >= 0; edits--) {
      const at = random.below(text.length + 1);
      text = text.slice(0, at) + (random.below(2) ? random.pick(pieces) : "") + text.slice(at + random.below(3));
    }
    const expected = outcome(() => JSON.parse(blanked(text)));
    const actual = outcome(() => parseJsonDocument(text).value);
    assertEquals([text, "value" in actual], [text, "value" in expected]);
    if ("value" in actual && "value" in expected) {
      assertEquals(actual.value, expected.value);
      accepted++;
    } else assert("error" in actual && actual.error instanceof JsonSyntaxError);
  }
  assert(accepted > 200 && accepted < 19_000, `Accepted ${accepted}: the damage is too small or too great to tell`);
});

Deno.test("A syntax error is placed where the text goes wrong", () => {
  const table: readonly [text: string, line: number, column: number, message: string][] = [
    ["", 1, 1, "found the end of the text instead of a value"],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'found "\\"" instead of "," or "}"'],
    ['{\n  "a": 1,,\n}', 2, 10, 'found "," instead of a key in double quotes'],
    ['{"a": 1', 1, 8, 'found the end of the text instead of "," or "}"'],
    ['{"a": [1,\n', 2, 1, "found the end of the text instead of a value"],
    ['{"a": 1, // b\n "c" }', 2, 6, 'found "}" instead of ":"'],
    ["[1, 2x]", 1, 5, 'found "2" instead of a value'],
    ["[-]", 1, 2, 'found "-" instead of a value'],
    ['["a" true]', 1, 6, 'found "t" instead of "," or "]"'],
    ["[1 2]", 1, 4, 'found "2" instead of "," or "]"'],
    ["[01]", 1, 2, 'found "0" instead of a value'],
    ["{'a': 1}", 1, 2, 'found "\'" instead of a key in double quotes'],
    ['{"a" 1}', 1, 6, 'found "1" instead of ":"'],
    ["{} {}", 1, 4, 'found "{" instead of the end of the document'],
    ["[\r\n  // note\r\n", 3, 1, "found the end of the text instead of a value"],
    ["{\n  /* note\n}", 2, 3, 'found a comment without its "*/"'],
    ["[1, /* two\n*/ /]", 2, 4, 'found "/" instead of a value'],
    ['["a\nb"]', 1, 4, 'found "\\n" instead of the closing quote (in text a line break is written "\\n")'],
    ['["a', 1, 4, 'found the end of the text instead of the closing quote (in text a line break is written "\\n")'],
    ['["\\x"]', 1, 4, 'found "x" instead of one of " \\ / b f n r t u after the backslash'],
    ["[😀]", 1, 2, 'found "😀" instead of a value'],
    [`${"[".repeat(200)}`, 1, 102, "nested deeper than 100 levels"],
  ];
  for (const [text, line, column, message] of table) {
    const error = assertThrows(() => parseJsonDocument(text), JsonSyntaxError);
    const position = positionOf(text, error.offset);
    assertEquals([text, position.line, position.column, error.message], [text, line, column, message]);
  }
});

Deno.test("positionOf() gives the whole line without its line break", () => {
  assertEquals(positionOf("a\r\nbc\r\nd", 4), { line: 2, column: 2, lineText: "bc" });
  assertEquals(positionOf("abc", 3), { line: 1, column: 4, lineText: "abc" });
});

Deno.test("A key that is written twice is told with its path, and the last value counts", () => {
  const { value, repeatedKeys } = parseJsonDocument('{"a":[{"x":1,"x":2}],"b":{"x":3},"a":4}');
  assertEquals(value, { a: 4, b: { x: 3 } });
  assertEquals(repeatedKeys, [{ path: ["a", 0, "x"], offset: 13 }, { path: ["a"], offset: 33 }]);
});

/** What JSON.parse may read: comments, and commas before a closing bracket, are blanks. */
function blanked(text: string): string {
  const comment = /"(?:[^"\\]|\\.)*"|\/\/[^\r\n]*|\/\*[^]*?\*\//g;
  const trailing = /"(?:[^"\\]|\\.)*"|(?<=["\w}\]][ \t\r\n]*),(?=[ \t\r\n]*[}\]])/g;
  const blank = (token: string) => token.startsWith('"') ? token : " ".repeat(token.length);
  return text.replace(comment, blank).replace(trailing, blank);
}

function outcome(call: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}
