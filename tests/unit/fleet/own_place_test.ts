/** Nodes that are not what they take themselves for: copies of one another, by the wrong clock, unheard. */
import { assertEquals, assertMatch } from "@std/assert";
import type { Clock } from "../../../runtime/clock.ts";
import type { NodeReport } from "../../../runtime/fleet/fleet_store.ts";
import { Membership } from "../../../runtime/fleet/membership.ts";
import { MemoryEngine } from "../../../runtime/fleet/memory_store.ts";
import { FleetBench } from "../../support/fleet_bench.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const HOUR = 3_600_000;

/** A node's process, which tells of itself until it is killed. */
class Process {
  readonly warnings: string[] = [];
  readonly membership: Membership;
  #clock: Clock;
  #isDead = false;

  constructor(engine: MemoryEngine, clock: FakeClock, { instance, skewMs = () => 0 }: {
    instance: string;
    skewMs?: () => number;
  }) {
    this.#clock = {
      now: () => clock.now(),
      wall: () => clock.wall() + skewMs(),
      after: (delayMs, run) => clock.after(delayMs, () => this.#isDead || run()),
    };
    const startedAt = this.#clock.wall();
    this.membership = new Membership({
      store: engine.open(),
      clock: this.#clock,
      name: "n1",
      holder: "n1's",
      report: () => report({ instance, startedAt, at: this.#clock.wall() }),
      warn: (text) => this.warnings.push(text),
    });
  }

  kill(): void {
    this.#isDead = true;
  }
}

function report(more: Partial<NodeReport>): NodeReport {
  return {
    ...{ name: "n1", address: null, version: "1.0.0", role: "full", startedAt: 0, state: "following", epoch: "one" },
    ...{ revision: 5, appsUp: 1, failed: [], configFingerprint: "same", memoryBytes: 1 },
    ...more,
  };
}

Deno.test("Of two processes that were started from one state folder and its copy the later one takes no part, and both say so", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  const first = new Process(engine, clock, { instance: "b" });
  await first.membership.beat();
  await clock.advance(20_000);
  const copy = new Process(engine, clock, { instance: "a" });
  await copy.membership.beat();
  await clock.advance(10_000);
  assertEquals(first.membership.refusal, null);
  assertMatch(
    copy.membership.refusal!,
    /one of their state folders is a copy: stop one of them, or give one another fleet.name/,
  );
  assertEquals([first.warnings.length, copy.warnings], [1, [copy.membership.refusal!]]);
  await clock.advance(60_000);
  assertEquals([first.membership.refusal, copy.membership.refusal === null], [null, false]);
  assertEquals([first.warnings.length, copy.warnings.length], [1, 1]);

  first.kill();
  await clock.advance(17_000);
  assertEquals(copy.membership.refusal, null);
});

Deno.test("A node that is started again at once after it was killed is no copy of itself", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  for (const instance of ["a", "b", "c"]) {
    const node = new Process(engine, clock, { instance });
    await node.membership.beat();
    assertEquals(node.membership.refusal, null);
    await clock.advance(4_000);
    assertEquals([node.membership.refusal, node.warnings], [null, []]);
    node.kill();
  }
});

Deno.test("By the engine's clock a node knows what time it is, whatever its own says and wherever that jumps", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  let skewMs = 2 * HOUR;
  const node = new Process(engine, clock, { instance: "a", skewMs: () => skewMs });
  assertEquals(await node.membership.engineTime(), clock.wall());
  assertEquals(node.membership.skewOf("n1"), 2 * HOUR);
  assertEquals(node.warnings, ["This node's clock is 7200 s ahead of the engine's: set it, as NTP does by itself"]);
  skewMs = -HOUR;
  assertEquals(await node.membership.engineTime(), clock.wall());
  await node.membership.beat();
  await clock.advance(6_000);
  assertEquals([node.membership.skewOf("n1"), node.warnings.length], [-HOUR, 1]);
  skewMs = 0;
  await clock.advance(6_000);
  skewMs = -HOUR;
  await clock.advance(6_000);
  assertMatch(node.warnings[1]!, /3600 s behind the engine's/);
});

Deno.test("A node whose engine gives answers and takes nothing says so while it follows", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  bench.engine.faults.isFull = true;
  await n2!.fleet.membership.beat();
  await n2!.fleet.membership.beat();
  const { state, why } = await n2!.fleet.view();
  assertEquals([state, why, await n2!.says("blog")], [
    "following",
    "the engine gives answers and takes nothing from this node: Cannot take a lease: the engine is full",
    "one",
  ]);
  const said = n2!.bench.events.flatMap((event) => event.event === "warning" ? [event.text] : []);
  assertEquals(said.filter((text) => text === why), [why]);
  bench.engine.faults.isFull = false;
  await n2!.fleet.membership.beat();
  assertEquals((await n2!.fleet.view()).why, null);
  await n2!.deploy("blog", "two");
  assertEquals(await n2!.says("blog"), "two");
});

Deno.test("A node that starts does not wait for an engine that gives no answer to say whose its name is", async () => {
  const clock = new FakeClock();
  const silent = new Promise<never>(() => {});
  using membership = new Membership({
    store: { lease: () => silent, announce: () => silent, nodes: () => silent },
    ...{ clock, name: "n1", holder: "n1's", report: () => report({}), warn: () => {} },
  });
  let hasBegun = false;
  void membership.begin().then(() => hasBegun = true);
  await clock.advance(2_000);
  const looked = membership.lookSoon();
  await clock.advance(4_000);
  assertEquals([hasBegun, await looked], [true, false]);
});
