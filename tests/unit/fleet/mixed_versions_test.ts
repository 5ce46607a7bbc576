/** A node beside others of a newer NANO, whose records it cannot read: it serves what it has, and destroys nothing. */
import { assertEquals, assertMatch } from "@std/assert";
import { RECORD_FORMAT } from "../../../runtime/fleet/app_record.ts";
import { ArchiveSweep } from "../../../runtime/fleet/archive_sweep.ts";
import { BY, FleetBench } from "../../support/fleet_bench.ts";
import { refused } from "../operate/bench_scene.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

/** A newer NANO changes an app of the fleet. */
async function writeNewer(bench: FleetBench, app: string): Promise<void> {
  await using store = bench.engine.open();
  const head = await store.head();
  const record = { key: `app.${app}`, id: crypto.randomUUID(), format: RECORD_FORMAT + 1, value: { layout: "new" } };
  assertEquals((await store.write(record, head)).outcome, "written");
}

Deno.test("What a newer NANO has written is told by name, and the old version is served, through a restart too", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await n1!.deploy("shop", "one");
  await bench.pull();
  await writeNewer(bench, "blog");
  await bench.pull();
  for (const isRestarted of [false, true]) {
    if (isRestarted) {
      await n2!.close();
      await n2!.open();
      await bench.pull();
    }
    const view = await n2!.operator.fleet!.view();
    assertEquals([view.state, await n2!.says("blog")], ["following", "one"]);
    const own = view.nodes.find(({ name }) => name === "n2")!;
    assertEquals(own.failed.map(({ app }) => app), ["blog"]);
    assertMatch(own.failed[0]!.error, /needs a newer NANO \(format 2, this one knows 1\)/);
  }

  // Other apps are changed as ever; this one is not, or what the newer NANO keeps of it would be lost.
  assertEquals((await n2!.deploy("shop", "two")).version, "v2");
  await bench.pull();
  assertEquals(await n1!.says("shop"), "two");
  const before = await bench.engine.head();
  for (const change of [() => n2!.deploy("blog", "two"), () => n2!.operator.apps.remove("blog", BY)]) {
    const { message } = await refused("CONFLICT", change);
    assertMatch(message, /needs a newer NANO/);
  }
  assertEquals([(await bench.engine.head()).revision, await n2!.says("blog")], [before.revision, "one"]);
});

Deno.test("No archive is removed by a node that cannot read which ones are named", async () => {
  const removals = async (write: (bench: FleetBench) => Promise<void>) => {
    await using bench = await FleetBench.create(1);
    const [n1] = bench.nodes;
    await n1!.deploy("blog", "one");
    await write(bench);
    await bench.pull();
    const { store: state } = n1!.bench;
    const removed: string[][] = [];
    const sweep = new ArchiveSweep({
      holder: "n1",
      store: {
        lease: () => Promise.resolve(true),
        removeBlobs: (keep) => (removed.push([...keep]), Promise.resolve(0)),
      },
      rows: state.fleet,
      shelf: { sweep: (keep: ReadonlySet<string>) => (removed.push([...keep]), Promise.resolve()) } as never,
      clock: new FakeClock(),
      maySweepEngine: () => true,
      warn: () => {},
    });
    await sweep.run();
    return removed.map((keep) => keep.length);
  };
  assertEquals(await removals(() => Promise.resolve()), [1, 1]);
  assertEquals(await removals((bench) => writeNewer(bench, "blog")), []);
});

Deno.test("What a newer NANO writes beside what this one knows outlives the changes that are made here", async () => {
  await using bench = await FleetBench.create(2);
  const [n1, n2] = bench.nodes;
  await n1!.deploy("blog", "one");
  await bench.pull();
  const written = async () => {
    await using store = bench.engine.open();
    const records = await Array.fromAsync(store.since(0));
    return records.find(({ key }) => key === "app.blog")!;
  };
  type Written = { row: Record<string, unknown> | null; versions: Record<string, unknown>[] } & Record<string, unknown>;
  const before = await written();
  const value = before.value as unknown as Written;
  const newer = {
    ...value,
    owner: "team",
    row: { ...value.row, pinned: true },
    versions: value.versions.map((one) => ({ ...one, signature: "s" })),
  };
  {
    await using store = bench.engine.open();
    const record = { ...before, id: crypto.randomUUID(), value: newer as never };
    assertEquals((await store.write(record, await store.head())).outcome, "written");
  }
  await bench.pull();
  assertEquals([await n1!.says("blog"), await n2!.says("blog")], ["one", "one"]);

  assertEquals((await n2!.deploy("blog", "two")).version, "v2");
  const seen = ({ owner, row, versions }: Written) => [owner, row?.["pinned"], versions.map((one) => one["signature"])];
  const after = await written();
  assertEquals(seen(after.value as unknown as Written), ["team", true, [undefined, "s"]]);
  await bench.pull();
  assertEquals([await n1!.says("blog"), await n2!.says("blog")], ["two", "two"]);

  // What is gone takes along what was said of it.
  await n1!.operator.apps.remove("blog", BY);
  const removed = (await written()).value as unknown as Written;
  assertEquals([removed["owner"], removed.row], ["team", null]);
});
