/** What every engine of queues has to do: one suite, run on each. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { QueueStore, SentMessage } from "../../../runtime/data/queue_store.ts";
import { DeadLetterReturn } from "../../../runtime/operate/dead_letter_return.ts";
import { BindingError } from "../../../runtime/protocol/binding_call.ts";

const GIB = 1024 ** 3;
/** Of all that the suite does; engines are told the time. */
export const NOW = 1_000_000;

/** An engine under test. */
export interface QueueBench {
  /** A queue that is empty at first; handles of one name share it. */
  open(name: string): QueueStore;
  /** The same as whoever does not deliver from it has it: another node's, where there are nodes. */
  other(name: string): QueueStore;
}

/** The queues of one check. */
interface Queues {
  readonly store: QueueStore;
  readonly other: QueueStore;
  readonly dead: QueueStore;
  readonly name: string;
}

/** Runs all of it, a step a promise. */
export async function queueConformance(t: Deno.TestContext, bench: QueueBench): Promise<void> {
  let next = 0;
  for (const [promise, check] of Object.entries(CHECKS)) {
    await t.step(promise, async () => {
      const name = `q${next++}`;
      await check({ name, store: bench.open(name), other: bench.other(name), dead: bench.open(`${name}.dead-ä`) });
    });
  }
}

/** A message of the suite. */
export function message(id: string, changes: Partial<SentMessage> = {}): SentMessage {
  return { id, sent: NOW, visible: NOW, type: "text", origin: null, body: new TextEncoder().encode(id), ...changes };
}

function take(store: QueueStore, owner = "me", now = NOW, limit = 10) {
  return store.take({ owner, now, limit, waitMs: 0, until: now + 1_000 });
}

async function idsOf(store: QueueStore): Promise<string[]> {
  return (await store.peek({ after: 0, limit: 1000 })).map(({ id }) => id);
}

const CHECKS: Readonly<Record<string, (queues: Queues) => Promise<void>>> = {
  "An empty queue has no messages, and is asked again later": async ({ store, other }) => {
    assertEquals([await idsOf(store), (await other.backlog()).messages], [[], 0]);
    const { messages, bodies } = await take(store);
    assertEquals([messages, bodies.byteLength], [[], 0]);
    await store.remove(["none"], NOW);
    assertEquals([await store.purge(5), (await store.info(NOW)).messages, await store.read(["none"])], [0, 0, []]);
  },
  "What is sent is counted and shown, what is settled is gone": async ({ store, other }) => {
    const sent = await other.send(
      [message("a", { sent: 5 }), message("bb", { visible: NOW + 9 }), message("c", { type: "bytes" })],
      GIB,
    );
    assertEquals([sent.messages, sent.oldest], [3, 5]);
    assert(sent.bytes >= 4 && sent.storedBytes >= 4);
    const taken = await take(store);
    assertEquals(taken.messages.map(({ id, failures, type }) => [id, failures, type]), [["a", 0, "text"], [
      "c",
      0,
      "bytes",
    ]]);
    assertEquals([new TextDecoder().decode(taken.bodies), taken.backlog], ["ac", { messages: 3, bytes: 4, oldest: 5 }]);
    for (const one of [store, other]) {
      const { storedBytes: _, ...info } = await one.info(NOW);
      assertEquals(info, { messages: 3, bytes: 4, oldest: 5, delayed: 1, leased: 2 });
    }
    const { messages, oldest } = await other.backlog();
    assertEquals([messages, oldest], [3, 5]);
    const [a, c] = taken.messages;
    await store.settle("me", [
      { seq: a!.seq, outcome: "ack", visible: NOW },
      { seq: c!.seq, outcome: "retry", visible: NOW + 20 },
    ]);
    const shown = await other.peek({ after: 0, limit: 10 });
    assertEquals(shown.map(({ id, failures, visible, isLeased }) => [id, failures, visible, isLeased]), [
      ["bb", 0, NOW + 9, false],
      ["c", 1, NOW + 20, false],
    ]);
    assertEquals((await store.peek({ after: shown[0]!.seq, limit: 10 })).map(({ id }) => id), ["c"]);
    assertEquals((await take(store)).nextAt, NOW + 9);
    assertEquals((await take(store, "me", NOW + 20)).messages.map(({ id, failures }) => [id, failures]), [
      ["bb", 0],
      ["c", 1],
    ]);
  },
  "A batch is due when it is full, or when its first message has waited": async ({ store, other }) => {
    await other.send([message("a"), message("b", { visible: NOW + 10 })], GIB);
    const ask = (now: number) => store.take({ owner: "me", now, limit: 2, waitMs: 100, until: now + 1_000 });
    assertEquals([(await ask(NOW)).messages, (await ask(NOW)).nextAt], [[], NOW + 10]);
    assertEquals((await ask(NOW + 10)).messages.map(({ id }) => id), ["a", "b"]);
    await other.send([message("c", { visible: NOW + 20 })], GIB);
    assertEquals((await ask(NOW + 20)).nextAt, NOW + 120);
    assertEquals((await ask(NOW + 120)).messages.map(({ id }) => id), ["c"]);
  },
  "A message that is there already is not added again": async ({ store, other }) => {
    await store.send([message("a"), message("b")], GIB);
    assertEquals((await other.send([message("b"), message("c")], GIB)).messages, 3);
    const { bodies } = await take(store);
    assertEquals(new TextDecoder().decode(bodies), "abc");
  },
  "Bodies are bytes, none or many, and messages come in the order in which they were sent": async (
    { store, other },
  ) => {
    const bodies = Array.from({ length: 100 }, (_, at) => new Uint8Array(at === 0 ? 0 : 2_000).fill(at));
    await other.send(bodies.map((body, at) => message(`m${at}`, { body, type: "v8" })), GIB);
    const taken = await take(store, "me", NOW, 100);
    assertEquals(taken.messages.map(({ id, size }) => [id, size]), bodies.map((body, at) => [`m${at}`, body.length]));
    assertEquals(taken.bodies, new Uint8Array(await new Blob(bodies).arrayBuffer()));
  },
  "Who settles what another has taken changes nothing": async ({ store }) => {
    await store.send([message("a")], GIB);
    const { messages: [old] } = await take(store, "gone");
    const { messages: [mine] } = await take(store);
    assertEquals(mine!.id, "a");
    for (const outcome of ["ack", "retry"] as const) {
      await store.settle("gone", [{ seq: old!.seq, outcome, visible: NOW }]);
    }
    assertEquals((await take(store)).messages, []);
    assertEquals((await take(store, "me", NOW + 1_000)).messages.map(({ failures }) => failures), [0]);
  },
  "A queue that is full takes nothing of a batch": async ({ store, other }) => {
    await store.send([message("a")], GIB);
    const { storedBytes } = await store.info(NOW);
    const batch = [message("b"), message("c", { body: new Uint8Array(100_000) })];
    const error = await assertRejects(() => other.send(batch, storedBytes + 50_000), BindingError);
    assertEquals([error.code, error.message], [
      "STORAGE_FULL",
      "Storage Limit Exceeded: the queue would hold more than storage_mb allows, 0 MiB",
    ]);
    assertEquals((await store.info(NOW)).messages, 1);
  },
  "People remove messages that nobody has, and purge the rest": async ({ store, other }) => {
    await store.send([message("a"), message("b"), message("c"), message("d")], GIB);
    await take(store, "me", NOW, 1);
    await other.remove(["a", "b", "none"], NOW);
    assertEquals((await other.read(["a", "b", "c"])).map(({ id }) => id), ["a", "c"]);
    assertEquals([await other.purge(2), (await store.info(NOW)).messages], [2, 1]);
    assertEquals((await take(store, "me", NOW + 1_000)).messages.map(({ id }) => id), ["d"]);
  },
  "Of long bodies as much is read as is asked for": async ({ store, other }) => {
    await store.send([message("a", { body: new Uint8Array(1000).fill(7) }), message("b")], GIB);
    const shown = await other.peek({ after: 0, limit: 10, bodyBytes: 10 });
    assertEquals(shown.map(({ size, body }) => [size, body.length]), [[1000, 10], [1, 1]]);
    assertEquals((await other.read(["a"], 0)).map(({ body }) => body.length), [0]);
    assertEquals((await store.read(["a"])).map(({ body }) => body.length), [1000]);
  },
  "A dead letter that is put back is a message again: with its id, time, type and body, and no failures": async (
    { store, dead, name },
  ) => {
    const letter = (id: string, changes: Partial<SentMessage> = {}) =>
      message(id, { sent: 5, origin: name, ...changes });
    const body = new Uint8Array([0, 255, 10]);
    await dead.send([letter("a"), letter("b", { type: "bytes", body, visible: NOW + 50_000 }), letter("c")], GIB);
    assertEquals(await dead.moveBack(["b", "a"], { to: name, maxBytes: GIB, now: NOW }), ["moved", "moved"]);
    assertEquals(await idsOf(dead), ["c"]);
    const shown = await store.peek({ after: 0, limit: 10 });
    assertEquals(
      shown.map(({ id, sent, visible, failures, type, origin, body }) => [id, sent, visible, failures, type, origin, [
        ...body,
      ]]),
      [["b", 5, NOW, 0, "bytes", null, [...body]], ["a", 5, NOW, 0, "text", null, [97]]],
    );
    assertEquals((await take(store)).messages.map(({ id }) => id), ["b", "a"]);
  },
  "What is not there, is no dead letter, is worked on or is in its queue still stays where it is": async (
    { store, dead, name },
  ) => {
    await dead.send([message("leased", { origin: name })], GIB);
    await take(dead);
    const others = [message("sent"), message("other", { origin: "mails" })];
    await dead.send([...others, message("both", { origin: name }), message("ok", { origin: name })], GIB);
    await store.send([message("both")], GIB);
    const wanted = ["none", "leased", "sent", "other", "both", "ok"];
    assertEquals(
      await dead.moveBack(wanted, { to: name, maxBytes: GIB, now: NOW }),
      ["missing", "leased", "foreign", "foreign", "doubled", "moved"],
    );
    assertEquals(await idsOf(dead), ["leased", "sent", "other", "both"]);
    assertEquals(await idsOf(store), ["both", "ok"]);
    // A lease that is over is nobody's.
    assertEquals(await dead.moveBack(["leased"], { to: name, maxBytes: GIB, now: NOW + 1_000 }), ["moved"]);
  },
  "A queue that is full takes no letter back, and all are where they were": async ({ store, dead, name }) => {
    const body = new Uint8Array(100_000);
    await dead.send([message("a", { origin: name }), message("b", { origin: name, body })], GIB);
    const { storedBytes } = await store.info(NOW);
    const move = () => dead.moveBack(["a", "b"], { to: name, maxBytes: storedBytes + 50_000, now: NOW });
    assertEquals((await assertRejects(move, BindingError)).code, "STORAGE_FULL");
    assertEquals([await idsOf(dead), await idsOf(store)], [["a", "b"], []]);
  },
  "All letters go back, and what did not go is counted by its reason": async ({ store, dead, name }) => {
    const ids = Array.from({ length: 150 }, (_, at) => `id-${at}`);
    for (const some of [ids.slice(0, 100), ids.slice(100)]) {
      await dead.send(some.map((id) => message(id, { origin: Number(id.slice(3)) % 3 === 0 ? null : name })), GIB);
    }
    const letters = new DeadLetterReturn({ queue: dead, now: () => NOW, maxBytesOf: () => GIB });
    await letters.all();
    assertEquals(letters.outcome, { done: 100, left: { missing: 0, no_dead_letter: 50, leased: 0, in_origin: 0 } });
    assertEquals([(await idsOf(store)).length, (await idsOf(dead)).length], [100, 50]);
  },
};
