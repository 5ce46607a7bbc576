/** What the isolate promises of Node's modules, on both sides of the wall. */
import { assertStringIncludes } from "@std/assert";
import { refusalText } from "../../../runtime/protocol/node_builtins.ts";

Deno.test("a refused import names the module and the reason", () => {
  assertStringIncludes(refusalText("node:fs", true, true), `"node:fs": it reaches past the isolate`);
  assertStringIncludes(refusalText("node:path", true, false), `"node:path": "node_compat" of the app is off`);
  assertStringIncludes(refusalText("left-pad", false, true), `"left-pad": apps may import their own files`);
});
