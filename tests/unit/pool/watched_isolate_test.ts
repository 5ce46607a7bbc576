/** What the warden knows of an isolate, with a thread that is none. */
import { assertEquals } from "@std/assert";
import { WatchedIsolate, type WatchedWorker } from "../../../runtime/pool/watched_isolate.ts";
import { newVitals } from "../../../runtime/pool/verdict.ts";

function watched(cpuUsage: () => Promise<{ user: number; system: number }>): WatchedIsolate {
  return new WatchedIsolate(1, {
    worker: { cpuUsage } as unknown as WatchedWorker,
    heartbeat: {} as MessagePort,
    vitals: newVitals(64, { rest: 0, canCollect: true }),
    heldJudge: null,
  });
}

Deno.test("A clock that never answers is given up, and the look goes on", async () => {
  const late: (() => void)[] = [];
  const native = globalThis.setTimeout;
  globalThis.setTimeout = ((run: () => void) => late.push(run)) as unknown as typeof setTimeout;
  try {
    const silent = watched(() => new Promise(() => {}));
    const read = silent.readClock();
    assertEquals(late.length, 1);
    late[0]!();
    assertEquals([await read, silent.vitals.cpuMicros], [false, 0]);
    const prompt = watched(() => Promise.resolve({ user: 3, system: 4 }));
    assertEquals([await prompt.readClock(), prompt.vitals.cpuMicros], [true, 7]);
  } finally {
    globalThis.setTimeout = native;
  }
});
