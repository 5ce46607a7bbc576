/** Nodes that join, nodes that cannot, and what each failure of the design's table comes to on one of them. */
import { assertEquals, assertMatch } from "@std/assert";
import { type BenchNode, BY, FleetBench } from "../../support/fleet_bench.ts";
import { refused } from "../operate/bench_scene.ts";

/** More than are put in force one by one. */
const APPS = [..."abcdefghij"];

function failuresOf(node: BenchNode) {
  return node.fleet.replica.failures.list().map(({ app, error }) => [app, error]);
}

async function allSay(node: BenchNode): Promise<readonly (string | null)[]> {
  return await Promise.all(APPS.map((app) => node.says(app)));
}

Deno.test("A node that joins takes all apps; one that does not fit there is told by name, and the others serve", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n2!.close();
  for (const app of APPS) await n1!.deploy(app, app, { create: { hostnames: [`${app}.test`] } });
  await Deno.mkdir(`${n2!.dir}/own`);
  await Deno.writeTextFile(`${n2!.dir}/own/index.ts`, "own");
  await n2!.write([{ name: "own", path: "./own", hostname: "c.test" }]);
  await n2!.open();
  await n2!.fleet.replica.pull();
  assertEquals(await allSay(n2!), APPS.map((app) => app === "c" ? null : app));
  const [[app, error]] = failuresOf(n2!) as [[string, string]];
  assertEquals(app, "c");
  assertMatch(error, /c\.test/);
  assertEquals(n2!.fleet.state, "following");
});

Deno.test("A node that joins is ready when it has all, not before; one that had all is in time without an engine", async () => {
  await using bench = await FleetBench.create(2, { founded: false });
  const [n1, n2] = bench.nodes;
  await n2!.close();
  await n2!.write([], { start_timeout_ms: 0 });
  await n1!.operator.fleet!.found(BY);
  for (const app of APPS) await n1!.deploy(app, app);
  const digest = n1!.bench.store.fleet.digestOf("d", "v1")!;
  bench.engine.faults.missingBlobs.add(digest);
  await n2!.open();
  assertEquals([n2!.fleet.state, n2!.fleet.isHeard], ["offline", false]);
  bench.engine.faults.missingBlobs.clear();
  await n2!.fleet.replica.pull();
  assertEquals([n2!.fleet.state, n2!.fleet.isHeard], ["following", true]);
  assertEquals(await allSay(n2!), APPS);

  bench.engine.faults.isGone = true;
  await n2!.close();
  await n2!.open();
  assertEquals([n2!.fleet.state, n2!.fleet.isHeard], ["offline", true]);
  assertEquals(await allSay(n2!), APPS);
});

Deno.test("Of two nodes of one name the second takes no part, until the first is gone", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  await n2!.close();
  await n2!.write([], { name: "n1" });
  await n2!.open();
  await n1!.deploy("blog", "two");
  assertEquals([n2!.fleet.state, n2!.fleet.membership.refusal !== null, await n2!.says("blog")], [
    "refused",
    true,
    "one",
  ]);
  const { message } = await refused("FLEET_UNAVAILABLE", () => n2!.deploy("blog", "three"));
  assertMatch(message, /another node is called "n1": give one of them another fleet.name/);
  assertEquals(n1!.fleet.membership.refusal, null);
});

Deno.test("An archive with other bytes than its record names is not unpacked: the old version serves", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  await n2!.close();
  await n1!.deploy("blog", "two");
  const open = bench.engine.open.bind(bench.engine);
  bench.engine.open = () => {
    const store = open();
    store.getBlob = () => Promise.resolve(ReadableStream.from([new TextEncoder().encode("something else")]));
    return store;
  };
  await n2!.open();
  assertEquals([n2!.fleet.state, await n2!.says("blog")], ["offline", "one"]);
  assertMatch(n2!.fleet.replica.why!, /what came has the digest/);
  bench.engine.open = open;
  await n2!.close();
  await n2!.open();
  assertEquals([n2!.fleet.state, await n2!.says("blog")], ["following", "two"]);
});

Deno.test("Of two changes by tags of one version, on two nodes at once, the second is refused", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  // A tag is the node's that gave it.
  const tags = bench.nodes.map((node) => node.operator.apps.tagOf("blog"));
  const results = await Promise.allSettled([
    n1!.deploy("blog", "two", { ifMatch: tags[0]! }),
    n2!.deploy("blog", "three", { ifMatch: tags[1]! }),
  ]);
  const [refusal, ...more] = results.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  assertEquals([refusal.code, more], ["PRECONDITION_FAILED", []]);
  await bench.pull();
  const says = await Promise.all(bench.nodes.map((node) => node.says("blog")));
  assertEquals(says, Array(2).fill(results[0]!.status === "fulfilled" ? "two" : "three"));
});

Deno.test("A node whose disk takes nothing serves the old version and says so; what it is asked is stored nowhere", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  // Whatever the reason is for which the system refuses.
  const archives = `${n2!.dir}/.nano/archives`;
  await Deno.rename(archives, `${archives}.aside`);
  await Deno.writeTextFile(archives, "");
  await n1!.deploy("blog", "two");
  await bench.pull();
  assertEquals([await n1!.says("blog"), await n2!.says("blog")], ["two", "one"]);
  assertEquals(failuresOf(n2!).map(([app]) => app), ["blog"]);
  // However often it tries, it says so once.
  await n2!.fleet.replica.retry({ all: true });
  assertEquals(n2!.bench.events.filter(({ event }) => event === "fleet_app_failed").length, 1);
  const head = await bench.engine.head();
  await refused("INTERNAL", () => n2!.deploy("blog", "three"));
  assertEquals(await bench.engine.head(), head);

  await Deno.remove(archives);
  await Deno.rename(`${archives}.aside`, archives);
  await n2!.operator.fleet!.retry(BY);
  assertEquals([await n2!.says("blog"), failuresOf(n2!)], ["two", []]);
  assertEquals((await n2!.deploy("blog", "three")).version, "v3");
});
