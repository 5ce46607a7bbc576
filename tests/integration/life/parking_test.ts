/** An idle app is parked, its memory given back, and the next request wakes it. */
import { assertEquals } from "@std/assert";
import { type LogRecord, NanoProcess } from "../../support/nano_process.ts";
import { RESERVE, type TempApp, TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp } from "./admin_client.ts";
import { OWN_THREADS, workerThreads } from "./host_threads.ts";
import { until } from "./until.ts";

const ROUNDS = 5;
/** A reserve is kept by heap cap: with caps of their own the sleepers do not wait for each other's isolate. */
const SLEEPERS = [32, 33, 34, 35];
/** Longer than a new isolate for the reserve takes to boot (600 ms): the figure is for one that is ready. */
const IDLE_TIMEOUT_MS = 1000;

Deno.test("an idle app is parked and woken by the next request", async () => {
  const sleepers = SLEEPERS.map((memory_mb): [string, TempApp] => [
    `sleeper-${memory_mb}`,
    { fixture: "announce", config: { memory_mb, idle_timeout_ms: IDLE_TIMEOUT_MS } },
  ]);
  const names = sleepers.map(([name]) => name);
  await using project = await TempProject.create(
    { ...Object.fromEntries(sleepers), steady: { fixture: "announce" } },
    { admin: ADMIN, ...RESERVE },
  );
  await using nano = await NanoProcess.start(project.configFile);
  const { id: steadyId } = await (await nano.fetch("steady")).json();
  const times: number[] = [];
  const ids = new Set<string>();
  let from = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) {
      await nano.waitForEvent(isOf(name, "app_exit"), undefined, from);
      const parked = await adminApp(nano, name);
      assertEquals([parked.state, parked.heap_bytes, parked.restarts], ["idle", 0, {}]);
    }
    // One app that runs, two isolates in reserve for each of five heap caps: the four parked ones are gone.
    await until(() => workerThreads(nano.pid).size <= OWN_THREADS + 11, "the threads of the parked isolates are gone");
    from = nano.events.length;
    for (const name of names) {
      const start = performance.now();
      const response = await nano.fetch(name);
      const { id } = await response.json();
      times.push(performance.now() - start);
      assertEquals(response.status, 200);
      ids.add(id);
    }
  }
  assertEquals(ids.size, times.length, "each wake has a fresh isolate");
  assertEquals((await (await nano.fetch("steady")).json()).id, steadyId);
  const exits = nano.events.filter((record) => record.event === "app_exit").map((record) => record["reason"]);
  assertEquals(new Set(exits), new Set(["parked"]));
  times.sort((one, other) => one - other);
  const p50 = times[times.length / 2]!;
  console.log(
    `wake to whole answer: p50 ${p50.toFixed(1)} ms, slowest ${times.at(-1)!.toFixed(1)} ms of ${times.length}`,
  );
});

function isOf(app: string, event: string): (record: LogRecord) => boolean {
  return (record) => record.event === event && record["app"] === app;
}
