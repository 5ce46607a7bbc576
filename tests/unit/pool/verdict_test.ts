/** Tests the warden's judgement: who must end, and who must not. */
import { assertEquals } from "@std/assert";
import {
  grownBytes,
  heapCeilingBytes,
  judge,
  judgeGrowth,
  missedTick,
  newVitals,
  RSS_SLACK_BYTES,
  SILENCE_MS,
  TICK_MS,
  type Vitals,
} from "../../../runtime/pool/verdict.ts";

const MB = 1024 * 1024;
const REST = 100 * MB;

/** An isolate of 64 MB heap, 32 MB external, 1000 ms CPU, that has answered before and holds nothing. */
function vitals(changes: Partial<Vitals> = {}): Vitals {
  const fresh = newVitals(64, { rest: REST, canCollect: true });
  return { ...fresh, cpuLimitMs: 1000, externalLimitBytes: 32 * MB, answered: true, touchedAtAnswer: 0, ...changes };
}

/** Ticks of silence that last longer than a time. */
const silence = (ms: number) => ms / TICK_MS + 1;
const touched = (mb: number): Partial<Vitals> => ({ touchedBytes: mb * MB });

/** Alone since a second of CPU, when the process had grown by so much. */
const alone = (grownMb: number): Vitals["calm"] => ({ rest: REST + grownMb * MB, cpuMicros: 1_000_000 });

const JUDGE: readonly (readonly [string, Partial<Vitals>, number, string | null])[] = [
  ["a quiet isolate", {}, 0, null],
  ["one that is asked and just now computes", { asked: true, cpuMicros: 999_000 }, 0, null],
  ["CPU at its limit", { asked: true, cpuMicros: 1_000_000 }, 0, null],
  ["CPU over its limit", { asked: true, cpuMicros: 1_001_000 }, 0, "unresponsive"],
  ["CPU over its limit, but answered since", { asked: false, cpuMicros: 9_000_000 }, 0, null],
  ["CPU of earlier turns", { asked: true, cpuAtAsk: 8_000_000, cpuMicros: 8_900_000 }, 0, null],
  ["one that boots and computes", { asked: true, answered: false, cpuMicros: 9_000_000 }, 0, null],
  ["one that boots and is silent", { asked: true, answered: false, missedTicks: 1000 }, 0, null],
  [
    "CPU of a garbage collection that it was asked for",
    { asked: true, collecting: true, cpuMicros: 1_900_000 },
    0,
    null,
  ],
  [
    "CPU beyond any garbage collection",
    { asked: true, collecting: true, heapBytes: 64 * MB, cpuMicros: 3_300_000 },
    0,
    "unresponsive",
  ],
  ["silence at its limit", { asked: true, missedTicks: SILENCE_MS / TICK_MS }, 0, null],
  ["silence over its limit", { asked: true, missedTicks: silence(SILENCE_MS) }, 0, "unresponsive"],
  [
    "silence of a large heap, whose garbage other threads of a busy machine mark",
    { asked: true, heapBytes: 230 * MB, missedTicks: silence(6600) },
    0,
    null,
  ],
  [
    "silence beyond any such marking",
    { asked: true, heapBytes: 230 * MB, missedTicks: silence(SILENCE_MS + 20 * 230) },
    0,
    "unresponsive",
  ],
  ["silence of a thread that waits for a core", { asked: true, runnable: true, missedTicks: 9000 }, 0, null],
  ["silence within a long CPU limit", { asked: true, cpuLimitMs: 60_000, missedTicks: silence(SILENCE_MS) }, 0, null],
  [
    "silence over a long CPU limit",
    { asked: true, cpuLimitMs: 60_000, missedTicks: silence(60_000) },
    0,
    "unresponsive",
  ],
  [
    "silence of one that computes slowly under load",
    {
      asked: true,
      cpuLimitMs: 5000,
      cpuMicros: 2_000_000,
      missedTicks: silence(SILENCE_MS),
    },
    0,
    null,
  ],
  [
    "CPU over its limit while it grew out of its heap",
    {
      asked: true,
      cpuMicros: 1_001_000,
      ...touched(65),
    },
    65,
    "out_of_memory",
  ],
  [
    "CPU over its limit while it grows, but not yet out of its heap",
    { asked: true, cpuMicros: 4_000_000, ...touched(60) },
    60,
    null,
  ],
  [
    "CPU far over its limit while it grew within its heap",
    { asked: true, cpuMicros: 4_001_000, ...touched(60) },
    60,
    "unresponsive",
  ],
  [
    "CPU over its limit in a loop that makes garbage beside a neighbour that grows",
    { asked: true, cpuMicros: 1_001_000, ...touched(12) },
    900,
    "unresponsive",
  ],
  [
    "CPU over its limit while it grew by what it had left",
    {
      asked: true,
      cpuMicros: 1_001_000,
      heapBytes: 60 * MB,
      ...touched(5),
    },
    5,
    "out_of_memory",
  ],
  [
    "CPU over its limit while a neighbour grew",
    { asked: true, cpuMicros: 1_001_000, ...touched(0) },
    900,
    "unresponsive",
  ],
  [
    "CPU over its limit while the process grew, where nobody tells whose it was",
    {
      asked: true,
      cpuMicros: 1_001_000,
    },
    900,
    "out_of_memory",
  ],
  [
    "CPU over its limit beside others that may have grown, until it was seen alone",
    { asked: true, cpuMicros: 1_001_000, contested: true, ...touched(65) },
    65,
    null,
  ],
  [
    "CPU over its limit beside others that gave back what it may have taken, until it was seen alone",
    { asked: true, cpuMicros: 1_001_000, contested: true, shrunkBytes: 500 * MB, ...touched(65) },
    0,
    null,
  ],
  [
    "CPU far over its limit beside others, never seen alone",
    { asked: true, cpuMicros: 4_001_000, contested: true, ...touched(65) },
    65,
    "out_of_memory",
  ],
  [
    "CPU over its limit of one that was seen alone and did not grow",
    { asked: true, cpuMicros: 1_201_000, contested: true, calm: alone(900), ...touched(900) },
    900,
    "unresponsive",
  ],
  [
    "CPU over its limit of one that was seen alone and grew",
    { asked: true, cpuMicros: 1_201_000, contested: true, calm: alone(50), ...touched(65) },
    65,
    "out_of_memory",
  ],
  [
    "CPU over its limit of one that was seen alone and grows, though what it took before is hidden",
    { asked: true, cpuMicros: 1_201_000, contested: true, shrunkBytes: 500 * MB, calm: alone(0), ...touched(300) },
    20,
    null,
  ],
  [
    "CPU over its limit beside others that gave back much, of one that touched nothing new",
    { asked: true, cpuMicros: 1_001_000, contested: true, shrunkBytes: 500 * MB, ...touched(1) },
    0,
    "unresponsive",
  ],
  [
    "CPU over its limit beside others that changed nothing",
    { asked: true, cpuMicros: 1_001_000, contested: true, ...touched(10) },
    0,
    "unresponsive",
  ],
  [
    "silence at the end of a growth",
    {
      asked: true,
      missedTicks: silence(SILENCE_MS),
      cpuMicros: 400_000,
      ...touched(100),
    },
    100,
    "out_of_memory",
  ],
  ["the heap limit that grew", { heapLimitGrew: true }, 0, "out_of_memory"],
  ["the heap limit that grew while booting", { heapLimitGrew: true, answered: false }, 0, "out_of_memory"],
  ["external memory over its limit, which may be garbage", { externalBytes: 32 * MB + 1 }, 0, null],
  ["external memory at its limit", { canCollect: false, externalBytes: 32 * MB }, 0, null],
  [
    "external memory over its limit, without a collector",
    {
      canCollect: false,
      externalBytes: 32 * MB + 1,
    },
    0,
    "out_of_memory",
  ],
  ["no limits set yet", { cpuLimitMs: Infinity, externalLimitBytes: Infinity, externalBytes: 900 * MB }, 0, null],
];

for (const [what, changes, grownMb, reason] of JUDGE) {
  Deno.test(`judge() of ${what}: ${reason ?? "lives"}`, () => {
    assertEquals(judge(vitals(changes), REST + grownMb * MB, { isFresh: true })?.reason ?? null, reason);
  });
}

Deno.test("judge() leaves what its thread touched to be asked for, where others may have grown", () => {
  const beside = vitals({ asked: true, cpuMicros: 1_001_000, contested: true, touchedBytes: null });
  assertEquals(judge(beside, REST + 900 * MB)?.reason, "unresponsive");
  assertEquals(judge(beside, REST + 900 * MB, { isFresh: true }), null);
});

Deno.test("judge() tells figures that an operator can act on", () => {
  const detail = (changes: Partial<Vitals>, grownMb = 0) => judge(vitals(changes), REST + grownMb * MB)?.detail;
  assertEquals(detail({ heapLimitGrew: true }), "the heap outgrew its limit of 64 MiB at once");
  assertEquals(
    detail({ canCollect: false, externalBytes: 40 * MB }),
    "40 MiB outside the heap, allowed 32 MiB by external_mb",
  );
  assertEquals(detail({ asked: true, cpuMicros: 1_234_000 }), "1234 ms of CPU without a turn of the event loop");
  assertEquals(
    detail({ asked: true, cpuMicros: 1_234_000, ...touched(99) }, 99),
    "the process grew by 99 MiB while it did not answer",
  );
});

Deno.test("missedTick() counts a thread whose clock moves a tenth, so that short naps are no way to live for ever", () => {
  assertEquals([missedTick(false, false), missedTick(true, false)], [1, 0.1]);
  // Who computes between calls of the host is silent of its own accord.
  assertEquals([missedTick(false, true), missedTick(true, true)], [0, 0.1]);
});

/** All it may still take: the heap with its garbage, 32 MB outside, and what others may have caused. */
const ROOM = heapCeilingBytes(64 * MB) + 32 * MB + RSS_SLACK_BYTES;
const computed: Partial<Vitals> = { asked: true, cpuMicros: 900_000 };

const GROWTH: readonly (readonly [string, Partial<Vitals>, number, string | null])[] = [
  ["growth that fits its limits", computed, ROOM, null],
  ["growth beyond its limits", computed, ROOM + 1, "out_of_memory"],
  ["growth that it touched", { ...computed, touchedBytes: ROOM }, ROOM + 1, "out_of_memory"],
  [
    "growth of which the collector's helpers touched most",
    { ...computed, touchedBytes: ROOM / 3 },
    ROOM + 1,
    "out_of_memory",
  ],
  ["growth that it did not touch: it was somebody else", { ...computed, touchedBytes: ROOM / 5 }, 10 * ROOM, null],
  [
    "growth that it touched before it answered",
    { ...computed, touchedBytes: ROOM, touchedAtAnswer: ROOM },
    2 * ROOM,
    null,
  ],
  ["growth while its answer is not due", { ...computed, asked: false }, 10 * ROOM, null],
  ["growth while it boots", { ...computed, answered: false }, 10 * ROOM, null],
  [
    "growth after most was taken already",
    { ...computed, committedBytes: 170 * MB },
    ROOM - 170 * MB + 1,
    "out_of_memory",
  ],
  [
    "growth with more reported than allowed",
    { ...computed, committedBytes: 999 * MB, externalBytes: 99 * MB },
    RSS_SLACK_BYTES,
    null,
  ],
  ["growth without limits", { ...computed, externalLimitBytes: Infinity }, 100 * ROOM, null],
  ["a process that shrank", computed, -50 * MB, null],
  ["growth while it did not compute: it was somebody else", { asked: true, ...touched(900) }, 10 * ROOM, null],
];

for (const [what, changes, growth, reason] of GROWTH) {
  Deno.test(`judgeGrowth() of ${what}: ${reason ?? "lives"}`, () => {
    assertEquals(judgeGrowth(vitals(changes), REST + growth)?.reason ?? null, reason);
  });
}

Deno.test("grownBytes() charges no more than a thread can write in the time that it computed", () => {
  assertEquals(grownBytes(vitals({ cpuMicros: 20_000, ...touched(9000) }), REST + 9000 * MB), 300 * MB);
});
