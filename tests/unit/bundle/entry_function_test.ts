import { assertEquals, assertRejects } from "@std/assert";
import { entryFunction, LINES_BEFORE } from "../../../runtime/bundle/entry_function.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { importBundle } from "./bundled_app.ts";

const URL = "app:///index.js";

async function run(code: string): Promise<Record<string, unknown>> {
  return await importBundle({ [URL]: await entryFunction(code) }, URL);
}

Deno.test("What a module exports is what its function returns, live, by whatever name", async () => {
  const exported = await run(`import { join as j } from "node:path";
import os, {
  EOL
} from "node:os";
import * as url from "node:url";
import "node:util";
import { parse } from "node:querystring";
export * from "node:querystring";
const text = \`
import y from "z";
export { text };
\`;
let count = 0;
var bump = () => ++count;
await 0;
export {
  bump,
  count as "how many",
  j as default,
  parse,
  text
};
`);
  assertEquals(Object.keys(exported), ["bump", "how many", "default", "parse", "text"]);
  (exported["bump"] as () => void)();
  assertEquals(exported["how many"], 1);
  assertEquals((exported["default"] as (...parts: string[]) => string)("a", "b"), "a/b");
  assertEquals(exported["text"], '\nimport y from "z";\nexport { text };\n');
});

Deno.test("What CommonJS exports is the default, and a module that exports nothing says so", async () => {
  assertEquals((await run(`var require_a = () => ({ a: 1 });\nexport default require_a();\n`))["default"], { a: 1 });
  assertEquals({ ...await run(`globalThis.ranOnce = 1;\n`) }, {});
  const hasExports = async (code: string) =>
    (await import(`data:text/javascript,${encodeURIComponent(await entryFunction(code))}`)).default[1];
  assertEquals([await hasExports("1;"), await hasExports("var a;\nexport {\n  a\n};\n")], [false, true]);
});

Deno.test("Lines and columns stay, but for those before", async () => {
  const code = `import a from "node:os";\nimport {\n  join\n} from "node:path"; throw new Error("here");\n`;
  const { stack } = await assertRejects(() => run(code), Error, "here");
  assertEquals(/:(\d+):(\d+)\)?$/m.exec(stack!)?.slice(1), [`${4 + LINES_BEFORE}`, "27"]);
});

Deno.test("A module whose imports or exports cannot be told is refused", async () => {
  for (const [what, code] of [["imports", "import {"], ["exports", "export const a = 1;"]] as const) {
    const error = await assertRejects(() => entryFunction(code), NanoError);
    assertEquals([error.code, error.message.split(":")[0]], ["APP_FAILED", `Cannot tell what its bundle ${what}`]);
  }
});
