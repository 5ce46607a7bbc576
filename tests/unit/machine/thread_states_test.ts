/** Tests how a thread's line of /proc is read. */
import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { until } from "../../integration/life/until.ts";
import { parseThreadState, ThreadStates } from "../../../runtime/machine/thread_states.ts";

Deno.test("parseThreadState() reads faults and state behind a name with blanks and brackets", () => {
  const stat = (state: string) => `42 (a) worker (1) ${state} 1 42 42 0 -1 4194560 1000 0 7 0 5 6 0 0 20 0 9 0`;
  assertEquals(parseThreadState(stat("S")), { touchedBytes: 1000 * 4096, runnable: false });
  assertEquals(parseThreadState(stat("R"))?.runnable, true);
  assertEquals(parseThreadState(stat("D"))?.runnable, true);
  assertEquals(parseThreadState(""), null);
});

Deno.test("ThreadStates knows no thread that does not live", async () => {
  const threads = new ThreadStates();
  assertEquals((await threads.read([0, 987_654])).size, 0);
  assertEquals(threads.touchedBytes(987_654), null);
});

Deno.test("ThreadStates tells at once what a thread that it has read before touched", async () => {
  const worker = new Worker("setInterval(() => {}, 1e6);", { eval: true });
  try {
    const threads = new ThreadStates();
    assertEquals(threads.touchedBytes(worker.threadId), null);
    await until(async () => (await threads.read([worker.threadId])).size === 1, "the thread is found");
    const touched = threads.touchedBytes(worker.threadId);
    assert(touched !== null && touched > 0);
    threads.forget(worker.threadId);
    assertEquals(threads.touchedBytes(worker.threadId), null);
  } finally {
    await worker.terminate();
  }
});
