import { assertEquals } from "@std/assert";
import { builtinModules } from "node:module";
import { NAMED_MODULES } from "../../../docs/deploy/compile.ts";
import { LIBRARY, libraryFile, libraryNames, OFFERED, OWN_FOLDER } from "../../../runtime/bundle/node_stubs.ts";
import { OFFERED_BUILTINS } from "../../../runtime/protocol/node_builtins.ts";

Deno.test("Every module of Node is offered, by the isolate itself or by the library", () => {
  const names = builtinModules.map((name) => name.replace(/^node:/, ""));
  assertEquals(names.filter((name) => !OFFERED.has(name)), []);
  const offered = new Set([...OFFERED_BUILTINS, ...LIBRARY]);
  assertEquals([...OFFERED].sort(), [...offered].sort());
});

Deno.test("A compiled NANO holds every module that stands for one of Node's", () => {
  const named = NAMED_MODULES.map((path) => new URL(`../../../${path}`, import.meta.url).href);
  const needed = libraryNames().map((name) => libraryFile(name)).filter((url) => url?.startsWith(OWN_FOLDER));
  assertEquals(needed.filter((url) => !named.includes(url!)), []);
  assertEquals(needed.length > 10, true);
});
