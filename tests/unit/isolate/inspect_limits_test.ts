/** Tests how much of a value node:util shows an app. */
import { assertEquals, assertThrows } from "@std/assert";
import util from "node:util";
import { boundInspect } from "../../../runtime/isolate/sandbox/inspect_limits.ts";

// deno-lint-ignore no-explicit-any
type Util = Record<"inspect" | "format" | "formatWithOptions", any>;
const native = { inspect: util.inspect, format: util.format, formatWithOptions: util.formatWithOptions } as Util;
const bounded = boundInspect(native) as Util;

function wide(members: number): Record<string, { at: number }> {
  return Object.fromEntries(Array.from({ length: members }, (_, at) => [`k${at}`, { at }]));
}

Deno.test("boundInspect() makes functions that show what Node's show, under every option", () => {
  const value = {
    list: Array.from({ length: 120 }, (_, at) => at),
    deep: { a: { b: { c: { d: [wide(3)] } } } },
    map: new Map<unknown, unknown>([["a", new Set([1n])]]),
    [Symbol("s")]: "it's",
    proxy: new Proxy({ a: 1 }, {}),
    get got() {
      return 1;
    },
  };
  const options = [
    undefined,
    {},
    { depth: 0 },
    { depth: null },
    { colors: true },
    { showHidden: true, showProxy: true },
    { compact: false, breakLength: Infinity, sorted: true, getters: true, maxArrayLength: 2 },
    { stylize: (text: string, style: string) => `<${style} ${text}>` },
  ];
  for (const each of options) {
    assertEquals(bounded.inspect(value, each), native.inspect(value, each));
    if (each !== undefined) {
      assertEquals(bounded.formatWithOptions(each, "%o", value), native.formatWithOptions(each, "%o", value));
    }
  }
  assertEquals(bounded.inspect(value, true, 1, true), native.inspect(value, true, 1, true));
  assertEquals(
    bounded.format("%s %d %j %O", "a", 1, [2], value, value),
    native.format("%s %d %j %O", "a", 1, [2], value, value),
  );
  assertEquals([bounded.format(), bounded.inspect(undefined)], [native.format(), native.inspect(undefined)]);
  assertEquals(bounded.inspect.custom, native.inspect.custom);
  assertEquals(bounded.inspect.defaultOptions, native.inspect.defaultOptions);
  assertThrows(() => bounded.formatWithOptions("no options"), TypeError, '"inspectOptions"');
  for (const name of ["inspect", "format", "formatWithOptions"] as const) {
    assertEquals([bounded[name].name, bounded[name].length], [native[name].name, native[name].length]);
  }
});

Deno.test("boundInspect() makes functions that refuse a value of too many parts, coloured or not, and go on with others", () => {
  const { inspect, format, formatWithOptions } = boundInspect(native, 20) as Util;
  const rows = new Array(100).fill(wide(1000));
  const refused = [
    () => inspect(rows),
    () => inspect(rows, { colors: true }),
    () => inspect(rows, { stylize: (text: string) => text }),
    () => format("%o", rows),
    () => format(rows),
    () => formatWithOptions({ colors: true }, rows),
  ];
  for (const show of refused) assertThrows(show, RangeError, "Cannot show more than 20 keys and values");
  assertEquals(inspect(wide(2)), native.inspect(wide(2)));
});
