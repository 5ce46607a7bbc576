/** Verdicts on a process, by what the system tells of it and by its answers. */
import { assertEquals } from "@std/assert";
import { WatchedProcess } from "../../../runtime/pool/watched_process.ts";
import { COLLECT } from "../../../runtime/protocol/messages.ts";

const MIB = 1024 * 1024;
const EMPTY = 16 * MIB;

/** A process of 64 MiB of heap and 32 outside, with 500 ms of CPU, whose system is pretended. */
function scene() {
  const state = { cpuMicros: 0, ownBytes: EMPTY, runnable: true };
  const asks: [number, number][] = [];
  const ends: string[] = [];
  let waits = false;
  let now = 0;
  const process = new WatchedProcess(1, 64, {
    ask: (beat, collect) => asks.push([beat, collect]),
    waitsOnHost: () => waits,
    onFigures() {},
    end: ({ reason, detail }) => ends.push(`${reason}: ${detail}`),
    read: () => state,
  });
  process.booted();
  process.limit(500, 32 * MIB);
  return {
    process,
    state,
    asks,
    ends,
    waitFor: (value: boolean) => waits = value,
    /** So many looks, each after so much CPU. */
    looks(count: number, cpuMs = 0) {
      for (; count > 0; count--) {
        state.cpuMicros += cpuMs * 1000;
        process.look(now += 100);
      }
    },
    answer(heapMib = 8, externalMib = 1) {
      process.answer(["beat", asks.at(-1)![0], heapMib * MIB, heapMib * MIB, externalMib * MIB, false]);
    },
  };
}

Deno.test("A process that answers lives, and an idle one is asked once a second", () => {
  const place = scene();
  place.answer();
  const asked = place.asks.length;
  for (let tick = 0; tick < 30; tick++) {
    place.looks(1);
    if (place.process.vitals.asked) place.answer();
  }
  assertEquals([place.ends, place.asks.length - asked], [[], 3]);
});

Deno.test("What the start of a process's app left behind is collected once, when it has nothing to do", () => {
  const place = scene();
  place.answer();
  const collected = () => place.asks.filter(([, collect]) => collect === COLLECT.LAST_RESORT).length;
  const looks = (count: number) => {
    for (; count > 0; count--) {
      place.looks(1);
      if (place.process.vitals.asked) place.answer();
    }
  };
  place.process.isBusy = true;
  looks(30);
  assertEquals(collected(), 0, "a request would wait for it");
  place.process.isBusy = false;
  looks(60);
  assertEquals([collected(), place.ends], [1, []]);
});

Deno.test("A process that computes without a turn of its event loop is unresponsive at its CPU limit", () => {
  const place = scene();
  place.looks(5, 100);
  assertEquals(place.ends, []);
  place.looks(1, 100);
  assertEquals(place.ends, ["unresponsive: 600 ms of CPU without a turn of the event loop"]);
});

Deno.test("A process that neither answers nor computes is unresponsive, unless its thread waits for the host", () => {
  const place = scene();
  place.state.runnable = false;
  place.waitFor(true);
  place.looks(100);
  assertEquals(place.ends, []);
  place.waitFor(false);
  place.looks(51);
  assertEquals(place.ends, ["unresponsive: no sign of life for 5100 ms"]);
});

Deno.test("What a process holds beyond its limits is collected first, and ends it when it stays", () => {
  const place = scene();
  place.answer();
  place.process.isBusy = true;
  place.state.ownBytes = EMPTY + 140 * MIB;
  place.looks(1, 10);
  assertEquals(place.asks.at(-1)![1], COLLECT.LAST_RESORT);
  for (let beat = 0; beat < 2; beat++) {
    place.answer();
    place.looks(1, 10);
  }
  assertEquals(place.ends, []);
  place.answer();
  place.looks(1, 10);
  assertEquals(place.ends, ["out_of_memory: its process holds 140 MiB, allowed 128 MiB"]);
});

Deno.test("A process whose garbage was collected lives on", () => {
  const place = scene();
  place.answer();
  place.process.isBusy = true;
  place.state.ownBytes = EMPTY + 140 * MIB;
  place.looks(1, 10);
  place.answer();
  place.state.ownBytes = EMPTY + 30 * MIB;
  for (let tick = 0; tick < 20; tick++) {
    place.looks(1, 10);
    place.answer();
  }
  assertEquals(place.ends, []);
});

Deno.test("A process that grows beyond all garbage is ended between two looks", () => {
  const place = scene();
  place.answer();
  place.process.isBusy = true;
  place.state.ownBytes = EMPTY + 400 * MIB;
  place.process.sample();
  assertEquals(place.ends, ["out_of_memory: its process holds 400 MiB, allowed 128 MiB"]);
});

Deno.test("What it says it holds in its heap or outside ends it as a thread would be ended", () => {
  for (const [heap, external] of [[80, 1], [8, 40]] as const) {
    const place = scene();
    for (let beat = 0; beat < 6 && place.ends.length === 0; beat++) {
      place.answer(heap, external);
      place.looks(1, 10);
    }
    assertEquals(place.ends, [
      heap === 80
        ? "out_of_memory: 80 MiB held in the heap, allowed 64 MiB by memory_mb"
        : "out_of_memory: 40 MiB outside the heap, allowed 32 MiB by external_mb",
    ]);
  }
});

Deno.test("Answers that nobody asked for, or that are none, count for nothing", () => {
  const place = scene();
  place.process.answer(["beat", 99, 1, 1, 1, false]);
  place.process.answer(["beat", place.asks.at(-1)![0], "x", -1, NaN, {}]);
  assertEquals([place.process.vitals.heapBytes, place.process.vitals.externalBytes, place.ends], [0, 0, []]);
  place.process.answer(["beat", place.asks.at(-1)![0], 5, 5, 5, false]);
  assertEquals(place.process.vitals.heapBytes, 0);
});
