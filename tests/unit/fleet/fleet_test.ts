/** A fleet of nodes whose apps are text: what is deployed on one is served by all, and nothing goes back. */
import { assertEquals, assertMatch } from "@std/assert";
import { BY, FleetBench } from "../../support/fleet_bench.ts";
import { refused } from "../operate/bench_scene.ts";

Deno.test("What is deployed on one node is in force on all, and is there after a restart", async () => {
  await using bench = await FleetBench.create();
  const [n1, n2, n3] = bench.nodes;
  assertEquals((await n1!.deploy("blog", "one")).version, "v1");
  assertEquals((await n2!.deploy("blog", "two")).version, "v2");
  await bench.pull();
  assertEquals(await Promise.all(bench.nodes.map((node) => node.says("blog"))), ["two", "two", "two"]);
  assertEquals(await n3!.operator.versions.rollback("blog", null, BY), "v1");
  await bench.pull();
  assertEquals(await Promise.all(bench.nodes.map((node) => node.says("blog"))), ["one", "one", "one"]);
  const whole = await n1!.whole();
  assertEquals([await n2!.whole(), await n3!.whole()], [whole, whole]);

  bench.engine.faults.isGone = true;
  await n2!.close();
  await n2!.open();
  assertEquals([n2!.fleet.state, await n2!.says("blog")], ["offline", "one"]);
  const told = n2!.bench.events.flatMap((event) => event.event === "fleet_state" ? [[event.state, event.why]] : []);
  assertEquals(told, [["offline", "Cannot ask the fleet's engine for its newest change: the engine is gone"]]);
});

Deno.test("A version that cannot start is refused, and no other node hears of it", async () => {
  await using bench = await FleetBench.create();
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  const { revision } = await bench.engine.head();
  for (const text of ["broken", "failing"]) await refused("CONFIG_INVALID", () => n1!.deploy("blog", text));
  assertEquals((await bench.engine.head()).revision, revision);
  assertEquals([await n1!.says("blog"), await n2!.says("blog")], ["one", "one"]);
  assertEquals((await n2!.deploy("blog", "two")).version, "v2");
});

Deno.test("Changes that many nodes ask for at once are all done, one after the other, each with a number of its own", async () => {
  await using bench = await FleetBench.create();
  await bench.nodes[0]!.deploy("blog", "first");
  const asked = Array.from({ length: 18 }, (_, at) => bench.nodes[at % 3]!.deploy("blog", `text ${at}`));
  const views = await Promise.all(asked);
  const numbers = views.map(({ version }) => Number(version.slice(1))).sort((a, b) => a - b);
  assertEquals(numbers, Array.from({ length: 18 }, (_, at) => at + 2));
  await bench.pull();
  const last = views.findIndex(({ version }) => version === "v19");
  assertEquals(await Promise.all(bench.nodes.map((node) => node.says("blog"))), Array(3).fill(`text ${last}`));
});

Deno.test("Without an engine nodes serve on and refuse changes; when it is back, all is as before", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  bench.engine.wipe();
  await bench.pull();
  assertEquals(bench.nodes.map((node) => node.fleet.state), ["diverged", "diverged"]);
  const { message } = await refused("FLEET_UNAVAILABLE", () => n2!.deploy("blog", "two"));
  assertMatch(message, /the engine is empty/);
  assertEquals(await n2!.says("blog"), "one");

  await n1!.operator.fleet!.restore({ replace: false }, BY);
  assertEquals(n1!.fleet.state, "following");
  await bench.pull();
  assertEquals(n2!.fleet.state, "diverged");
  await n2!.operator.fleet!.join({ replace: true }, BY);
  assertEquals([n2!.fleet.state, await n2!.says("blog")], ["following", "one"]);
  assertEquals((await n2!.deploy("blog", "two")).version, "v2");
  await bench.pull();
  assertEquals(await n1!.says("blog"), "two");
});

Deno.test("A node that is to restore its fleet over another one gives the engine what it has, and nothing else stays", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await n1!.deploy("shop", "shop");
  await bench.pull();
  bench.engine.wipe();
  await bench.pull();
  await n2!.operator.fleet!.restore({ replace: false }, BY);
  await n2!.deploy("blog", "two");
  await n2!.deploy("extra", "extra");
  await n1!.fleet.replica.pull();
  await refused("CONFLICT", () => n1!.operator.fleet!.restore({ replace: false }, BY));

  await n1!.operator.fleet!.restore({ replace: true }, BY);
  assertEquals([n1!.fleet.state, await n1!.says("blog"), await n1!.says("extra")], ["following", "one", null]);
  await n2!.fleet.replica.pull();
  assertEquals([n2!.fleet.state, await n2!.says("blog")], ["diverged", "two"]);
  await n2!.operator.fleet!.join({ replace: true }, BY);
  assertEquals(await n2!.whole(), await n1!.whole());
  assertEquals([await n2!.says("blog"), await n2!.says("shop"), await n2!.says("extra")], ["one", "shop", null]);
  await n2!.deploy("blog", "three");
  await bench.pull();
  assertEquals(await n1!.says("blog"), "three");
});

Deno.test("A node that only serves gives the engine nothing back; one that takes changes does", async () => {
  await using bench = await FleetBench.create(2, { founded: false });
  const [n1, n2] = bench.nodes;
  await n2!.close();
  await n2!.write([], { role: "serve" });
  await n2!.open();
  await n1!.operator.fleet!.found(BY);
  await n1!.deploy("blog", "one");
  await bench.pull();
  const { revision } = await bench.engine.head();
  bench.engine.forget(1);
  for (let look = 0; look < 3; look++) await n2!.fleet.replica.pull();
  assertEquals([n2!.fleet.state, await n2!.says("blog")], ["repairing", "one"]);
  assertEquals(bench.engine.head().revision < revision, true);
  await refused("CONFLICT", () => n2!.operator.fleet!.restore({ replace: true }, BY));
  await refused("CONFLICT", () => n2!.deploy("blog", "two"));
});
