/** `Deno.Kv` in its file: forged commits change nothing, messages have one listener, versions grow over restarts. */
import { assertEquals, assertRejects } from "@std/assert";
import type { DataOperation } from "../../../runtime/data/data_messages.ts";
import { DataShelf } from "../../../runtime/data/data_shelf.ts";
import type { DataThread } from "../../../runtime/data/data_thread.ts";
import { type DenoKvStore, denoKvStore } from "../../../runtime/data/deno_kv_store.ts";
import { StoreChanges } from "../../../runtime/data/store_changes.ts";
import { BindingError, type Plain } from "../../../runtime/protocol/binding_call.ts";

const MIB = 1024 ** 2;
const KEY = new Uint8Array([2, 97, 0]);

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  now = 1_000_000;
  #shelf = new DataShelf(this.folder, () => this.now);

  /** @param owner the process */
  store(owner: string, name = "deno_kv/shop"): DenoKvStore {
    const thread = { owner, changes: new StoreChanges(), run: this.#run.bind(this) } as unknown as DataThread;
    return denoKvStore(thread, name);
  }

  /** As after a kill. */
  reopen(): void {
    this.#shelf[Symbol.dispose]();
    this.#shelf = new DataShelf(this.folder, () => this.now);
  }

  #run(store: string, operation: DataOperation, args: readonly Plain[]): Promise<readonly Plain[]> {
    const [result] = this.#shelf.run([{ id: 1, store, operation, args }]);
    if ("values" in result!) return Promise.resolve(result.values);
    const { name, message, code } = result!.error;
    return Promise.reject(result!.told ? new BindingError(message, { name, code }) : new Error(message));
  }

  [Symbol.dispose](): void {
    this.#shelf[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

const PROCESSES = [crypto.randomUUID(), crypto.randomUUID()] as const;

function commitOf(parts: { checks?: unknown; mutations?: unknown; enqueues?: unknown }): string {
  return JSON.stringify({ checks: [], mutations: [], enqueues: [], ...parts });
}

function message(text: string, backoff: readonly number[] = []): string {
  return commitOf({ enqueues: [[btoa(text), 0, [], backoff]] });
}

Deno.test("A forged commit is a TypeError and changes nothing", async () => {
  using scene = new Scene();
  const store = scene.store(PROCESSES[0]);
  const key = KEY.toBase64();
  const forged = [
    ...["", "5", "null", "[]", "{}", JSON.stringify({ checks: {}, mutations: [], enqueues: [] })],
    commitOf({ mutations: [5] }),
    commitOf({ mutations: [[key, "drop", 1, "", null]] }),
    commitOf({ mutations: [[key, "set", 9, "", null]] }),
    commitOf({ mutations: [[key, "set", 1, 5, null]] }),
    commitOf({ mutations: [[key, "set", 1, "", -1]] }),
    commitOf({ mutations: [[key, "set", 1, "", 1e300]] }),
    commitOf({ mutations: [[key, "sum", 3, "AAAA", null]] }),
    commitOf({ mutations: [[5, "set", 1, "", null]] }),
    commitOf({ mutations: [["*", "set", 1, "", null]] }),
    commitOf({ enqueues: [["", -1, [], []]] }),
    commitOf({ enqueues: [["", 0, "x", []]] }),
    commitOf({ enqueues: [["", 0, [], [0, 0, 0, 0, 0, 0]]] }),
    commitOf({ enqueues: [["", 0, [], ["x"]]] }),
    commitOf({ checks: [[key, "x"]] }),
  ];
  for (const text of forged) {
    const error = await assertRejects(() => store.commit("", text, MIB), BindingError);
    assertEquals([text, error.name], [text, "TypeError"]);
  }
  assertEquals((await store.read("", [KEY]))[8], 0);
});

Deno.test("A message has one listener at a time; that of a process that is gone is free again, one put back as well", async () => {
  using scene = new Scene();
  const store = scene.store(PROCESSES[0]);
  await store.commit("", message("one"), MIB);
  const first = await store.take("", "a");
  assertEquals([first.id, await store.take("", "b")], [1, { id: null, nextAt: null }]);
  await store.release("a", 1);
  assertEquals((await store.take("", "b")).id, 1);
  // Its listener is another one: what it says of the message is not heard.
  await store.finish("a", 1, true);
  scene.reopen();
  assertEquals((await scene.store(PROCESSES[1]).take("", "a")).id, 1);
  await scene.store(PROCESSES[1]).finish("a", 1, true);
  assertEquals(await scene.store(PROCESSES[1]).take("", "a"), { id: null, nextAt: null });
});

Deno.test("A message that fails is due again after each of its waits, and gone after the last", async () => {
  using scene = new Scene();
  const store = scene.store(PROCESSES[0]);
  await store.commit("", message("one", [500]), MIB);
  assertEquals((await store.take("", "a")).id, 1);
  await store.finish("a", 1, false);
  assertEquals(await store.take("", "a"), { id: null, nextAt: 1_000_500 });
  scene.now += 500;
  assertEquals((await store.take("", "a")).id, 1);
  await store.finish("a", 1, false);
  assertEquals(await store.take("", "a"), { id: null, nextAt: null });
});

Deno.test("Versions grow over restarts, and what a check names must be there", async () => {
  using scene = new Scene();
  const set = commitOf({ mutations: [[KEY.toBase64(), "set", 2, "AQ==", null]] });
  assertEquals((await scene.store(PROCESSES[0]).commit("", set, MIB)).versionstamp, "00000000000000010000");
  scene.reopen();
  const store = scene.store(PROCESSES[1]);
  assertEquals((await store.commit("", set, MIB)).versionstamp, "00000000000000020000");
  const stale = commitOf({ checks: [[KEY.toBase64(), "00000000000000010000"]] });
  assertEquals((await store.commit("", stale, MIB)).versionstamp, null);
  assertEquals((await store.commit("other", stale, MIB)).versionstamp, null);
});

Deno.test("What is in memory begins and ends when it is said, and is none before and after", async () => {
  using scene = new Scene();
  const store = scene.store(PROCESSES[0], "memory/x");
  await assertRejects(() => store.read("", [KEY]), BindingError, "Bad resource ID");
  await store.open();
  await store.commit("", message("one"), MIB);
  assertEquals((await store.take("", "a")).id, 1);
  await store.drop();
  await assertRejects(() => store.take("", "a"), BindingError, "Bad resource ID");
});

Deno.test("Who waits for a change hears of one, of its end, and of nothing else", async () => {
  const changes = new StoreChanges();
  const { signal } = new AbortController();
  const told: string[] = [];
  const one = changes.next("one", 60_000, signal).then(() => told.push("one"));
  const given = new AbortController();
  const two = changes.next("two", 60_000, given.signal).then(() => told.push("two"));
  changes.tell("three");
  changes.tell("one");
  await one;
  assertEquals(told, ["one"]);
  given.abort();
  await two;
  await changes.next("one", 1, signal);
  assertEquals(told, ["one", "two"]);
});
