/** Nodes that take changes one by one: whose turn it is, who is held up by whom, and for how long. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { NO_RECORD } from "../../../runtime/fleet/app_record.ts";
import type { FailedApp, NodeReport } from "../../../runtime/fleet/fleet_store.ts";
import { MemoryEngine } from "../../../runtime/fleet/memory_store.ts";
import { oneByOne } from "../../../runtime/fleet/pacing.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const HELD = { key: "app.shop", revision: 7, changeId: "i", format: 1, value: null, why: null };

/** @param apply what a node does in its turn @param failed of the other node */
function node(
  { engine, clock, name, apply, failed = [], warnings = [] }: {
    readonly engine: MemoryEngine;
    readonly clock: FakeClock;
    readonly name: string;
    readonly apply: () => Promise<void>;
    readonly failed?: readonly FailedApp[];
    readonly warnings?: string[];
  },
): () => Promise<void> {
  const other = { name: "n9", failed } as unknown as NodeReport;
  const store = engine.open();
  const paced = oneByOne(apply, {
    ...{ store, clock, name, holder: name, nodes: () => Promise.resolve([other]) },
    warn: (text) => warnings.push(text),
  });
  return () => paced({ held: HELD, record: NO_RECORD, isNews: () => true });
}

Deno.test("A node waits for its turn for as long as another one boots, however long that takes", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  const booted = Promise.withResolvers<void>();
  const order: string[] = [];
  const slow = node({ engine, clock, name: "n1", apply: () => booted.promise.then(() => void order.push("n1")) })();
  await clock.advance(0);
  const second = node({ engine, clock, name: "n2", apply: () => Promise.resolve(void order.push("n2")) })();
  // Far longer than a lease stands.
  await clock.advance(40_000);
  assertEquals(order, []);
  booted.resolve();
  await slow;
  await clock.advance(1_000);
  await second;
  assertEquals([order, clock.armed], [["n1", "n2"], 0]);
});

Deno.test("A node whose turn has ended before it was done says so once, and ends what it is at", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  const booted = Promise.withResolvers<void>();
  const warnings: string[] = [];
  const frozen = node({ engine, clock, name: "n1", apply: () => booted.promise, warnings })();
  await clock.advance(1_000);
  // As its lease ends while it does not run.
  engine.release("roll", "n1");
  const other = node({ engine, clock, name: "n2", apply: () => booted.promise, warnings })();
  await clock.advance(20_000);
  assertEquals(warnings, [
    "Another node starts the change, too: this one's turn has ended while it was frozen or cut off",
  ]);
  booted.resolve();
  await Promise.all([frozen, other]);
  assertEquals(clock.armed, 0);
});

Deno.test("A node takes nothing that another one could not start, but is held up by none that was held up itself", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  let applied = 0;
  const apply = () => Promise.resolve(void applied++);
  const failure = { app: "shop", revision: 7, error: "a bad word" };
  const held = await assertRejects(node({ engine, clock, name: "n1", apply, failed: [failure] }), NanoError);
  assertEquals([held.message, applied], ['halted: node "n9" could not start it', 0]);
  for (const error of [held.message, "a bad word"]) {
    const failed = [error === held.message ? { ...failure, error } : { ...failure, revision: 6 }];
    await node({ engine, clock, name: "n1", apply, failed })();
  }
  assertEquals(applied, 2);
});
