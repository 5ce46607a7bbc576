/** What packages call as globals are called. */
import { assertEquals } from "@std/assert";
import { defaultOf } from "./bundled_app.ts";

Deno.test("A package's own globalThis, String and Symbol do not stand before those that a bundle works by", async () => {
  const value = await defaultOf({
    "index.js": `import kit, { String, Symbol } from "kit"; const name = "ki" + "t/lone";
      const told = (thrown) => thrown.code;
      export default [kit, String(1), Symbol("x"), await import(name).catch(told)];`,
    "node_modules/kit/package.json": '{"type":"module"}',
    "node_modules/kit/index.js": `const globalThis = typeof window === "object" ? window : { process: { own: true } };
      export function String(given) { return "own " + given; }
      export const Symbol = (given) => [given];
      export default globalThis.process.own;`,
  });
  assertEquals(value, [true, "own 1", ["x"], "ERR_MODULE_NOT_FOUND"]);
});
