/** How long a node waits before it looks at the engine again. */
import { assertEquals } from "@std/assert";
import { pullDelayMs } from "../../../runtime/fleet/pull_delay.ts";

Deno.test("A node that could not ask the engine asks again soon; any other lets hints tell it, and looks now and then", () => {
  const times = (state: Parameters<typeof pullDelayMs>[0]) =>
    [0, 1].map((random) => Math.round(pullDelayMs(state, random)));
  assertEquals(times("offline"), [800, 1_200]);
  assertEquals(times("following"), [4_000, 6_000]);
  assertEquals(times("diverged"), [4_000, 6_000]);
});
