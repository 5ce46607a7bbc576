/** Tests what node:assert says of values that differ. */
// deno-lint-ignore-file no-explicit-any
import { assertEquals, assertThrows } from "@std/assert";
import assert from "node:assert";
import { boundAsserts, BOUNDED_ASSERTS } from "../../../runtime/isolate/sandbox/assert_limits.ts";

/** What was said, and whether Node made it. */
function said(check: () => void): string {
  try {
    check();
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("boundAsserts() makes functions that say what Node's say", () => {
  const bounded = boundAsserts(assert);
  for (const name of BOUNDED_ASSERTS) {
    const native = (assert as any)[name];
    for (const given of [[1, 1], [1, 2], [{ a: [1] }, { a: [2] }], [[], []], [1, 2, "own text"], [1], []]) {
      assertEquals(said(() => bounded[name](...given)), said(() => native(...given)));
    }
    assertEquals([bounded[name].name, bounded[name].length], [native.name, native.length]);
  }
});

Deno.test("boundAsserts() makes functions that show no values of too many objects", () => {
  const bounded = boundAsserts(assert, 20);
  const wide = new Array(10).fill(new Array(10).fill([]));
  for (
    const [name, given] of [["deepEqual", [wide, [1]]], ["strictEqual", [wide, 1]], ["notDeepEqual", [wide, wide]]]
  ) {
    assertThrows(() => bounded[name as string](...given!), assert.AssertionError, "too large to be shown");
  }
  bounded.deepEqual(wide, wide);
  const thrown = assertThrows(() => bounded.strictEqual(wide, 1, "own text"), assert.AssertionError) as any;
  assertEquals([thrown.message, thrown.code, thrown.operator], ["own text", "ERR_ASSERTION", "strictEqual"]);
  const own = new TypeError("own error");
  assertEquals(assertThrows(() => bounded.strictEqual(wide, 1, own)), own);
});
