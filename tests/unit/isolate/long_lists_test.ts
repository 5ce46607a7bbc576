/** Tests the bounds on lists; they are put in the place of this process' own, which behave the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { guardLongLists } from "../../../runtime/isolate/sandbox/long_lists.ts";

const NAMES = [
  "indexOf",
  "lastIndexOf",
  "includes",
  "reverse",
  "fill",
  "copyWithin",
  "splice",
  "shift",
  "unshift",
  "sort",
  "toReversed",
  "toSorted",
  "toSpliced",
  "with",
];

Deno.test("guardLongLists() refuses what would be walked for years, and nothing that is usual", () => {
  const natives = NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(Array.prototype, name)!] as const);
  try {
    guardLongLists();
    for (const [name, native] of natives) {
      const method = Reflect.get(Array.prototype, name) as (...given: unknown[]) => unknown;
      const holes: unknown[] = [];
      holes[2 ** 32 - 2] = 1;
      for (const list of [{ length: 2 ** 53 - 1 }, { length: "1e15" }, holes]) {
        assertThrows(() => method.call(list, 1), RangeError);
      }
      assertThrows(() => method.call(null), TypeError);
      assertEquals([method.name, method.length], [name, native.value.length]);
      for (const given of [[], [2], [1, 1], [0, 2, 9]]) {
        const [one, other] = [[3, 1, 2], [3, 1, 2]];
        if (name === "sort" || name === "toSorted") assertEquals(method.call(one), native.value.call(other));
        else assertEquals(method.apply(one, given), native.value.apply(other, given));
        assertEquals(one, other);
      }
    }
    assertEquals([2, 1, 3].sort((one, other) => other - one), [3, 2, 1]);
  } finally {
    for (const [name, native] of natives) Object.defineProperty(Array.prototype, name, native);
  }
});

Deno.test("guardLongLists() has the natives walk a list that is as long as it said at the first look", () => {
  const natives = NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(Array.prototype, name)!] as const);
  try {
    guardLongLists();
    for (const [name] of natives) {
      const method = Reflect.get(Array.prototype, name) as (...given: unknown[]) => unknown;
      let looks = 0;
      const growing = () => looks++ === 0 ? 3 : 2 ** 53 - 1;
      const lists = [
        {
          get length() {
            return growing();
          },
          set length(_) {
            // Takes any.
          },
        },
        { length: { valueOf: growing } },
        new Proxy([], { get: (list, key) => key === "length" ? growing() : Reflect.get(list, key) }),
        Object.create({
          get length() {
            return growing();
          },
          set length(_) {
            // Takes any.
          },
        }),
      ];
      for (const list of lists) {
        looks = 0;
        method.call(list, undefined);
        assertEquals(looks, 1, name);
      }
    }
    // What wraps an array, as libraries do that watch it, works as the array does.
    const set: PropertyKey[] = [];
    const made: string[] = [];
    const watched: string[] = new Proxy(made, {
      set(list, key, value, receiver) {
        if (receiver === watched) set.push(key);
        return Reflect.set(list, key, value);
      },
    });
    assertEquals([watched.unshift("b", "a"), watched.sort() === watched, watched.splice(0, 1)], [2, true, ["a"]]);
    assertEquals([made, set.includes("length"), watched.indexOf("b")], [["b"], true, 0]);
    assertEquals([].indexOf.call("abc" as never, "b" as never), 1);
    assertEquals([].includes.call(new Uint8Array([1, 2]) as never, 2 as never), true);
  } finally {
    for (const [name, native] of natives) Object.defineProperty(Array.prototype, name, native);
  }
});
