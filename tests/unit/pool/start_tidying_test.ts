/** When what the start of an app left behind is collected. */
import { assertEquals } from "@std/assert";
import { StartTidying } from "../../../runtime/pool/start_tidying.ts";
import { COLLECT } from "../../../runtime/protocol/messages.ts";

const SMALL = { canCollect: true, heapBytes: 8 * 1024 * 1024 };

Deno.test("What the start of an app left behind is collected once, when it is quiet and its heap is small", () => {
  const tidying = new StartTidying();
  assertEquals(tidying.due(60_000, true, SMALL), COLLECT.NOTHING, "a spare has no app");
  tidying.appComes(60_000);
  assertEquals(tidying.due(61_499, true, SMALL), COLLECT.NOTHING, "its start may go on");
  assertEquals(tidying.due(61_500, false, SMALL), COLLECT.NOTHING, "a request would wait for it");
  const large = { ...SMALL, heapBytes: 33 * 1024 * 1024 };
  assertEquals(tidying.due(61_500, true, large), COLLECT.NOTHING, "it would stand still for long");
  assertEquals(tidying.due(61_500, true, SMALL), COLLECT.LAST_RESORT);
  assertEquals(tidying.due(61_600, true, SMALL), COLLECT.NOTHING, "once");
});

Deno.test("Nothing is collected where garbage cannot be collected on demand", () => {
  const tidying = new StartTidying();
  tidying.appComes(0);
  assertEquals(tidying.due(60_000, true, { ...SMALL, canCollect: false }), COLLECT.NOTHING);
});
