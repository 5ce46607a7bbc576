/** When a node tries again what it could not put in force. */
import { assertEquals } from "@std/assert";
import { FailedRecords } from "../../../runtime/fleet/failed_records.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

Deno.test("What an app cannot is tried again ever more seldom, what the node's disk refuses with each look", async () => {
  for (const [own, wanted] of [[false, [30, 90, 210]], [true, [4, 8, 12]]] as const) {
    const clock = new FakeClock();
    const failed = new FailedRecords(clock);
    const tried: number[] = [];
    failed.add("app.blog", 7, "why", { own });
    for (let second = 1; tried.length < 3; second++) {
      await clock.advance(1_000);
      if (failed.due({ all: false }).length === 0) continue;
      tried.push(second);
      failed.add("app.blog", 7, "why", { own });
    }
    assertEquals(tried, [...wanted]);
  }
});
