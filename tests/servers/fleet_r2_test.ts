/** R2 buckets of a fleet on real NATS servers: the suite of all engines, and what only servers can do to them. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { BindingError } from "../../runtime/protocol/binding_call.ts";
import { pattern, put, r2Conformance, read } from "../unit/data/r2_conformance.ts";
import { isOlder, natsBinary, versionOf } from "../support/nats_binary.ts";
import { dataOf, untilAnswered } from "./fleet_data_scene.ts";
import { NatsServers } from "./nats_servers.ts";

for (const count of [1, 3] as const) {
  Deno.test(`R2 of a fleet does what every engine does, over two nodes, with servers: ${count}`, async (t) => {
    await using servers = await NatsServers.start({ count });
    const version = await versionOf(natsBinary()!);
    console.log(`nats-server ${version} (${natsBinary()})`);
    // Of 25 buckets 10 kept a purged object, by three servers 2.9.10; none by 2.15.1.
    const isUntidy = count === 3 && isOlder(version, "2.11.16");
    if (isUntidy) console.log(`Three servers ${version} keep some of what was purged: what is left is not looked at`);
    await using a = dataOf(servers);
    await using b = dataOf(servers);
    let opened = 0;
    // Handles of one bucket on two nodes, by turns.
    await r2Conformance(t, { open: (name) => (opened++ % 2 === 0 ? a : b).r2(name), isUntidy });
    assertEquals((await a.names("r2")).toSorted()[0], "c1");
  });
}

Deno.test("Without servers R2 of a fleet fails by name, and is as it was once they are back", async () => {
  await using servers = await NatsServers.start();
  await using data = dataOf(servers, { callMs: 3_000 });
  const store = data.r2("my.files");
  const bytes = pattern(700_000);
  await put(store, "k", bytes.slice());
  await servers.killAll();
  const head = await assertRejects(() => store.head("k"), BindingError);
  assertEquals([head.code, head.message], [
    "FLEET_UNAVAILABLE",
    "head: The engine of the fleet cannot be asked (10001)",
  ]);
  const lost = await assertRejects(() => put(store, "k", pattern(9)), BindingError);
  assertEquals([lost.code, lost.message.includes("; the change may have been made all the same")], [
    "FLEET_UNAVAILABLE",
    true,
  ]);
  assertEquals([lost.message.includes("127.0.0.1"), lost.reason!.includes("127.0.0.1")], [false, true]);
  await servers.startAll();
  assertEquals((await untilAnswered(() => read(store, "k")))!.byteLength, 700_000);
  assertEquals(await data.names("r2"), ["my.files"]);
});

Deno.test("No acknowledged object is lost when the leader or all servers are killed", async () => {
  const version = await versionOf(natsBinary()!);
  // 2.9.10 loses messages after a kill once others of their stream were purged, which leaves bytes of objects and values.
  const isTaken = !isOlder(version, "2.11.16");
  if (!isTaken) {
    console.log(`nats-server ${version} loses what stands beside purged messages: no long objects are killed`);
  }
  const long = isTaken ? 400_000 : 4_000;
  await using servers = await NatsServers.start({ count: 3 });
  await using data = dataOf(servers);
  const store = data.r2("kills");
  const kept = new Map<string, number>();
  let isOver = false;
  let next = 0;
  const writers = Array.from({ length: 3 }, async (_, writer) => {
    while (!isOver) {
      const [key, seed] = [`w${writer}k${next % 5}`, next++];
      // Until it is acknowledged one of the two stands.
      kept.delete(key);
      try {
        await put(store, key, pattern(seed % 3 === 0 ? 100 : long, seed));
        kept.set(key, seed);
      } catch (error) {
        if (!(error instanceof BindingError) || error.code !== "FLEET_UNAVAILABLE") throw error;
      }
    }
  });
  const until = async (more: number) => {
    const goal = next + more;
    while (next < goal) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(20);
  for (const kill of [() => servers.killLeader("nano_r2_kills"), () => servers.killAll()]) {
    await kill();
    await servers.startAll();
    await until(20);
  }
  isOver = true;
  await Promise.all(writers);
  assert(kept.size > 0);
  for (const [key, seed] of kept) {
    const found = await read(store, key);
    const expected = pattern(seed % 3 === 0 ? 100 : long, seed);
    // The bytes themselves would take minutes to be shown.
    assertEquals([key, found && [found.byteLength, digestOf(found)]], [key, [expected.byteLength, digestOf(expected)]]);
  }
});

function digestOf(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}
