/**
 * Tests the app's console.
 *
 * Its clock is not injectable: it must be the one from before the app's first line. So the report of dropped lines,
 * which comes with the next second, is only tested for being bounded, not for its moment.
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { createConsole } from "../../../runtime/isolate/platform/console.ts";

/** A console and its lines as `level: text`. */
function listen(): { console: Console; lines: string[] } {
  const lines: string[] = [];
  return { console: createConsole((level, text) => lines.push(`${level}: ${text}`)), lines };
}

Deno.test("createConsole() writes each method at its level, formatted without colours", () => {
  const { console, lines } = listen();
  console.log("%s is %d", "a", 1, { b: [2] });
  console.info("info");
  console.debug("debug");
  console.warn("warn");
  console.error(new TypeError("boom").message);
  console.dir({ a: 1 });
  console.assert(true, "not shown");
  console.assert(false, "shown");
  console.assert(false, "%s and %d", "a", 1);
  console.assert(false, { a: 1 });
  console.assert();
  assertEquals(lines, [
    "info: a is 1 { b: [ 2 ] }",
    "info: info",
    "debug: debug",
    "warn: warn",
    "error: boom",
    "info: { a: 1 }",
    "error: Assertion failed: shown",
    "error: Assertion failed: a and 1",
    "error: Assertion failed { a: 1 }",
    "error: Assertion failed",
  ]);
});

Deno.test("createConsole() makes a namespace object whose methods have names, lengths and labels as the standard has them", () => {
  const { console, lines } = listen();
  const methods = console as unknown as Record<string, (...given: unknown[]) => void>;
  for (const [name, method] of Object.entries(methods)) {
    assertEquals([name, method.length, "prototype" in method], [method.name, 0, false]);
  }
  const prototype = Object.getPrototypeOf(console);
  assertEquals([Reflect.ownKeys(prototype), Object.getPrototypeOf(prototype)], [[], Object.prototype]);
  assertEquals(String(console), "[object console]");
  for (const name of ["count", "time", "timeLog", "timeEnd", "countReset"]) {
    let conversions = 0;
    methods[name]!({ toString: () => `label ${++conversions}` });
    assertEquals([name, conversions], [name, 1]);
    assertThrows(() => methods[name]!(Symbol("no label")), TypeError);
  }
  assertEquals(lines.splice(0).map((line) => line.replace(/[\d.]+ms/, "ms")), [
    "info: label 1: 1",
    "info: label 1: ms",
    "info: label 1: ms",
  ]);
  console.countReset("never counted");
  console.time("twice");
  console.time("twice");
  assertEquals(lines, [
    'warn: Count for "never counted" does not exist',
    'warn: Timer "twice" already exists',
  ]);
});

Deno.test("createConsole() counts, groups and times under labels", () => {
  const { console, lines } = listen();
  console.count();
  console.count("x");
  console.count();
  console.countReset();
  console.count();
  console.group("outer");
  console.log("in");
  console.groupCollapsed();
  console.log("deeper");
  console.groupEnd();
  console.groupEnd();
  console.groupEnd();
  console.log("out");
  assertEquals(lines.splice(0), [
    "info: default: 1",
    "info: x: 1",
    "info: default: 2",
    "info: default: 1",
    "info: outer",
    "info:     in",
    "info:         deeper",
    "info: out",
  ]);
  console.time("t");
  console.timeLog("t", "still");
  console.timeEnd("t");
  console.timeEnd("t");
  assertMatch(lines[0]!, /^info: t: \d+\.\d{3}ms still$/);
  assertMatch(lines[1]!, /^info: t: \d+\.\d{3}ms$/);
  assertEquals(lines[2], 'warn: Timer "t" does not exist');
});

Deno.test("createConsole() works with methods taken off it, and traces to its caller", () => {
  const { console, lines } = listen();
  const { log, trace } = console;
  log("free");
  trace("here");
  assertEquals(lines[0], "info: free");
  assertMatch(lines[1]!, /^debug: Trace: here\n[^]*console_test\.ts/);
  assertEquals(Object.prototype.toString.call(console), "[object console]");
});

Deno.test("createConsole() cuts a line that is too long and says how long it was", () => {
  const { console, lines } = listen();
  console.log("x".repeat(16 * 1024));
  console.log("x".repeat(1_000_000));
  assertEquals(lines[0]!.length, "info: ".length + 16 * 1024);
  assert(lines[1]!.length < 17 * 1024);
  assertMatch(lines[1]!, /\u2026 \(1000000 characters\)$/);
});

Deno.test("createConsole() drops a flood: at most 10,000 lines a second", () => {
  const { console, lines } = listen();
  const start = performance.now();
  for (let at = 0; at < 30_000; at++) console.log("x");
  // Whole seconds of the clock, the one that had begun included; the report of what was dropped is one line for each.
  const seconds = Math.floor((performance.now() - start) / 1000) + 2;
  assert(lines.length <= seconds * 10_001, `${lines.length} lines within ${seconds} s`);
  assert(lines.length >= 10_000);
});
