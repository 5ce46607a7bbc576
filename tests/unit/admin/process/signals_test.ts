/** Counting stop signals. */
import { assertEquals } from "@std/assert";
import { SAME_PRESS_MS, StopCounter } from "../../../../admin/process/signals.ts";

Deno.test("StopCounter takes the echo of Ctrl+C by the parent process for one press with it", () => {
  let now = 1000;
  const counter = new StopCounter({ now: () => now, atTerminal: true });
  assertEquals(counter.next("SIGINT"), 1);
  now += 5;
  assertEquals(counter.next("SIGINT"), null);
  now += SAME_PRESS_MS;
  assertEquals(counter.next("SIGINT"), 2, "a second press counts");
});

Deno.test("StopCounter counts what no key press can have sent: every SIGINT without a terminal, and every SIGTERM", () => {
  const sent = new StopCounter({ now: () => 0, atTerminal: false });
  assertEquals([sent.next("SIGINT"), sent.next("SIGINT"), sent.next("SIGINT")], [1, 2, 3]);
  const counter = new StopCounter({ now: () => 0, atTerminal: true });
  assertEquals([counter.next("SIGTERM"), counter.next("SIGTERM"), counter.next("SIGINT")], [1, 2, 3]);
});
