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
/** Those that call a function, which these give nothing to do. */
const CALLERS = ["forEach", "map", "filter", "some", "every", "flatMap", "reduce", "reduceRight"];
const OTHERS = ["toLocaleString", "slice"];

const NATIVE = [
  Proxy,
  Array.from,
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), "toLocaleString")!,
] as const;

/** Puts back what the guards of `Proxy`, `Array.from` and typed arrays have replaced. */
function restore(): void {
  globalThis.Proxy = NATIVE[0];
  Array.from = NATIVE[1];
  Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "toLocaleString", NATIVE[2]);
}

/** For those that call a function, one before what is given otherwise. */
function argumentsOf(name: string, given: readonly unknown[]): unknown[] {
  return CALLERS.includes(name) ? [(...told: unknown[]) => told.length, ...given] : [...given];
}

Deno.test("guardLongLists() refuses what would be walked for years, and nothing that is usual", () => {
  const natives = [...NAMES, ...CALLERS, ...OTHERS].map((name) =>
    [name, Object.getOwnPropertyDescriptor(Array.prototype, name)!] as const
  );
  try {
    guardLongLists();
    for (const [name, native] of natives) {
      const method = Reflect.get(Array.prototype, name) as (...given: unknown[]) => unknown;
      const holes: unknown[] = [];
      holes[2 ** 32 - 2] = 1;
      for (const list of [{ length: 2 ** 53 - 1 }, { length: "1e15" }, holes]) {
        assertThrows(() => method.call(list, ...argumentsOf(name, [1])), RangeError);
      }
      assertThrows(() => method.call(null), TypeError);
      assertEquals([method.name, method.length], [name, native.value.length]);
      for (const given of [[], [2], [1, 1], [0, 2, 9]].map((each) => argumentsOf(name, each))) {
        const [one, other] = [[3, 1, 2], [3, 1, 2]];
        if (name === "sort" || name === "toSorted") assertEquals(method.call(one), native.value.call(other));
        else assertEquals(method.apply(one, given), native.value.apply(other, given));
        assertEquals(one, other);
      }
    }
    assertEquals([2, 1, 3].sort((one, other) => other - one), [3, 2, 1]);
  } finally {
    for (const [name, native] of natives) Object.defineProperty(Array.prototype, name, native);
    restore();
  }
});

Deno.test("guardLongLists() has the natives walk a list that is as long as it said at the first look", () => {
  const natives = [...NAMES, ...CALLERS, ...OTHERS].map((name) =>
    [name, Object.getOwnPropertyDescriptor(Array.prototype, name)!] as const
  );
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
        // None of those that growing lists say of themselves is read again.
        method.call(list, ...argumentsOf(name, [undefined]));
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
    restore();
  }
});

Deno.test("guardLongLists() bounds what is walked, not what there is: parts, lists that are made", () => {
  const natives = [...NAMES, ...CALLERS, ...OTHERS].map((name) =>
    [name, Object.getOwnPropertyDescriptor(Array.prototype, name)!] as const
  );
  try {
    guardLongLists();
    const holes: unknown[] = [];
    holes[2 ** 32 - 2] = 1;
    assertEquals([holes.slice(-1), holes.slice(2, 4).length, holes.slice(1e12)], [[1], 2, []]);
    assertEquals([].slice.call({ length: 2 ** 53 - 1, 4: "x" } as never, 4, 5), ["x"]);
    for (const given of [[0], [NaN, 5], [{}, 3]]) assertThrows(() => holes.slice(...given as number[]), RangeError);
    assertThrows(() => [1].flatMap(() => holes), RangeError);
    // A proxy of a list may say another length at the second look.
    let looks = 0;
    const growing = new Proxy([], {
      get: (list, key) => key === "length" ? looks++ * 2 ** 52 : Reflect.get(list, key),
    });
    assertEquals([[1].flatMap(() => growing), looks], [[], 1]);
    assertThrows(() => new Float64Array(2e6).toLocaleString(), RangeError);
    assertEquals(new Float64Array(2).toLocaleString(), "0,0");
    for (const list of [holes, { length: 2 ** 32 - 2 }]) assertThrows(() => Array.from(list as never), RangeError);
    assertEquals(Array.from({ length: 2, 1: "b" }, (value, at) => `${value}${at}`), ["undefined0", "b1"]);
    assertEquals([Array.from("ab"), Array.from(new Set([1])), Array.from(7 as never)], [["a", "b"], [1], []]);
    assertThrows(() => Array.from(null as never), TypeError);
    // The function is told of the list that its app knows.
    const seen: unknown[] = [];
    const list = new Proxy([5], {});
    list.forEach((...given) => seen.push(given[2] === list));
    list.reduce((...given) => seen.push(given[3] === list), 0);
    assertEquals([seen, list.map((x) => x + 1)], [[true, true], [6]]);
    assertEquals([Proxy.name, Proxy.length, "prototype" in Proxy, Array.isArray(list)], ["Proxy", 2, false, true]);
    assertThrows(() => (Proxy as unknown as () => void)(), TypeError);
    assertThrows(() => new Proxy(1 as never, {}), TypeError);
    const { proxy, revoke } = Proxy.revocable([1], {});
    assertEquals(proxy.slice(), [1]);
    revoke();
    assertThrows(() => proxy.slice(), TypeError);
  } finally {
    for (const [name, native] of natives) Object.defineProperty(Array.prototype, name, native);
    restore();
  }
});
