import { assertEquals } from "@std/assert";
import { firstReason } from "../../corpus/first_reason.ts";

Deno.test("A reason is one line, without the app's name, colours and paths of the machine", () => {
  assertEquals(
    firstReason('\n\x1b[31mCannot start app "app-x": document is not defined\x1b[39m\nat x'),
    "document is not defined",
  );
  assertEquals(firstReason("Error in file:///tmp/corpus/node_modules/a/b.js:1"), "Error in node_modules/a/b.js:1");
  assertEquals(firstReason("x".repeat(200)).length, 160);
  assertEquals(firstReason(""), "");
});
