/** Tests how a thread's line of /proc is read. */
import { assert, assertEquals } from "@std/assert";
import { parseThreadState, ThreadStates } from "../../../runtime/machine/thread_states.ts";

Deno.test("parseThreadState() reads faults and state behind a name with blanks and brackets", () => {
  const stat = (state: string) => `42 (a) worker (1) ${state} 1 42 42 0 -1 4194560 1000 0 7 0 5 6 0 0 20 0 9 0`;
  assertEquals(parseThreadState(stat("S")), { touchedBytes: 1000 * 4096, runnable: false });
  assertEquals(parseThreadState(stat("R"))?.runnable, true);
  assertEquals(parseThreadState(stat("D"))?.runnable, true);
  assertEquals(parseThreadState(""), null);
});

Deno.test("ThreadStates knows no thread that does not live", async () => {
  const states = await new ThreadStates().read([0, 987_654]);
  assert(states.size === 0);
});
