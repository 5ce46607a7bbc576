/** What is seen at a death, and whom it accuses. */
import { assert, assertEquals } from "@std/assert";
import { type Scene, weigh } from "../../../../admin/guardian/evidence.ts";
import type { ThreadActivity } from "../../../../admin/guardian/thread_sampler.ts";
import type { FlightEntry } from "../../../../runtime/mod.ts";

const AT = 100_000;

function entry(app: string, threadId: number, more: Partial<FlightEntry> = {}): FlightEntry {
  const idle = { phase: "running", since: AT - 60_000, busySince: null, quietSince: null, bouts: 0 } as const;
  return { threadId, app, version: "v1", ...idle, ...more };
}

function computing(threadId: number, forMs: number, activeMsBefore = 0): ThreadActivity {
  const before = { activeMsBefore, ageMsBefore: 60_000, hasEnded: false };
  return { name: `worker-${threadId}`, activeSince: AT - forMs, ranMs: forMs, ...before };
}

function scene(flight: readonly FlightEntry[], threads: readonly ThreadActivity[] = [], isCrash = true): Scene {
  return { at: AT, isCrash, flight, threads };
}

/** Apps and shares, the likeliest first. */
function shares(of: Scene): [string, number][] {
  return weigh(of).map(({ app, share }) => [app, Math.round(share * 100)]);
}

const IDLE = entry("idle", 1);
/** A stream that has been open for a minute. */
const STREAM = entry("stream", 2, { busySince: AT - 60_000, quietSince: AT - 30_000, bouts: 1 });
/** An app in demand: it computes most of the time, and answers meanwhile. */
const HOT = entry("hot", 3, { busySince: AT - 60_000, bouts: 1 });
const HOT_THREAD = computing(3, 400, 40_000);
/** An app that gets a request every now and then. */
const FRESH = entry("fresh", 4, { busySince: AT - 20, bouts: 200 });
const BESIDE = [IDLE, STREAM, HOT, FRESH];

Deno.test("weigh() finds the killer among busy neighbours, wherever it killed", () => {
  const places: Record<string, [FlightEntry, ThreadActivity[]]> = {
    "its handler": [
      entry("killer", 9, { busySince: AT - 400, quietSince: AT - 300, bouts: 1 }),
      [computing(9, 350)],
    ],
    "its handler, soon": [entry("killer", 9, { busySince: AT - 145, bouts: 1 }), [computing(9, 140)]],
    "its top level": [entry("killer", 9, { phase: "booting", since: AT - 300 }), [computing(9, 250)]],
    "its top level, soon": [entry("killer", 9, { phase: "booting", since: AT - 60 }), []],
    "a timer": [entry("killer", 9), [computing(9, 200)]],
    "a stream": [
      entry("killer", 9, { busySince: AT - 9_000, quietSince: AT - 300, bouts: 1 }),
      [computing(9, 200)],
    ],
    "after the response": [entry("killer", 9, { busySince: AT - 140, bouts: 1 }), [computing(9, 140)]],
    "a thread that was killed": [entry("killer", 9, { phase: "ending", since: AT - 900 }), [computing(9, 900)]],
    "a killed thread that collects garbage": [entry("killer", 9, { phase: "ending", since: AT - 900 }), []],
  };
  for (const [place, [killer, threads]] of Object.entries(places)) {
    const found = shares(scene([...BESIDE, killer], [HOT_THREAD, ...threads]));
    assertEquals(found[0]?.[0], "killer", place);
    assert(found[0]![1] >= 65, `${place}: ${found}`);
    assert(found.slice(1).every(([, share]) => share < 25), `${place}: ${found}`);
  }
});

Deno.test("weigh() is sure of a sole candidate, unless the signal came from outside and it did nothing unusual", () => {
  const request = entry("a", 9, { busySince: AT - 50, bouts: 1 });
  assertEquals(shares(scene([IDLE, request])), [["a", 89]]);
  assertEquals(shares(scene([IDLE, request], [], false)), [["a", 62]]);
  assertEquals(shares(scene([IDLE, STREAM], [], false)), []);
  assertEquals(shares(scene([IDLE, HOT], [HOT_THREAD], false)), [["hot", 23]]);
  assertEquals(shares(scene([IDLE], [computing(1, 500)], false)), [["idle", 91]]);
});

Deno.test("weigh() accuses nobody of what all were doing, and nobody who was idle", () => {
  assertEquals(shares(scene([IDLE, entry("other", 5)])), []);
  const all = Array.from({ length: 12 }, (_, i) => entry(`app-${i}`, 20 + i, { phase: "booting", since: AT - 100 }));
  assertEquals(shares(scene(all)), []);
});

Deno.test("weigh() shares suspicion between equals, and adds up what isolates of one version did", () => {
  const one = entry("one", 8, { phase: "booting", since: AT - 100 });
  assertEquals(shares(scene([one, { ...one, app: "two", threadId: 9 }])), [["one", 48], ["two", 48]]);
  const ending = entry("one", 7, { phase: "ending", since: AT - 50 });
  assertEquals(weigh(scene([one, ending])).map(({ app, reason }) => [app, reason]), [["one", "booted for 100 ms"]]);
  const other = weigh(scene([one, { ...one, version: "v2", threadId: 9 }]));
  assertEquals(other.map(({ version }) => version), ["v1", "v2"]);
});

Deno.test("weigh() blames nobody for waiting for a core: who had next to none of it was woken, and does not compute", () => {
  const killer = entry("killer", 9, { phase: "booting", since: AT - 600 });
  const woken = { ...computing(1, 400), ranMs: 15 };
  const streaming = { ...computing(2, 400), ranMs: 15 };
  assertEquals(shares(scene([killer, IDLE, STREAM], [computing(9, 500), woken, streaming])).map(([app]) => app), [
    "killer",
  ]);
  // Nor of an operator's signal: asked again and again for a sign of life, it was always on its way to a core.
  const asked = { ...computing(2, 3_000), ranMs: 130 };
  assertEquals(shares(scene([IDLE, STREAM], [{ ...computing(1, 60), ranMs: 19 }, asked], false)), []);
  assertEquals(shares(scene([IDLE, STREAM], [{ ...asked, ranMs: 600 }], false))[0]?.[0], "stream");
  // It had enough of it
  const both = shares(scene([killer, IDLE], [computing(9, 500), { ...woken, ranMs: 90 }]));
  assertEquals(both.map(([app]) => app), ["killer", "idle"]);
});

Deno.test("weigh() names who computed until its thread ended in the death, and nobody for a kill that was obeyed", () => {
  const gone = { ...computing(9, 300), hasEnded: true };
  const killer = entry("killer", 9, { busySince: AT - 400, quietSince: AT - 300, bouts: 1 });
  assertEquals(weigh(scene([IDLE, killer], [gone]))[0]?.reason, "computed for 300 ms and said nothing");
  const killed = entry("killed", 9, { phase: "ending", since: AT - 100 });
  assertEquals(weigh(scene([IDLE, killed], [gone]))[0]?.reason, "was not gone for 100 ms after its isolate was killed");
});
