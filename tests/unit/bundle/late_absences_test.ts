/** Packages that a package can do without. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { defaultOf, failureOf } from "./bundled_app.ts";

const TOOLS = 'import tools, { open } from "absent-tools"; export default open(tools);';

Deno.test("What a package imports by a statement of a file that it asks for by import() is absent then, not before", async () => {
  const value = await defaultOf({
    "index.js": 'import kit from "kit"; export default await kit();',
    "node_modules/kit/package.json": '{"type":"module"}',
    "node_modules/kit/index.js":
      `const told = (error) => [error.code, error.message]; globalThis.where = () => import.meta.resolve("absent-tools");
      export default () => import("./tools.js").then(() => "there", told);`,
    "node_modules/kit/tools.js": TOOLS,
  });
  const [code, message] = value as [string, string];
  assertEquals(code, "ERR_MODULE_NOT_FOUND");
  assertStringIncludes(message, `Cannot find package 'absent-tools': Package "absent-tools" is not installed`);
});

Deno.test("Where the app begins with it, or a file of its own says so, the bundle fails with the place", async () => {
  const kit = { "node_modules/kit/package.json": '{"type":"module"}', "node_modules/kit/tools.js": TOOLS };
  const failures = await Promise.all([
    failureOf({ ...kit, "index.js": 'import "kit/tools.js";' }),
    failureOf({ ...kit, "index.js": 'import "./own.cjs";', "own.cjs": 'require("kit/tools.js");' }),
    failureOf({ ...kit, "index.ts": 'import type { A } from "gone"; import "kit/tools.js";' }),
    failureOf({ "index.js": 'export default () => import("./own.js");', "own.js": TOOLS }),
  ]);
  const places = [
    "node_modules/kit/tools.js:1:29",
    "node_modules/kit/tools.js:1:29",
    "node_modules/kit/tools.js:1:29",
    "own.js:1:29",
  ];
  for (const [at, { message }] of failures.entries()) {
    assertStringIncludes(message, `${places[at]}: Package "absent-tools" is not installed`);
  }
});
