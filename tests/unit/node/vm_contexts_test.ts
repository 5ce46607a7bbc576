/** Contexts of node:vm: what a script of one finds, and what it leaves there. */
import { assertEquals, assertThrows } from "@std/assert";
import { compileIn, createContext, isContext, runIn } from "../../../runtime/node/vm_contexts.ts";

Deno.test("A script reads and writes its context's names, and leaves what it declares there", () => {
  const context = createContext({ x: 2 });
  assertEquals(runIn(context, "x = x + 40; var y = 17, z; for (var i in { k: 1 }) { z = i } x"), 42);
  assertEquals(context, { x: 42, y: 17, z: "k", i: "k" });
  assertEquals(Object.hasOwn(globalThis, "y"), false);
});

Deno.test("Functions of one script are there for the next, and call each other", () => {
  const context = createContext();
  runIn(context, "function add(a, b) { return a + twice(b) }\nfunction twice(b) { return b * 2 }");
  runIn(context, `"use strict"; function three() { return 3 }`);
  assertEquals(runIn(context, "add(three(), 2)"), 7);
});

Deno.test("A name of a function within another one does not hide the script's own", () => {
  const context: Record<string, unknown> = {};
  runIn(createContext(context), "var parse = 5; (function () { function parse() {} })();");
  assertEquals(context["parse"], 5);
});

Deno.test("Of the globals a script sees the language's own, and its context as globalThis", () => {
  const context: Record<string, unknown> = {};
  assertEquals(
    runIn(createContext(context), "globalThis.d = [1, 2].map((n) => Math.max(n, 2)); typeof Deno + typeof process + d"),
    "undefinedundefined2,2",
  );
  assertEquals(context["d"], [2, 2]);
});

Deno.test("A name that nobody has throws where it is read, and is the context's where it is written", () => {
  assertThrows(() => runIn(createContext(), "nowhere"), ReferenceError, "nowhere is not defined");
  const context: Record<string, unknown> = {};
  runIn(createContext(context), "nowhere = 1; fetch = 2");
  assertEquals([context["nowhere"], context["fetch"], typeof fetch], [1, 2, "function"]);
});

Deno.test("What was not made a context is none", () => {
  const object = {};
  assertEquals([isContext(object), isContext(createContext(object))], [false, true]);
});

Deno.test("A compiled function sees the objects that it was given as its scope", () => {
  const sum = compileIn([{ b: 1, c: 5 }, { b: 2 }], ["a"], "return a + b + c") as (a: number) => number;
  assertEquals(sum(10), 17);
});
