/** KV namespaces of a fleet on real NATS servers: the suite of all engines, and what only servers can do to them. */
import { assertEquals, assertRejects } from "@std/assert";
import { oldServer } from "../../runtime/fleet/nats_version.ts";
import { BindingError } from "../../runtime/protocol/binding_call.ts";
import { kvConformance } from "../unit/data/kv_conformance.ts";
import { natsBinary, versionOf } from "../support/nats_binary.ts";
import { dataOf, untilAnswered } from "./fleet_data_scene.ts";
import { NatsServers } from "./nats_servers.ts";

const ROOM = { expires: null, metadata: null, maxBytes: 1024 ** 3 } as const;
const value = (text: string) => new TextEncoder().encode(text);

for (const count of [1, 3] as const) {
  Deno.test(`KV of a fleet does what every engine does, over two nodes, with servers: ${count}`, async (t) => {
    await using servers = await NatsServers.start({ count });
    const version = await versionOf(natsBinary()!);
    console.log(`nats-server ${version} (${natsBinary()})`);
    await using a = dataOf(servers);
    await using b = dataOf(servers);
    let opened = 0;
    // Handles of one namespace on two nodes, by turns.
    await kvConformance(t, { open: (name) => (opened++ % 2 === 0 ? a : b).kv(name), excuse: oldServer(version) });
    assertEquals((await a.names("kv")).toSorted()[0], "c1");
  });
}

Deno.test("Without servers KV of a fleet fails by name, and is as it was once they are back", async () => {
  await using servers = await NatsServers.start();
  await using data = dataOf(servers, { callMs: 3_000 });
  const store = data.kv("worker.my_ns");
  await store.put("k", value("kept"), ROOM);
  await servers.killAll();
  const read = await assertRejects(async () => await store.get("k", 100), BindingError);
  assertEquals(
    [read.code, read.message],
    ["FLEET_UNAVAILABLE", "KV GET failed: 503 The engine of the fleet cannot be asked"],
  );
  const put = await assertRejects(() => store.put("k", value("lost"), ROOM), BindingError);
  assertEquals([put.code, /; the change may have been made all the same$/.test(put.message)], [
    "FLEET_UNAVAILABLE",
    true,
  ]);
  // The app is not told where the servers are, the log is.
  assertEquals([put.message.includes("127.0.0.1"), put.reason!.includes("127.0.0.1")], [false, true]);
  await servers.startAll();
  assertEquals((await untilAnswered(async () => await store.get("k", 100)))?.value, "kept");
  assertEquals(await data.names("kv"), ["worker.my_ns"]);
});

Deno.test("A node that is diverged neither reads nor writes what another fleet holds", async () => {
  await using servers = await NatsServers.start();
  let why: string | null = null;
  await using data = dataOf(servers, { foreign: () => why });
  await data.kv("ns").put("k", value("v"), ROOM);
  why = "diverged";
  const refused = await assertRejects(async () => await data.kv("ns").get("k", 100), BindingError);
  assertEquals([refused.code, refused.reason], ["FLEET_UNAVAILABLE", 'KV namespace "ns": diverged']);
});

Deno.test("No acknowledged put is lost when the leader or all servers are killed", async () => {
  await using servers = await NatsServers.start({ count: 3 });
  await using data = dataOf(servers);
  const store = data.kv("kills");
  const kept = new Map<string, string>();
  let isOver = false;
  let next = 0;
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    while (!isOver) {
      const [key, text] = [`w${writer}k${next % 7}`, `v${next++}`];
      // Until it is acknowledged one of the two stands.
      kept.delete(key);
      try {
        await store.put(key, value(text), ROOM);
        kept.set(key, text);
      } catch (error) {
        if (!(error instanceof BindingError) || error.code !== "FLEET_UNAVAILABLE") throw error;
      }
    }
  });
  const until = async (more: number) => {
    const goal = next + more;
    while (next < goal) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(40);
  for (const kill of [() => servers.killLeader("nano_kv_kills"), () => servers.killAll()]) {
    await kill();
    await servers.startAll();
    await until(40);
  }
  isOver = true;
  await Promise.all(writers);
  for (const [key, text] of kept) assertEquals([key, (await store.get(key, 100))?.value], [key, text]);
});
