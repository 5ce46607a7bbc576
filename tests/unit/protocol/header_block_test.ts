/** Tests header blocks: one string for many headers. */
import { assertEquals } from "@std/assert";
import { type HeaderList, joinHeaders, splitHeaders } from "../../../runtime/protocol/header_block.ts";

const LISTS: readonly HeaderList[] = [
  [],
  [["a", "1"]],
  [["set-cookie", "a=1"], ["set-cookie", "b=2"]],
  [["X-Mixed", "kept"], ["empty", ""], ["spaces", "a b  c"], ["colon", "a: b"], ["latin", "\u00e9\u00ff"]],
];

for (const list of LISTS) {
  Deno.test(`splitHeaders() undoes joinHeaders() of ${list.length} headers, order and repeats included`, () => {
    assertEquals(splitHeaders(joinHeaders(list)), list);
  });
}

Deno.test("splitHeaders() drops what an isolate cut off in the middle", () => {
  assertEquals(splitHeaders("a\n1\nb"), [["a", "1"]]);
  assertEquals(splitHeaders("a\n1\nb\n2"), [["a", "1"]]);
  assertEquals(splitHeaders("\n"), []);
});
