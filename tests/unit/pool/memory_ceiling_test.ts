/** Tests who ends when all apps together hold too much. */
import { assertEquals } from "@std/assert";
import { type HeldMemory, heldSide, judgeCeiling } from "../../../runtime/pool/memory_ceiling.ts";

const MB = 1024 * 1024;
const held = (...isolates: [heldMb: number, allowedMb: number][]): HeldMemory[] =>
  isolates.map(([heldMb, allowedMb], number) => ({ number, heldBytes: heldMb * MB, allowedBytes: allowedMb * MB }));

const CASES: readonly (readonly [string, number, HeldMemory[], number | null])[] = [
  ["below the ceiling", 400, held([390, 128], [5, 128]), null],
  ["the largest of equals", 401, held([100, 128], [200, 128], [100, 128]), 1],
  ["the one most above its part, not the largest", 401, held([250, 1024], [100, 64], [50, 64]), 1],
  ["nobody, when nobody is above its part", 401, held([100, 128], [100, 128]), null],
  ["nobody, without isolates", 401, [], null],
];

for (const [what, rssMb, isolates, number] of CASES) {
  Deno.test(`judgeCeiling() ends ${what}`, () => {
    assertEquals(judgeCeiling(rssMb * MB, 400 * MB, isolates)?.number ?? null, number);
  });
}

Deno.test("judgeCeiling() names the ceiling and what was held", () => {
  assertEquals(judgeCeiling(500 * MB, 400 * MB, held([300, 64], [10, 64]))?.verdict, {
    reason: "out_of_memory",
    detail: "all apps together held 500 MiB of max_memory_mb 400 MiB, and this one with 300 MiB most above its part",
  });
});

/** Threads and processes under 400 MB together; who ends, on which side. */
const SIDES: readonly (readonly [string, HeldMemory[], HeldMemory[], readonly [number | null, number | null]])[] = [
  ["below the ceiling together", held([150, 64], [50, 64]), held([100, 64]), [null, null]],
  ["a thread, when it is most above its part", held([50, 64], [250, 64]), held([150, 64]), [1, null]],
  ["a process, when it is most above its part", held([150, 64]), held([50, 64], [250, 64]), [null, 1]],
  ["a process, though the processes together are below their part", held([200, 64]), held([201, 64], [0, 640]), [
    null,
    0,
  ]],
  ["the small one of limits that are smaller still", held([300, 4096]), held([120, 64]), [null, 0]],
];

for (const [what, threads, processes, ends] of SIDES) {
  Deno.test(`The ceiling is for threads and processes: it ends ${what}`, () => {
    const ceiling = 400 * MB;
    const sum = (side: HeldMemory[]) => side.reduce((total, { heldBytes }) => total + heldBytes, 0);
    const allowed = { allowedBytes: processes.reduce((total, { allowedBytes }) => total + allowedBytes, 0) };
    const ofThreads = heldSide(sum(threads), ceiling, threads, allowed);
    const ofProcesses = heldSide(sum(processes), ceiling, processes, ofThreads);
    assertEquals([
      judgeCeiling(sum(threads), ceiling, threads, ofProcesses)?.number ?? null,
      judgeCeiling(sum(processes), ceiling, processes, ofThreads)?.number ?? null,
    ], ends);
  });
}
