/** Which lines of a stack an app's author gets to see. */
import { assertEquals } from "@std/assert";
import { withoutOwnFrames } from "../../../runtime/isolate/traffic/own_frames.ts";

const OWN = "data:text/javascript,import%7BworkerData%......3E%7B%7D))%5D)%3B%0A";

Deno.test("Frames of NANO's, Deno's and Node's code go, and all else stays", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      `Error: x\n    at Object.err (app:///index.js:12:19)\n    at #request (${OWN}:26:1203)\n    at async ${OWN}:1:2`,
      "Error: x\n    at Object.err (app:///index.js:12:19)",
    ],
    [
      `{ e: Error: x\n      at f (app:///a b (1).ts:1:2)\n      at AppServer.receive (${OWN}:2:3) }`,
      "{ e: Error: x\n      at f (app:///a b (1).ts:1:2) }",
    ],
    [
      `Error: x\n    at f (app:///a.ts:1:2)\n    at g (ext:core/01_core.js:1:2) {\n  code: "C"\n}`,
      'Error: x\n    at f (app:///a.ts:1:2) {\n  code: "C"\n}',
    ],
    ["Error\n    at emit (node:events:1:2)\n    at new A (app:///a.ts:1:2)", "Error\n    at new A (app:///a.ts:1:2)"],
    [
      "Error\n    at Object.f [as g] (ext:a/b.js:1:2)\n    at async Promise.all (index 0)",
      "Error\n    at async Promise.all (index 0)",
    ],
    [`    at #request (${OWN}:26:1203)`, ""],
    [
      "TypeError: a\n    at f (https://site.test/client.js:1:2)",
      "TypeError: a\n    at f (https://site.test/client.js:1:2)",
    ],
    ["look at data: this, at ext:1:2 and on", "look at data: this, at ext:1:2 and on"],
    ["", ""],
  ];
  for (const [given, expected] of cases) assertEquals(withoutOwnFrames(given), expected, given);
});

Deno.test("The module itself is among them, wherever it is loaded from", () => {
  const { href } = new URL("../../../runtime/isolate/traffic/own_frames.ts", import.meta.url);
  assertEquals(
    withoutOwnFrames(`Error\n    at f (${href}:1:2)\n    at g (app:///a.ts:1:2)`),
    "Error\n    at g (app:///a.ts:1:2)",
  );
});
