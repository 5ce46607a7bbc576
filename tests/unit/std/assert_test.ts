/** Holds the stand-in for @std/assert: every assertion passes where it should, and fails where it should. */
import assert from "node:assert/strict";
import * as std from "@std/assert";

const { AssertionError } = std;

/** Every assertion with arguments that pass and arguments that fail. */
// deno-lint-ignore no-explicit-any -- a table of calls of many signatures
const TABLE: readonly [name: keyof typeof std, passes: any[][], fails: any[][]][] = [
  ["assert", [[1], ["a"]], [[0], [""], [null]]],
  ["assertFalse", [[0], [""], [undefined]], [[1], [{}]]],
  ["assertEquals", [[{ a: [1, new Map([[1, 2]])] }, { a: [1, new Map([[1, 2]])] }], [NaN, NaN]], [
    [{ a: 1 }, { a: 2 }],
    [{ a: undefined }, {}],
    [[1, 2], [2, 1]],
    [new URL("http://a"), new URL("http://b")],
    ["1", 1],
    [new Uint8Array([1]), new Uint8Array([2])],
  ]],
  ["assertNotEquals", [[{ a: 1 }, { a: 2 }]], [[{ a: 1 }, { a: 1 }]]],
  ["assertStrictEquals", [["a", "a"], [NaN, NaN]], [[{}, {}], [1, "1"]]],
  ["assertNotStrictEquals", [[{}, {}]], [["a", "a"]]],
  ["assertExists", [[0], [""]], [[null], [undefined]]],
  ["assertGreater", [[2, 1]], [[1, 1], [NaN, 1]]],
  ["assertGreaterOrEqual", [[1, 1]], [[0, 1], [NaN, 1]]],
  ["assertLess", [[1, 2]], [[1, 1], [NaN, 1]]],
  ["assertLessOrEqual", [[1, 1]], [[2, 1], [NaN, 1]]],
  ["assertAlmostEquals", [[0.1 + 0.2, 0.3], [1, 1.05, 0.1]], [[1, 1.001], [1, 1.2, 0.1], [NaN, 1]]],
  ["assertInstanceOf", [[new Date(), Date], [new TypeError(), Error]], [[{}, Date], [null, Object]]],
  ["assertIsError", [[new TypeError("abc"), TypeError, "b"], [new Error("abc"), Error, /c$/]], [
    ["abc"],
    [new Error("abc"), TypeError],
    [new Error("abc"), Error, "x"],
    [new Error("abc"), Error, /x/],
  ]],
  ["assertMatch", [["abc", /b/]], [["abc", /x/]]],
  ["assertNotMatch", [["abc", /x/]], [["abc", /b/]]],
  ["assertStringIncludes", [["abc", "bc"]], [["abc", "x"]]],
  ["assertArrayIncludes", [[[{ a: 1 }, 2, 3], [3, { a: 1 }]]], [[[1, 2], [1, 3]]]],
  ["assertObjectMatch", [[{ a: { b: 1, c: 2 }, d: [{ e: 1, f: 2 }] }, { a: { b: 1 }, d: [{ e: 1 }] }]], [
    [{ a: { b: 1 } }, { a: { b: 2 } }],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ d: [] }, { d: [1] }],
  ]],
  ["assertThrows", [[() => JSON.parse("{")], [() => JSON.parse("{"), SyntaxError, "JSON"]], [
    [() => 1],
    [() => JSON.parse("{"), TypeError],
    [() => JSON.parse("{"), SyntaxError, "no such text"],
  ]],
  ["fail", [], [[], ["why"]]],
  ["unreachable", [], [[], ["why"]]],
];

for (const [name, passes, fails] of TABLE) {
  Deno.test(`${name}() passes what holds and throws AssertionError for what does not`, () => {
    const call = std[name] as (...args: unknown[]) => unknown;
    for (const args of passes) call(...args);
    for (const args of fails) assert.throws(() => call(...args), AssertionError);
  });
}

Deno.test("assertRejects() wants a rejection, of the class and with the text", async () => {
  const { assertRejects } = std;
  const reject = () => Promise.reject(new TypeError("abc"));
  const error = await assertRejects(reject, TypeError, "b");
  assert.equal(error.message, "abc");
  assert.equal(await assertRejects(() => Promise.reject("any value")), "any value");
  await assert.rejects(assertRejects(() => Promise.resolve(1)), AssertionError);
  await assert.rejects(assertRejects(reject, RangeError), AssertionError);
  await assert.rejects(assertRejects(reject, TypeError, "x"), AssertionError);
  const throwsAtOnce = () => {
    throw new TypeError("abc");
  };
  await assert.rejects(assertRejects(throwsAtOnce, TypeError), AssertionError);
});

Deno.test("assertThrows() returns what was thrown", () => {
  const error = std.assertThrows(() => JSON.parse("{"), SyntaxError);
  assert.ok(error instanceof SyntaxError);
});

Deno.test("A failure shows the difference and the message of the caller", () => {
  assert.throws(() => std.assertEquals({ a: 1 }, { a: 2 }, "the caller's text"), (error: Error) => {
    return error.message.includes("a: 1") && error.message.includes("a: 2") &&
      error.message.endsWith("the caller's text");
  });
});
