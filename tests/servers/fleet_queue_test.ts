/** Queues of a fleet on real NATS servers: the suite of all engines, and what only servers and nodes can do to them. */
import { assertEquals, assertRejects } from "@std/assert";
import type { QueueStore } from "../../runtime/data/queue_store.ts";
import { BindingError } from "../../runtime/protocol/binding_call.ts";
import { message, NOW, queueConformance } from "../unit/data/queue_conformance.ts";
import { natsBinary, versionOf } from "../support/nats_binary.ts";
import { dataOf, untilAnswered } from "./fleet_data_scene.ts";
import { NatsServers } from "./nats_servers.ts";

const GIB = 1024 ** 3;
/** Bounds a hang only. */
const SEEN_MS = 90_000;

function take(store: QueueStore, owner: string, limit = 10) {
  return store.take({ owner, now: NOW, limit, waitMs: 0, until: NOW + 1_000 });
}

/** Takes until there is something. */
async function taken(store: QueueStore, owner: string) {
  for (const from = performance.now(); performance.now() - from < SEEN_MS;) {
    const { messages } = await untilAnswered(() => take(store, owner));
    if (messages.length > 0) return messages;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing was taken within ${SEEN_MS} ms`);
}

for (const count of [1, 3] as const) {
  Deno.test(`Queues of a fleet do what every engine does, over two nodes, with servers: ${count}`, async (t) => {
    await using servers = await NatsServers.start({ count });
    console.log(`nats-server ${await versionOf(natsBinary()!)} (${natsBinary()})`);
    await using a = dataOf(servers);
    await using b = dataOf(servers);
    await queueConformance(t, { open: (name) => a.queue(name), other: (name) => b.queue(name) });
    assertEquals((await b.names("queue")).toSorted().slice(0, 2), ["q1", "q10"]);
  });
}

Deno.test("One node delivers from a queue; when it is gone or its app takes nothing, another does", async () => {
  await using servers = await NatsServers.start();
  const told: (string | null)[] = [];
  await using b = dataOf(servers, { onSent: (queue) => told.push(queue) });
  const other = b.queue("jobs");
  {
    await using a = dataOf(servers);
    const store = a.queue("jobs");
    await store.send([message("first"), message("second")], GIB);
    const [first] = (await take(store, "one", 1)).messages;
    assertEquals((await take(other, "two")).messages, []);
    await other.send([message("third", { visible: NOW + 1 })], GIB);
    for (const from = performance.now(); !told.includes("jobs") && performance.now() - from < SEEN_MS;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assertEquals(told.includes("jobs"), true);
    // It has something under way, so that it keeps the queue, until that is done with.
    const [second] = (await take(store, "one", 1)).messages;
    await store.settle("one", [{ seq: second!.seq, outcome: "release", visible: NOW }]);
    assertEquals((await take(other, "two")).messages, []);
    await store.settle("one", [{ seq: first!.seq, outcome: "release", visible: NOW }]);
    assertEquals((await taken(other, "two")).map(({ id }) => id), ["first", "second"]);
    assertEquals((await take(store, "one")).messages, []);
  }
  // Closed in the middle: its queues are free at once.
  await using c = dataOf(servers);
  {
    await using last = dataOf(servers);
    await last.queue("mails").send([message("x")], GIB);
    assertEquals((await taken(last.queue("mails"), "one")).length, 1);
    assertEquals((await take(c.queue("mails"), "two")).messages, []);
  }
  assertEquals((await taken(c.queue("mails"), "two")).map(({ id, failures }) => [id, failures]), [["x", 0]]);
});

Deno.test("Without servers queues of a fleet fail by name, and are as they were once they are back", async () => {
  await using servers = await NatsServers.start();
  await using data = dataOf(servers, { callMs: 3_000 });
  const store = data.queue("jobs");
  await store.send([message("a")], GIB);
  const [a] = await taken(store, "me");
  await servers.killAll();
  const sent = await assertRejects(() => store.send([message("b")], GIB), BindingError);
  assertEquals([sent.code, sent.message, sent.reason!.includes("127.0.0.1")], [
    "FLEET_UNAVAILABLE",
    "503 The engine of the fleet cannot be asked; the change may have been made all the same",
    true,
  ]);
  await assertRejects(() => store.settle("me", [{ seq: a!.seq, outcome: "ack", visible: NOW }]), BindingError);
  await servers.startAll();
  // What was not settled is free when its lease ends.
  await untilAnswered(() => store.backlog());
  const later = await store.take({ owner: "me", now: NOW + 1_000, limit: 10, waitMs: 0, until: NOW + 2_000 });
  assertEquals(later.messages.at(0)?.id, "a");
});

Deno.test("No acknowledged message is lost when the leader or all servers are killed", async () => {
  await using servers = await NatsServers.start({ count: 3 });
  await using a = dataOf(servers);
  await using b = dataOf(servers);
  const acknowledged = new Set<string>();
  const delivered = new Set<string>();
  let isOver = false;
  let next = 0;
  const senders = [a, b].map(async (data, sender) => {
    while (!isOver) {
      const ids = Array.from({ length: 5 }, () => `s${sender}-${next++}`);
      try {
        await data.queue("kills").send(ids.map((id) => message(id)), GIB);
        for (const id of ids) acknowledged.add(id);
      } catch (error) {
        if (!(error instanceof BindingError) || error.code !== "FLEET_UNAVAILABLE") throw error;
      }
    }
  });
  const all = () => acknowledged.size > 0 && [...acknowledged].every((id) => delivered.has(id));
  const from = performance.now();
  const consumers = [a, b].map(async (data, at) => {
    const store = data.queue("kills");
    while (!(isOver && all()) && performance.now() - from < 4 * SEEN_MS) {
      try {
        const { messages } = await take(store, `c${at}`);
        for (const { id } of messages) delivered.add(id);
        await store.settle(`c${at}`, messages.map(({ seq }) => ({ seq, outcome: "ack", visible: NOW })));
        if (messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      } catch (error) {
        if (!(error instanceof BindingError) || error.code !== "FLEET_UNAVAILABLE") throw error;
      }
    }
  });
  const until = async (more: number) => {
    const goal = acknowledged.size + more;
    while (acknowledged.size < goal) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(40);
  for (const kill of [() => servers.killLeader("nano_queue_kills"), () => servers.killAll()]) {
    await kill();
    await servers.startAll();
    await until(40);
  }
  isOver = true;
  await Promise.all([...senders, ...consumers]);
  assertEquals([...acknowledged].filter((id) => !delivered.has(id)), []);
});
