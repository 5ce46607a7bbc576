/** A queue in its file: the suite of all engines, and all or nothing. */
import { assertEquals } from "@std/assert";
import { BindingError } from "../../../runtime/protocol/binding_call.ts";
import { DataShelf } from "../../../runtime/data/data_shelf.ts";
import type { DataOperation } from "../../../runtime/data/data_messages.ts";
import type { DataThread } from "../../../runtime/data/data_thread.ts";
import { type QueueStore, queueStore } from "../../../runtime/data/queue_store.ts";
import { message, NOW, queueConformance } from "./queue_conformance.ts";
import type { Plain } from "../../../runtime/protocol/binding_call.ts";

const GIB = 1024 ** 3;

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly shelf = new DataShelf(this.folder, () => NOW);

  open(name: string): QueueStore {
    return queueStore({ run: this.#run.bind(this) } as unknown as DataThread, name);
  }

  #run(store: string, operation: DataOperation, args: readonly Plain[]): Promise<readonly Plain[]> {
    const [result] = this.shelf.run([{ id: 1, store, operation, args }]);
    if ("values" in result!) return Promise.resolve(result.values);
    const { message, code } = result!.error;
    return Promise.reject(result!.told ? new BindingError(message, { code }) : new Error(message));
  }

  [Symbol.dispose](): void {
    this.shelf[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("Queues of this machine do what every engine does", async (t) => {
  using scene = new Scene();
  await queueConformance(t, { open: (name) => scene.open(name), other: (name) => scene.open(name) });
});

Deno.test("Figures of a queue in its file are those of bodies", async () => {
  using scene = new Scene();
  const sent = await scene.open("jobs").send([message("a"), message("bbb")], GIB);
  assertEquals([sent.messages, sent.bytes, sent.oldest], [2, 4, NOW]);
  assertEquals(await scene.open("jobs").backlog(), { messages: 2, bytes: 4, oldest: NOW });
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
