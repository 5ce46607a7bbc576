/** Tests who ends when all apps together hold too much. */
import { assertEquals } from "@std/assert";
import { type HeldMemory, judgeCeiling } from "../../../runtime/pool/memory_ceiling.ts";

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
