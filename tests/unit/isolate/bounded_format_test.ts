/** Tests how much of a value one line of the console walks. */
import { assertEquals, assertThrows } from "@std/assert";
import { formatWithOptions } from "node:util";
import { boundedFormat } from "../../../runtime/isolate/platform/bounded_format.ts";

/** An object with so many members, each an object. */
function wide(members: number): Record<string, { at: number }> {
  return Object.fromEntries(Array.from({ length: members }, (_, at) => [`k${at}`, { at }]));
}

Deno.test("boundedFormat() shows what Node shows", () => {
  const shown: unknown[][] = [
    ["%s is %d and %o", "a", 1, { b: [2] }],
    [[wide(3)], new Map([[1, wide(2)]]), new Set(["a"]), [[[[1]]]]],
    [() => {}, /x/, new Date(0), Symbol("s"), 1n, "q", null, undefined, class A {}, new Uint8Array(300)],
    [new Array(200_000), new Proxy(wide(2), {}), Object.create(null), wide(1000)],
  ];
  for (const parameters of shown) {
    assertEquals(boundedFormat(parameters), formatWithOptions({ colors: false }, ...parameters));
  }
});

Deno.test("boundedFormat() looks less deep, and at last not at all, when a value has too many parts", () => {
  assertEquals(boundedFormat([{ a: wide(10) }], 20), "{ a: [Object] }");
  assertEquals(boundedFormat([wide(30)], 20), "[Object]");
  assertEquals(boundedFormat(["%o", wide(30)], 20), "[too large to be shown]");
  assertEquals(boundedFormat(["text", wide(30), 1], 20), "text [Object] 1");
});

Deno.test("boundedFormat() stops within its bound, however large a value is", () => {
  let looks = 0;
  const member = {
    get [Symbol.for("nodejs.util.inspect.custom")]() {
      looks++;
      return undefined;
    },
  };
  const row = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${at}`, member]));
  assertEquals(boundedFormat([new Array(100).fill(row)], 50), "[Array]");
  assertEquals(looks <= 150, true, `${looks} members were looked at`);
});

Deno.test("boundedFormat() passes on what a value throws when it is shown", () => {
  const hostile = {
    [Symbol.for("nodejs.util.inspect.custom")]() {
      throw new TypeError("no look");
    },
  };
  assertThrows(() => boundedFormat([hostile]), TypeError, "no look");
});
