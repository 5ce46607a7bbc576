/** Tests what the deaths of an app lead to. */
import { assert, assertEquals } from "@std/assert";
import { backoffMs, HEALTHY_AFTER_MS, MAX_BACKOFF_MS } from "../../../runtime/app/backoff.ts";
import { type Death, RestartPolicy } from "../../../runtime/app/restart_policy.ts";
import type { ExitReason } from "../../../runtime/terms/lifecycle.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

function death(reason: ExitReason, changes: Partial<Death> = {}): Death {
  return { exit: { reason, detail: reason }, now: 50_000, wall: 7, starting: null, readyAt: 49_000, ...changes };
}

Deno.test("RestartPolicy restarts at once after the first death, then waits twice as long each time, up to 30 s", () => {
  const policy = new RestartPolicy(() => 0);
  const waits = Array.from({ length: 12 }, () => policy.died(death("out_of_memory")).delayMs);
  assertEquals(waits.slice(0, 4), [0, 100, 200, 400]);
  assertEquals(waits.at(-1), MAX_BACKOFF_MS);
  assertEquals([policy.crashes, policy.restarts], [12, { out_of_memory: 12 }]);
  assertEquals(policy.lastExit, { reason: "out_of_memory", detail: "out_of_memory", at: 7 });
});

Deno.test("RestartPolicy counts a death while starting as one more attempt", () => {
  const policy = new RestartPolicy(() => 0);
  assertEquals(policy.died(death("terminated", { starting: 1, readyAt: null })), { attempt: 2, delayMs: 100 });
  assertEquals(policy.died(death("terminated", { starting: 2, readyAt: null })), { attempt: 3, delayMs: 200 });
  assertEquals(policy.crashes, 2);
});

Deno.test("RestartPolicy forgives deaths before a healthy time, also one that a park ended", () => {
  const policy = new RestartPolicy(() => 0);
  policy.died(death("terminated"));
  policy.died(death("terminated"));
  const healthy = { readyAt: 50_000 - HEALTHY_AFTER_MS };
  assertEquals([policy.died(death("terminated", healthy)), policy.crashes], [{ attempt: 1, delayMs: 0 }, 1]);
  policy.parked(50_000 - HEALTHY_AFTER_MS + 1, 50_000);
  assertEquals(policy.crashes, 1);
  policy.parked(50_000 - HEALTHY_AFTER_MS, 50_000);
  assertEquals(policy.crashes, 0);
});

for (const reason of ["boot_timeout", "isolate_timeout"] as const) {
  Deno.test(`RestartPolicy gives a machine that was too slow (${reason}) two seconds at least`, () => {
    const policy = new RestartPolicy(() => 0);
    const waits = [1, 2, 8].map((starting) => policy.died(death(reason, { starting, readyAt: null })).delayMs);
    assertEquals(waits, [2_000, 2_000, 12_800]);
  });
}

Deno.test("RestartPolicy counts no death where no isolate could be had", () => {
  const policy = new RestartPolicy(() => 0);
  policy.died(death("isolate_timeout", { starting: 1, readyAt: null }));
  assertEquals([policy.crashes, policy.restarts], [0, { isolate_timeout: 1 }]);
});

Deno.test("Waits of apps that died together spread over two fifths of their length, and each is longer than the one before", () => {
  const random = new SeededRandom(1);
  const policies = Array.from({ length: 200 }, () => new RestartPolicy(() => random.below(1_000_000) / 1_000_000));
  const waits = policies.map((policy) => policy.died(death("boot_timeout", { starting: 8, readyAt: null })).delayMs);
  assert(waits.every((wait) => wait >= 7_680 && wait <= 12_800), String(waits));
  assert(new Set(waits).size > 190, "hardly two together");
  assert(Math.max(...waits) - Math.min(...waits) > 4_500);
  assertEquals([backoffMs(40, 0), backoffMs(40, 1)], [MAX_BACKOFF_MS, MAX_BACKOFF_MS * 0.6]);
  for (const attempt of [2, 3, 4, 9]) assert(backoffMs(attempt + 1, 1) > backoffMs(attempt, 0), `attempt ${attempt}`);
});
