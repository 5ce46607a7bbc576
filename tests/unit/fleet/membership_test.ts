/** Who is shown as different, and whose turn a job is. */
import { assert, assertEquals } from "@std/assert";
import { cronTurn, firstNodeFor } from "../../../runtime/fleet/cron_turn.ts";
import type { NodeReport } from "../../../runtime/fleet/fleet_store.ts";
import { MemoryEngine } from "../../../runtime/fleet/memory_store.ts";
import { Lags } from "../../../runtime/fleet/lags.ts";
import { nodeViews } from "../../../runtime/fleet/membership.ts";
import type { Clock } from "../../../runtime/clock.ts";

/** Timers are over at once. */
const QUICK: Clock = {
  now: () => 0,
  wall: () => 0,
  after(delayMs, run) {
    // A deadline of 10 s is never over, a wait of 2 s at once.
    if (delayMs < 10_000) queueMicrotask(run);
    return () => {};
  },
};

function report(name: string, more: Partial<NodeReport> = {}): NodeReport {
  return {
    name,
    address: null,
    version: "1.0.0",
    role: "full",
    startedAt: 0,
    state: "following",
    epoch: "one",
    revision: 5,
    appsUp: 1,
    failed: [],
    configFingerprint: "same",
    memoryBytes: 1,
    ...more,
  };
}

Deno.test("A node that lags behind or differs from most is shown so", () => {
  const reports = [
    report("n1"),
    report("n2", { revision: 3, configFingerprint: "other" }),
    report("n3", { version: "1.1.0" }),
  ];
  const lags = new Lags();
  lags.note(reports, 1_000);
  lags.note(reports, 9_000);
  const views = nodeViews(reports, {
    self: "n2",
    lagOf: (name) => lags.of(name, 12_000),
    skewOf: (name) => name === "n1" ? null : name === "n2" ? -29_000 : 30_000,
  });
  assertEquals(views.map(({ name, isSelf, lag, lagMs, drift }) => ({ name, isSelf, lag, lagMs, drift })), [
    { name: "n1", isSelf: false, lag: 0, lagMs: 0, drift: [] },
    { name: "n2", isSelf: true, lag: 2, lagMs: 11_000, drift: ["nano.json"] },
    { name: "n3", isSelf: false, lag: 0, lagMs: 0, drift: ["version", "clock"] },
  ]);
  lags.note(reports.map((one) => ({ ...one, revision: 5 })), 13_000);
  assertEquals(lags.of("n2", 14_000), 0);
});

Deno.test("Only apps of a node that goes get another first node", () => {
  const apps = Array.from({ length: 200 }, (_, at) => `app-${at}`);
  const before = apps.map((app) => firstNodeFor(app, ["n1", "n2", "n3"]));
  const after = apps.map((app) => firstNodeFor(app, ["n1", "n3"]));
  assert(["n1", "n2", "n3"].every((node) => before.filter((one) => one === node).length > 30));
  assertEquals(after.filter((node, at) => node !== before[at]).length, before.filter((node) => node === "n2").length);
});

Deno.test("A job that is due runs on one node of all, and without an engine as nano.json says", async () => {
  const engine = new MemoryEngine(QUICK);
  const nodes = ["n1", "n2", "n3"];
  const job = { app: "blog", name: "* * * * *", dueAt: 60_000 };
  const warnings: string[] = [];
  const turn = (node: string, alone: "skip" | "run") =>
    cronTurn(job, {
      store: engine.open(),
      clock: QUICK,
      engineTime: () => Promise.resolve(60_000),
      node,
      nodes: () => nodes,
      alone,
      warn: (text) => warnings.push(text),
    });
  const turns = await Promise.all(nodes.map((node) => turn(node, "skip")));
  assertEquals(turns.filter((isOurs) => isOurs).length, 1);
  assertEquals(await turn("n1", "skip"), false);
  engine.faults.isGone = true;
  assertEquals([await turn("n1", "skip"), await turn("n1", "run")], [false, true]);
  assertEquals(warnings.length, 2);
});
