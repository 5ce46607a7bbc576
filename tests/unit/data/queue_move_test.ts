/** Dead letters that are put back: nothing is lost, whatever comes between, and nothing is moved that should stay. */
import { assertEquals, assertThrows } from "@std/assert";
import { DataShelf } from "../../../runtime/data/data_shelf.ts";
import type { DataOperation } from "../../../runtime/data/data_messages.ts";
import type { DataThread } from "../../../runtime/data/data_thread.ts";
import { QueueFile } from "../../../runtime/data/queue_file.ts";
import { QueueHub } from "../../../runtime/data/queue_hub.ts";
import { moveBack } from "../../../runtime/data/queue_move.ts";
import { type QueueStore, queueStore, type SentMessage } from "../../../runtime/data/queue_store.ts";
import { DeadLetterReturn } from "../../../runtime/operate/dead_letter_return.ts";
import { BindingError, type Plain } from "../../../runtime/protocol/binding_call.ts";

const GIB = 1024 ** 3;
const NOW = 1_000_000;

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly shelf = new DataShelf(this.folder, () => NOW);
  readonly jobs: QueueStore = this.#store("jobs");
  readonly dead: QueueStore = this.#store("dead");

  #store(name: string): QueueStore {
    const run = (store: string, operation: DataOperation, args: readonly Plain[]): Promise<readonly Plain[]> => {
      const [result] = this.shelf.run([{ id: 1, store, operation, args }]);
      if ("values" in result!) return Promise.resolve(result.values);
      const { message, code } = result!.error;
      return Promise.reject(result!.told ? new BindingError(message, { code }) : new Error(message));
    };
    return queueStore({ run } as unknown as DataThread, name);
  }

  /** Into `jobs`. */
  back(ids: readonly string[], { now = NOW, maxBytes = GIB, to = "jobs" } = {}) {
    return this.dead.moveBack(ids, { to, maxBytes, now });
  }

  letters(maxBytes = GIB): DeadLetterReturn {
    return new DeadLetterReturn({ queue: this.dead, now: () => NOW, maxBytesOf: () => maxBytes });
  }

  [Symbol.dispose](): void {
    this.shelf[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

function letter(id: string, changes: Partial<SentMessage> = {}): SentMessage {
  return { id, sent: 5, visible: NOW, type: "text", origin: "jobs", body: new TextEncoder().encode(id), ...changes };
}

function take(store: QueueStore, owner = "me", now = NOW) {
  return store.take({ owner, now, limit: 10, waitMs: 0, until: now + 1_000 });
}

async function idsOf(store: QueueStore): Promise<string[]> {
  return (await store.peek({ after: 0, limit: 1000 })).map(({ id }) => id);
}

Deno.test("What a consumer had that is gone can be put back and removed when its lease is over", async () => {
  using scene = new Scene();
  await scene.dead.send([letter("a"), letter("b")], GIB);
  await take(scene.dead);
  await scene.dead.remove(["b"], NOW + 999);
  assertEquals([(await scene.dead.info(NOW + 999)).leased, (await scene.dead.info(NOW + 1_000)).leased], [2, 0]);
  assertEquals(await scene.back(["a"], { now: NOW + 999 }), ["leased"]);
  assertEquals(await scene.back(["a"], { now: NOW + 1_000 }), ["moved"]);
  await scene.dead.remove(["b"], NOW + 1_000);
  assertEquals([await idsOf(scene.dead), await idsOf(scene.jobs)], [[], ["a"]]);
});

Deno.test("A letter whose move ends in the middle is in both queues, and is left until its own queue is done with it", () => {
  const folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  try {
    using jobs = new QueueFile(`${folder}/jobs.db`);
    using dead = new QueueFile(`${folder}/dead.db`);
    const { id, sent, visible, type, origin, body } = letter("a");
    dead.run("queue.send", [GIB, body, id, sent, visible, type, origin, body.byteLength]);
    const killed = {
      run: dead.run.bind(dead),
      transaction: () => {
        throw new Error("killed");
      },
    };
    const args = ["jobs", GIB, NOW, "a"];
    assertThrows(() => moveBack(killed as unknown as QueueFile, jobs, args), Error, "killed");
    const count = (file: QueueFile) => file.run("queue.info", [NOW])[0];
    assertEquals([count(jobs), count(dead)], [1, 1]);
    assertEquals([moveBack(dead, jobs, args), count(dead)], [["doubled"], 1]);
    const seq = jobs.run("queue.take", ["me", NOW, 10, 0, NOW + 1_000])[5]!;
    // It fails again and is buried now: the letter that is there stays, so that nothing is lost.
    assertEquals(moveBack(dead, jobs, args), ["doubled"]);
    jobs.run("queue.settle", ["me", seq, "ack", NOW]);
    assertEquals([count(jobs), count(dead)], [0, 1]);
    assertEquals([moveBack(dead, jobs, args), count(jobs), count(dead)], [["moved"], 1, 0]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("All letters go back each to its own queue, and what did not go is counted by its reason", async () => {
  using scene = new Scene();
  const ids = Array.from({ length: 250 }, (_, at) => `id-${at}`);
  await scene.dead.send(ids.map((id, at) => letter(id, { origin: [null, "jobs", "mails"][at % 3]! })), GIB);
  const all = scene.letters();
  await all.all();
  assertEquals(all.outcome, { done: 166, left: { missing: 0, no_dead_letter: 84, leased: 0, in_origin: 0 } });
  assertEquals(all.text, "166 dead letters (84 left)");
  assertEquals((await idsOf(scene.jobs)).length, 83);
  assertEquals(await idsOf(scene.dead), ids.filter((_, at) => at % 3 === 0));
  await scene.dead.send([letter("again")], GIB);
  const some = scene.letters();
  await some.some(["again", "id-0", "none", "again"]);
  assertEquals(some.outcome, { done: 1, left: { missing: 1, no_dead_letter: 1, leased: 0, in_origin: 0 } });
});

Deno.test("A letter that dies again while all are put back is not put back twice", async () => {
  using scene = new Scene();
  await scene.dead.send([letter("a"), letter("b")], GIB);
  let again = 0;
  const queue: QueueStore = {
    ...scene.dead,
    moveBack: async (ids, options) => {
      const outcomes = await scene.dead.moveBack(ids, options);
      await scene.jobs.purge(10);
      await scene.dead.send(ids.map((id) => letter(id)), GIB);
      again += ids.length;
      return outcomes;
    },
  };
  const letters = new DeadLetterReturn({ queue, now: () => NOW, maxBytesOf: () => GIB });
  await letters.all();
  assertEquals([letters.done, again, await idsOf(scene.dead)], [2, 2, ["a", "b"]]);
});

Deno.test("The consumer of the queue hears of what comes back", async () => {
  using scene = new Scene();
  const hub = new QueueHub((name) => name === "dead" ? scene.dead : scene.jobs);
  const heard: string[] = [];
  hub.listen("jobs", () => void heard.push("jobs"));
  hub.listen("dead", () => void heard.push("dead"));
  await scene.dead.send([letter("a")], GIB);
  await hub.store("dead").moveBack(["a"], { to: "jobs", maxBytes: GIB, now: NOW });
  assertEquals(heard, ["jobs"]);
});
