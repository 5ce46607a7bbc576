/** Tests what the watch over the process' memory keeps up while isolates end all the time. */
import { assertEquals } from "@std/assert";
import { MemoryWatch } from "../../../runtime/pool/memory_watch.ts";
import { newVitals } from "../../../runtime/pool/verdict.ts";
import type { WatchedIsolate } from "../../../runtime/pool/watched_isolate.ts";

function isolate(number: number): WatchedIsolate {
  const vitals = newVitals(64, { rest: 0, canCollect: true });
  return { number, vitals, reportedBytes: 0 } as WatchedIsolate;
}

Deno.test("What threads touched is read each second also where somebody ends every second", async () => {
  let present = 0;
  const lives = isolate(1);
  const isolates = new Map([[1, lives]]);
  const reads: number[][] = [];
  const watch = new MemoryWatch({
    isolates,
    now: () => present,
    rss: () => 0,
    lookAtAll: () => Promise.resolve(),
    readThreads: (wanted) => {
      reads.push(wanted.map(({ number }) => number));
      for (const { vitals } of wanted) vitals.touchedBytes = 0;
      return Promise.resolve(true);
    },
    end: () => {},
    warn: () => {},
  });
  for (let second = 1; second <= 3; second++) {
    present = second * 1000;
    watch.ended(isolate(100 + second));
    lives.vitals.cpuMicros += 1000;
    await watch.account();
  }
  assertEquals(reads, [[1], [1], [1]]);
  await watch.account();
  assertEquals(reads.length, 3, "who did not compute since is not asked after");
});
