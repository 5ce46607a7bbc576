/** JSON Merge Patch: the examples of its standard, and two patches as one. */
import { assertEquals } from "@std/assert";
import { joinPatches, mergePatch } from "../../../runtime/config/merge_patch.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

Deno.test("mergePatch() does what RFC 7396 shows in its appendix A", () => {
  const cases: readonly [value: unknown, patch: unknown, result: unknown][] = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [["a", "b"], ["c", "d"], ["c", "d"]],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [value, patch, result] of cases) {
    const before = JSON.stringify([value, patch]);
    assertEquals(mergePatch(value, patch), result, before);
    assertEquals(JSON.stringify([value, patch]), before, "neither is changed");
  }
});

Deno.test("A key named __proto__ is a key like any other", () => {
  const patch = JSON.parse('{ "__proto__": { "polluted": true }, "a": 1 }');
  for (const merged of [mergePatch({}, patch), joinPatches({}, patch, {})] as Record<string, unknown>[]) {
    assertEquals(Object.keys(merged).sort(), ["__proto__", "a"]);
    assertEquals(merged["polluted"], undefined);
    assertEquals(Object.getPrototypeOf(merged), Object.prototype);
  }
  assertEquals(({} as Record<string, unknown>)["polluted"], undefined);
});

Deno.test("Two patches joined do what one after the other does, whatever they are", () => {
  const random = new SeededRandom(5);
  const value = (depth: number): unknown => {
    const kind = random.below(depth === 0 ? 3 : 6);
    if (kind === 0) return null;
    if (kind < 3) return kind;
    return Object.fromEntries(random.some(3, () => [random.pick(["a", "b", "c"]), value(depth - 1)]));
  };
  /** What is written down holds no null inside of an object, as an entry of `apps`. */
  const written = () => mergePatch({}, value(3));
  for (let round = 0; round < 5000; round++) {
    const [document, first, second] = [written(), { a: value(3), b: value(3) }, { a: value(3), c: value(3) }];
    const after = mergePatch(mergePatch(document, first), second);
    const joined = mergePatch(document, joinPatches(first, second, document));
    assertEquals(joined, after, JSON.stringify([document, first, second]));
  }
});
