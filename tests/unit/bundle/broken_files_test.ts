/** What packages ship beside code for servers. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { defaultOf, failureOf } from "./bundled_app.ts";

const FLOW = "'use strict';\nvar here = (path: string) => path;\nmodule.exports = here;";

Deno.test("A file of a package that is no JavaScript fails where it is required, and nobody has to", async () => {
  const value = await defaultOf({
    "index.js": 'import kit from "kit"; export default kit;',
    "node_modules/kit/index.js": `
      const files = (native) => native ? require("native-files") : "none";
      let told; try { files(true); } catch (error) { told = [error.name, error.message]; }
      module.exports = [files(false), told];`,
    "node_modules/native-files/index.js": FLOW,
  });
  assertEquals(value, [
    "none",
    ["SyntaxError", 'node_modules/native-files/index.js:2:17: Expected ")" but found ":"'],
  ]);
});

Deno.test("What else does not build is told as ever: an app's own file, a module that is imported, what is absent", async () => {
  const failures = await Promise.all([
    failureOf({ "index.js": 'import "./own.js";', "own.js": FLOW }),
    failureOf({ "index.js": 'import "kit";', "node_modules/kit/index.js": `${FLOW}\nexport const a = 1;` }),
    failureOf({ "index.js": 'import "kit"; import "absent";', "node_modules/kit/index.js": FLOW }),
  ]);
  const places = ["own.js:2:", "node_modules/kit/index.js:2:", '"absent"'];
  for (const [at, failure] of failures.entries()) {
    assertStringIncludes([failure.message, ...failure.details ?? []].join("\n"), places[at]!);
  }
});
