import { assertEquals } from "@std/assert";
import { withNodeTimers } from "../../../runtime/bundle/node_timers.ts";
import { defaultOf } from "./bundled_app.ts";

const PACKAGE = "node_modules/timed";
const MANIFEST = '{ "name": "timed", "version": "1.0.0" }';

Deno.test("A package's timers can be unreferenced, in CommonJS and in modules, and are ended by the global functions", async () => {
  const body = `
  const timer = setTimeout(() => {}, 60_000);
  const repeated = setInterval(() => {}, 60_000);
  const kinds = [typeof timer.unref().ref, timer.hasRef(), typeof repeated.unref];
  clearTimeout(timer);
  clearInterval(repeated);`;
  const asked = await defaultOf({
    "index.js": `import required from "timed"; import imported from "timed/module.mjs";
export default [required(), imported()];`,
    [`${PACKAGE}/package.json`]: MANIFEST,
    [`${PACKAGE}/index.js`]: `"use strict";\nmodule.exports = () => {${body} return kinds; };`,
    [`${PACKAGE}/module.mjs`]: `export default () => {${body} return kinds; };`,
  });
  assertEquals(asked, [["function", false, "function"], ["function", false, "function"]]);
});

Deno.test("A file that has a timer of its own name keeps it, and one that needs nothing of Node's stays as it is", () => {
  for (
    const text of [
      "setTimeout(run, 1);",
      'import { setTimeout } from "node:timers/promises"; setTimeout(1).unref();',
      "const { setTimeout, clearTimeout } = globalThis; setTimeout(run).unref();",
      "var setTimeout = root.setTimeout; setTimeout(run).unref();",
      'import { wait as setTimeout } from "x"; setTimeout(run).unref();',
      "globalThis.setTimeout(run).unref();",
    ]
  ) assertEquals(withNodeTimers(text), text);
});

Deno.test("What is added moves no line", () => {
  const text = '"use strict";\nsetInterval(run, 1).unref();\n';
  const added = withNodeTimers(text);
  assertEquals(added.slice(0, text.length), text);
  assertEquals(added.includes("function setInterval("), true);
  assertEquals(added.includes("function setTimeout("), false);
});
