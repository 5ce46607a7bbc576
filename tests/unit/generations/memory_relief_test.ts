/** Tests who is parked when memory is short. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MemoryRelief } from "../../../runtime/generations/memory_relief.ts";
import type { AppUnit } from "../../../runtime/generations/reload.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const MB = 1024 * 1024;

/** A clock, memory of which 1,000 MB may be held, and apps that hold 40 MB each. */
function bench(apps: readonly { readonly name: string; readonly idleMs: number | null }[]) {
  const clock = new FakeClock();
  const parked: string[] = [];
  const whys: string[] = [];
  const seen = { heldMb: 0 };
  const units = apps.map(({ name, idleMs }): AppUnit => {
    const park = (why: string) => {
      parked.push(name);
      whys.push(why);
    };
    const lastActive = idleMs === null ? null : clock.now() - idleMs;
    const snapshot = { heapBytes: 30 * MB, externalBytes: 2 * MB };
    return {
      parkable: lastActive === null || parked.includes(name) ? null : { lastActive, park },
      snapshot: () => snapshot,
    } as Partial<AppUnit> as AppUnit;
  });
  const present = () => units.filter((_, at) => !parked.includes(apps[at]!.name));
  const memory = () => ({ heldBytes: seen.heldMb * MB, ceilingBytes: 1000 * MB });
  const relief = new MemoryRelief({ clock, memory, units: present });
  relief.begin();
  return { clock, parked, whys, seen, relief };
}

const APPS = [
  { name: "busy", idleMs: null },
  { name: "recent", idleMs: 100 },
  { name: "old", idleMs: 60_000 },
  { name: "older", idleMs: 70_000 },
  { name: "oldest", idleMs: 80_000 },
  { name: "middle", idleMs: 30_000 },
];

Deno.test("MemoryRelief parks nobody while there is room", async () => {
  const { clock, parked, seen } = bench(APPS);
  seen.heldMb = 850;
  await clock.advance(5_000);
  assertEquals(parked, []);
});

Deno.test("MemoryRelief parks who was not asked for longest, as many as it takes, and says why", async () => {
  const { clock, parked, whys, seen } = bench(APPS);
  seen.heldMb = 860;
  await clock.advance(250);
  // 110 MB too many, 40 each
  assertEquals(parked, ["oldest", "older", "old"]);
  assertStringIncludes(whys[0]!, "all apps together held 860 MiB of max_memory_mb 1000 MiB");
});

Deno.test("MemoryRelief waits for the memory of those that it has parked before it parks more", async () => {
  const { clock, parked, seen } = bench(APPS);
  seen.heldMb = 860;
  await clock.advance(1_000);
  assertEquals(parked.length, 3);
  await clock.advance(1_000);
  assertEquals(parked, ["oldest", "older", "old", "middle"], "it did not come back");
});

Deno.test("MemoryRelief leaves alone who has work or was just asked for, and ends with its host", async () => {
  const { clock, parked, seen, relief } = bench([APPS[0]!, APPS[1]!]);
  seen.heldMb = 990;
  await clock.advance(500);
  assertEquals(parked, []);
  await clock.advance(2_000);
  assertEquals(parked, ["recent"]);
  relief[Symbol.dispose]();
  assert(clock.armed === 0);
});
