/** Tests `concat` and `flat` in steps; they are put in the place of this process' own, which do the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { joinLists } from "../../../runtime/isolate/sandbox/joined_lists.ts";

type Joining = (this: unknown, ...given: unknown[]) => unknown;
type Joins = Readonly<Record<"concat" | "flat", Joining>>;

const SPREAD = Symbol.isConcatSpreadable;
const natives = {
  concat: Object.getOwnPropertyDescriptor(Array.prototype, "concat")!,
  flat: Object.getOwnPropertyDescriptor(Array.prototype, "flat")!,
};

/** Runs with the guards in place. @param test is given them and the natives */
function withJoins(test: (guarded: Joins, native: Joins) => void): void {
  const native: Joins = { concat: natives.concat.value as Joining, flat: natives.flat.value as Joining };
  try {
    joinLists();
    test({ concat: Array.prototype.concat as Joining, flat: Array.prototype.flat as Joining }, native);
  } finally {
    Object.defineProperty(Array.prototype, "concat", natives.concat);
    Object.defineProperty(Array.prototype, "flat", natives.flat);
  }
}

/** An array of 2^32 - 1 holes. */
function holes(): unknown[] {
  const list: unknown[] = [];
  list.length = 2 ** 32 - 1;
  return list;
}

class Kind extends Array<unknown> {}

Deno.test("joinLists() makes what the natives make", () => {
  const long = Array.from({ length: 40_000 }, (_, at) => at);
  const gaps = Array.from({ length: 100 }, (_, at) => at);
  delete gaps[50];
  const calls: [unknown, ...unknown[]][] = [
    [[]],
    [[1, [2, [3, [4]]]], 9],
    [[1, , 3, ,], [, 5], 6],
    [[1], long, [undefined], gaps, "text", null, undefined, { length: 1, 0: "no" }],
    [gaps, { length: "3", 0: "a", 2: "c", [SPREAD]: true }],
    [Object.assign([1, 2], { [SPREAD]: false }), [3]],
    [Object.assign(() => 1, { [SPREAD]: true }), new Proxy([1, [2]], {})],
    ["text", ["x"]],
    [new Kind(1, 2, 3), new Kind(4, 5)],
    [[long, [long]], Infinity],
    [[[[1]]], "2"],
    [[[[1]]], NaN],
    [{ length: 2, 1: [1, [2]] }],
    [{ length: -5, 0: 1 }],
    [new Uint8Array([1, 2]), Object.assign(new Uint8Array(40).fill(7), { [SPREAD]: true })],
  ];
  withJoins((guarded, native) => {
    for (const [self, ...given] of calls) {
      for (const name of ["concat", "flat"] as const) {
        const [one, other] = [guarded[name].apply(self, given), native[name].apply(self, given)];
        assertEquals(one, other);
        assertEquals(Object.keys(one as object), Object.keys(other as object));
        assertEquals((one as object).constructor, (other as object).constructor);
      }
    }
    for (const name of ["concat", "flat"] as const) {
      assertThrows(() => guarded[name].call(null), TypeError);
      assertEquals([guarded[name].name, guarded[name].length], [name, native[name].length]);
      assertEquals(Object.hasOwn(guarded[name], "prototype"), false);
    }
  });
});

Deno.test("joinLists() refuses what would be walked for years, wherever it stands", () => {
  const endless = { length: 2 ** 53 - 1, [SPREAD]: true };
  withJoins(({ concat, flat }) => {
    assertThrows(() => concat.call([], holes()), RangeError);
    assertThrows(() => concat.call(holes()), RangeError);
    assertThrows(() => concat.call([], endless), RangeError);
    assertThrows(() => concat.call(endless), RangeError);
    for (const depth of [undefined, 1, Infinity]) {
      for (const list of [[1, holes()], { length: 1, 0: holes() }, new Proxy([holes()], {})]) {
        assertThrows(() => flat.call(list, depth), RangeError);
      }
    }
    assertThrows(() => flat.call([[[holes()]]], 9), RangeError);
    assertEquals((flat.call([[holes()]], 1) as unknown[])[0] instanceof Array, true);
  });
});

Deno.test("joinLists() looks at each length once, when its turn has come", () => {
  withJoins(({ concat, flat }) => {
    let looks = 0;
    const growing = new Proxy([], {
      get: (list, key) => key === "length" ? looks++ * 2 ** 52 : Reflect.get(list, key),
    });
    assertEquals([concat.call([], growing), looks], [[], 1]);
    looks = 0;
    assertEquals([flat.call([growing]), looks], [[], 1]);
    looks = 0;
    assertEquals([concat.call(growing), looks], [[], 1]);
    // A getter of one that makes another longer.
    const later: unknown[] = [];
    const first = Object.defineProperty([0], 0, { get: () => later.length = 2 ** 32 - 1 });
    assertThrows(() => concat.call([], first, later), RangeError);
    let reads = 0;
    const other = Object.defineProperty([0], 0, { get: () => reads++ === 0 ? [] : holes() });
    assertEquals(flat.call(other), []);
    assertThrows(() => flat.call(other), RangeError);
  });
});
