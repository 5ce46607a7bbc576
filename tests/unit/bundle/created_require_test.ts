import { assertEquals } from "@std/assert";
import { withPlainRequires, withSeenRequires } from "../../../runtime/bundle/created_require.ts";

Deno.test("What a module requires by a require that it made is required plainly, whatever the names", () => {
  const named = 'import { createRequire } from "node:module"; const load = createRequire(import.meta.url);';
  assertEquals(
    withPlainRequires(`${named} load("a"); load('./b.json'); load(name); load.resolve("a"); upload("a"); x.load("a");`),
    `${named} require("a"); require('./b.json'); load(name); load.resolve("a"); upload("a"); x.load("a");`,
  );
  const short = 'import{builtinModules as b,createRequire as e}from"module";const t$=e(import.meta.url);';
  assertEquals(withPlainRequires(`${short}t$("a");t$(b)`), `${short}require("a");t$(b)`);
});

Deno.test("A made require with the name of CommonJS's gets another, but for what is known while bundling", () => {
  const text = (made: string) =>
    `import { createRequire } from "module"; const ${made} = createRequire(import.meta.url);\n` +
    `export default [require("a"), ${made}(name), ${made}.resolve("a"), x.require(b)];`;
  assertEquals(withPlainRequires(text("require")), text("__nanoCreatedRequire"));
});

Deno.test("A module that makes no require stays as it is", () => {
  for (
    const text of [
      'const load = createRequire(import.meta.url); load("a");',
      'import { createRequire } from "module"; require("a");',
    ]
  ) assertEquals(withPlainRequires(text), text);
});

Deno.test("What is required by a chunk's require, or by a raw text, is required plainly", () => {
  const shared = 'import { a, t as __require } from "./runtime.mjs";\n';
  assertEquals(
    withSeenRequires(`${shared}__require("a"); __require(name); x.__require("a"); own__require('a');`),
    `${shared}require("a"); __require(name); x.__require("a"); own__require('a');`,
  );
  assertEquals(withSeenRequires("require(String.raw`./a/b.js`)"), 'require("./a/b.js")');
});

Deno.test("A __require that a module has of its own stays as it is, and so do raw texts that are put together", () => {
  for (const text of ['function __require(a) {} __require("a");', "require(String.raw`./${a}`)", "String.raw`a`"]) {
    assertEquals(withSeenRequires(text), text);
  }
});
