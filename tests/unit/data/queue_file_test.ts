/** A queue in its file: all or nothing, bounds, figures, what people do to it. */
import { assertEquals, assertRejects } from "@std/assert";
import { BindingError } from "../../../runtime/protocol/binding_call.ts";
import { DataShelf } from "../../../runtime/data/data_shelf.ts";
import type { DataOperation } from "../../../runtime/data/data_messages.ts";
import type { DataThread } from "../../../runtime/data/data_thread.ts";
import { type QueueStore, queueStore, type SentMessage } from "../../../runtime/data/queue_store.ts";
import type { Plain } from "../../../runtime/protocol/binding_call.ts";

const GIB = 1024 ** 3;
const NOW = 1_000_000;

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly shelf = new DataShelf(this.folder, () => NOW);
  readonly store: QueueStore = queueStore({ run: this.#run.bind(this) } as unknown as DataThread, "jobs");

  #run(store: string, operation: DataOperation, args: readonly Plain[]): Promise<readonly Plain[]> {
    const [result] = this.shelf.run([{ id: 1, store, operation, args }]);
    if ("values" in result!) return Promise.resolve(result.values);
    const { message, code } = result!.error;
    return Promise.reject(result!.told ? new BindingError(message, { code }) : new Error(message));
  }

  take(owner: string, now = NOW, limit = 10) {
    return this.store.take({ owner, now, limit, waitMs: 0, until: now + 1_000 });
  }

  [Symbol.dispose](): void {
    this.shelf[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function message(id: string, changes: Partial<SentMessage> = {}): SentMessage {
  return { id, sent: NOW, visible: NOW, type: "text", origin: null, body: new TextEncoder().encode(id), ...changes };
}

Deno.test("What is sent is counted and shown, what is settled is gone", async () => {
  using scene = new Scene();
  const { store } = scene;
  const sent = await store.send([message("a", { sent: 5 }), message("bb", { visible: NOW + 9 }), message("c")], GIB);
  assertEquals([sent.messages, sent.bytes, sent.oldest], [3, 4, 5]);
  const taken = await scene.take("me");
  assertEquals(taken.messages.map(({ id, failures }) => [id, failures]), [["a", 0], ["c", 0]]);
  assertEquals([new TextDecoder().decode(taken.bodies), taken.backlog.messages], ["ac", 3]);
  const { storedBytes: _, ...info } = await store.info(NOW);
  assertEquals(info, { messages: 3, bytes: 4, oldest: 5, delayed: 1, leased: 2 });
  assertEquals(await store.backlog(), { messages: 3, bytes: 4, oldest: 5 });
  const [a, c] = taken.messages;
  await store.settle("me", [
    { seq: a!.seq, outcome: "ack", visible: NOW },
    { seq: c!.seq, outcome: "retry", visible: NOW + 20 },
  ]);
  const shown = await store.peek({ after: 0, limit: 10 });
  assertEquals(shown.map(({ id, failures, visible, isLeased }) => [id, failures, visible, isLeased]), [
    ["bb", 0, NOW + 9, false],
    ["c", 1, NOW + 20, false],
  ]);
  assertEquals((await store.peek({ after: shown[0]!.seq, limit: 10 })).map(({ id }) => id), ["c"]);
  assertEquals((await scene.take("me")).nextAt, NOW + 9);
});

Deno.test("A message that is there already is not added again", async () => {
  using scene = new Scene();
  await scene.store.send([message("a"), message("b")], GIB);
  const { messages, bytes } = await scene.store.send([message("b"), message("c")], GIB);
  assertEquals([messages, bytes], [3, 3]);
  const { bodies } = await scene.take("me");
  assertEquals(new TextDecoder().decode(bodies), "abc");
});

Deno.test("Who settles what another has taken changes nothing", async () => {
  using scene = new Scene();
  await scene.store.send([message("a")], GIB);
  const { messages: [old] } = await scene.take("gone");
  const { messages: [mine] } = await scene.take("me");
  assertEquals(mine!.id, "a");
  for (const outcome of ["ack", "retry", "release"] as const) {
    await scene.store.settle("gone", [{ seq: old!.seq, outcome, visible: NOW }]);
  }
  assertEquals((await scene.take("me")).messages, []);
  assertEquals((await scene.take("me", NOW + 1_000)).messages.map(({ failures }) => failures), [0]);
});

Deno.test("A queue that is full takes nothing of a batch", async () => {
  using scene = new Scene();
  await scene.store.send([message("a")], GIB);
  const { storedBytes } = await scene.store.info(NOW);
  const batch = [message("b"), message("c", { body: new Uint8Array(100_000) })];
  const error = await assertRejects(() => scene.store.send(batch, storedBytes + 50_000), BindingError);
  assertEquals([error.code, error.message], [
    "STORAGE_FULL",
    "Storage Limit Exceeded: the queue would hold more than storage_mb allows, 0 MiB",
  ]);
  assertEquals((await scene.store.info(NOW)).messages, 1);
});

Deno.test("A call that fails in the middle has changed nothing, and others of its turn hold", () => {
  using scene = new Scene();
  const call = (id: number, operation: DataOperation, args: readonly Plain[]) => ({
    id,
    store: "queues/jobs",
    operation,
    args,
  });
  const good = ["good", NOW, NOW, "text", null, 1];
  const broken = [...good.with(0, "half"), "other", NOW, NOW, "text", null, null];
  const results = scene.shelf.run([
    call(1, "queue.send", [GIB, new Uint8Array(2), ...broken]),
    call(2, "queue.send", [GIB, new Uint8Array(1), ...good]),
  ]);
  assertEquals(results.map((result) => "values" in result), [false, true]);
  const [peeked] = scene.shelf.run([call(3, "queue.peek", [0, 10, 100])]);
  assertEquals((peeked as unknown as { values: Plain[] }).values.filter((value) => typeof value === "string"), [
    "good",
    "text",
  ]);
});

Deno.test("People remove messages that nobody has, and purge the rest", async () => {
  using scene = new Scene();
  await scene.store.send([message("a"), message("b"), message("c"), message("d")], GIB);
  await scene.take("me", NOW, 1);
  await scene.store.remove(["a", "b", "none"], NOW);
  assertEquals((await scene.store.read(["a", "b", "c"])).map(({ id }) => id), ["a", "c"]);
  assertEquals([await scene.store.purge(2), (await scene.store.info(NOW)).messages], [2, 1]);
});
