/** Tests the warden's judgement: who must end, and who must not. */
import { assertEquals } from "@std/assert";
import {
  judge,
  judgeGrowth,
  judgeUnexplained,
  newVitals,
  RSS_SLACK_BYTES,
  SILENCE_MS,
  TICK_MS,
  UNEXPLAINED_SLACK_BYTES,
  type Vitals,
} from "../../../runtime/isolate/verdict.ts";

const MB = 1024 * 1024;

/** An isolate of 64 MB heap, 32 MB external, 1000 ms CPU, that has answered before. */
function vitals(changes: Partial<Vitals> = {}): Vitals {
  return { ...newVitals(64, 100 * MB), cpuLimitMs: 1000, externalLimitBytes: 32 * MB, answered: true, ...changes };
}

/** Ticks of silence that last longer than a time. */
const silence = (ms: number) => ms / TICK_MS + 1;

const JUDGE: readonly (readonly [string, Partial<Vitals>, string | null])[] = [
  ["a quiet isolate", {}, null],
  ["one that is asked and just now computes", { asked: true, cpuMicros: 999_000 }, null],
  ["CPU at its limit", { asked: true, cpuMicros: 1_000_000 }, null],
  ["CPU over its limit", { asked: true, cpuMicros: 1_001_000 }, "unresponsive"],
  ["CPU over its limit, but answered since", { asked: false, cpuMicros: 9_000_000 }, null],
  ["CPU of earlier turns", { asked: true, cpuAtAsk: 8_000_000, cpuMicros: 8_900_000 }, null],
  ["one that boots and computes", { asked: true, answered: false, cpuMicros: 9_000_000 }, null],
  ["one that boots and is silent", { asked: true, answered: false, missedTicks: 1000 }, null],
  ["silence at its limit", { asked: true, missedTicks: SILENCE_MS / TICK_MS }, null],
  ["silence over its limit", { asked: true, missedTicks: silence(SILENCE_MS) }, "unresponsive"],
  ["silence within a long CPU limit", { asked: true, cpuLimitMs: 60_000, missedTicks: silence(SILENCE_MS) }, null],
  ["silence over a long CPU limit", { asked: true, cpuLimitMs: 60_000, missedTicks: silence(60_000) }, "unresponsive"],
  ["silence of one that computes slowly under load", {
    asked: true,
    cpuLimitMs: 5000,
    cpuMicros: 2_000_000,
    missedTicks: silence(SILENCE_MS),
  }, null],
  ["the heap limit that grew", { heapLimitGrew: true }, "out_of_memory"],
  ["the heap limit that grew while booting", { heapLimitGrew: true, answered: false }, "out_of_memory"],
  ["external memory at its limit", { externalBytes: 32 * MB }, null],
  ["external memory over its limit", { externalBytes: 32 * MB + 1 }, "out_of_memory"],
  ["no limits set yet", { cpuLimitMs: Infinity, externalLimitBytes: Infinity, externalBytes: 900 * MB }, null],
];

for (const [what, changes, reason] of JUDGE) {
  Deno.test(`judge() of ${what}: ${reason ?? "lives"}`, () => {
    assertEquals(judge(vitals(changes))?.reason ?? null, reason);
  });
}

Deno.test("judge() tells figures that an operator can act on", () => {
  assertEquals(judge(vitals({ heapLimitGrew: true }))?.detail, "the heap hit its limit of 64 MB");
  assertEquals(judge(vitals({ externalBytes: 40 * MB }))?.detail, "40 MB outside the heap, allowed 32 MB");
  const busy = judge(vitals({ asked: true, cpuMicros: 1_234_000 }));
  assertEquals(busy?.detail, "1234 ms of CPU without a turn of the event loop");
});

/** All it may still take: 64 MB of heap, 32 MB outside, and what others may have caused. */
const ROOM = 96 * MB + RSS_SLACK_BYTES;

const GROWTH: readonly (readonly [string, Partial<Vitals>, number, string | null])[] = [
  ["growth that fits its limits", { asked: true, cpuMicros: 900_000 }, ROOM, null],
  ["growth beyond its limits", { asked: true, cpuMicros: 900_000 }, ROOM + 1, "out_of_memory"],
  ["growth while its answer is not due", { asked: false }, 10 * ROOM, null],
  ["growth while it boots", { asked: true, cpuMicros: 900_000, answered: false }, 10 * ROOM, null],
  [
    "growth after most was taken already",
    { asked: true, cpuMicros: 900_000, heapBytes: 64 * MB },
    ROOM - 64 * MB + 1,
    "out_of_memory",
  ],
  [
    "growth with more reported than allowed",
    { asked: true, cpuMicros: 900_000, heapBytes: 99 * MB, externalBytes: 99 * MB },
    RSS_SLACK_BYTES,
    null,
  ],
  ["growth without limits", { asked: true, cpuMicros: 900_000, externalLimitBytes: Infinity }, 100 * ROOM, null],
  ["a process that shrank", { asked: true, cpuMicros: 900_000 }, -50 * MB, null],
  ["growth while it did not compute: it was somebody else", { asked: true }, 10 * ROOM, null],
];

for (const [what, changes, growth, reason] of GROWTH) {
  Deno.test(`judgeGrowth() of ${what}: ${reason ?? "lives"}`, () => {
    assertEquals(judgeGrowth(vitals(changes), 100 * MB + growth)?.reason ?? null, reason);
  });
}

const UNEXPLAINED: readonly (readonly [string, Partial<Vitals>, number, string | null])[] = [
  ["nothing", {}, 0, null],
  ["what its allowance explains", {}, 32 * MB + UNEXPLAINED_SLACK_BYTES, null],
  ["more than its allowance explains", {}, 32 * MB + UNEXPLAINED_SLACK_BYTES + 1, "out_of_memory"],
  ["more, its allowance reported already", { externalBytes: 32 * MB }, UNEXPLAINED_SLACK_BYTES + 1, "out_of_memory"],
  ["a figure that is none", {}, NaN, null],
];

for (const [what, changes, bytes, reason] of UNEXPLAINED) {
  Deno.test(`judgeUnexplained() of ${what}: ${reason ?? "lives"}`, () => {
    assertEquals(judgeUnexplained(vitals(changes), bytes)?.reason ?? null, reason);
  });
}
