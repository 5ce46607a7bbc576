/** What is read of another process. */
import { assert, assertEquals } from "@std/assert";
import { processState } from "../../../runtime/machine/process_state.ts";

Deno.test("A process' clock, memory and state are read past whatever it is called", () => {
  const files: Record<string, string> = {
    "/proc/7/stat": "7 (a) R (b 9) S 1 7 7 0 -1 4194560 1 0 0 0 12 3 0 0 20 0 6 0 1 1 1 0",
    "/proc/7/statm": "100 50 20 1 0 1 0",
  };
  const state = processState(7, (path) => files[path]!)!;
  assertEquals([state.cpuMicros, state.ownBytes % (30 * 4096), state.runnable], [150_000, 0, false]);
  assertEquals(processState(7, (path) => files[path]!.replace(") S", ") R"))!.runnable, true);
});

Deno.test("Of a process that is gone, or of what is no such file, nothing is told", () => {
  assertEquals(
    processState(7, () => {
      throw new Deno.errors.NotFound();
    }),
    null,
  );
  assertEquals(processState(7, () => "nonsense"), null);
});

Deno.test("This process has computed, and holds memory", () => {
  if (Deno.build.os !== "linux") return console.log("not run: there is no /proc to look at");
  const state = processState(Deno.pid)!;
  assert(state.cpuMicros > 0 && state.ownBytes > 1024 * 1024, JSON.stringify(state));
});
