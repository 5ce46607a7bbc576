/** The host's end of the data thread: turns, deaths and the end. */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { ByteBudget } from "../../../runtime/data/byte_budget.ts";
import type { DataCall } from "../../../runtime/data/data_messages.ts";
import { DataThread } from "../../../runtime/data/data_thread.ts";
import { kvStore } from "../../../runtime/data/kv_store.ts";
import { settle } from "../runtime/fake_clock.ts";

class FakeThread {
  readonly posted: unknown[] = [];
  onmessage: ((event: MessageEvent) => void) | null = null;
  onerror: ((event: ErrorEvent) => void) | null = null;
  terminated = false;

  postMessage(message: unknown): void {
    this.posted.push(message);
    if (message === "close") queueMicrotask(() => this.say("closed"));
  }

  say(data: unknown): void {
    this.onmessage!(new MessageEvent("message", { data }));
  }

  terminate(): void {
    this.terminated = true;
  }
}

Deno.test("The calls of a turn go in one message, and no thread is started before the first", async () => {
  const threads: FakeThread[] = [];
  await using data = new DataThread("/data", () => {
    threads.push(new FakeThread());
    return threads.at(-1)!;
  });
  assertEquals(threads.length, 0);
  const both = [data.run("kv/a", "size", []), data.run("kv/b", "size", [])];
  await settle();
  const [thread] = threads;
  assertEquals(thread!.posted.length, 2);
  const calls = thread!.posted[1] as DataCall[];
  thread!.say(calls.map(({ id }) => ({ id, values: [id] })));
  assertEquals(await Promise.all(both), calls.map(({ id }) => [id]));
});

Deno.test("A thread that dies fails what it held, and the next call gets another one", async () => {
  const threads: FakeThread[] = [];
  await using data = new DataThread("/data", () => {
    threads.push(new FakeThread());
    return threads.at(-1)!;
  });
  const lost = assertRejects(() => data.run("kv/a", "size", []), Error, "out of memory");
  await settle();
  threads[0]!.onerror!(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
  await lost;
  const found = data.run("kv/a", "size", []);
  await settle();
  assertEquals([threads.length, threads[0]!.terminated], [2, true]);
  const [call] = threads[1]!.posted[1] as DataCall[];
  threads[1]!.say([{ id: call!.id, values: [7] }]);
  assertEquals(await found, [7]);
});

Deno.test("The real thread keeps what it is given, also across its end", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    const options = { expires: null, metadata: null, maxBytes: 1e9 };
    {
      await using data = new DataThread(folder);
      await kvStore(data, "a").put("k", new Uint8Array(10_000).fill(3), options);
    }
    await using data = new DataThread(folder);
    const entry = await kvStore(data, "a").get("k", 1e6);
    assertEquals([entry?.size, entry?.value], [10_000, "\x03".repeat(10_000)]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("A store that is given much to write does not keep another one waiting for the end of it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await using data = new DataThread(folder);
    const ends: string[] = [];
    const value = new Uint8Array(1024 * 1024);
    const long = Array.from(
      { length: 40 },
      (_, at) => data.run("kv/long", "put", [`k${at}`, value, null, null, 1e9]).then(() => ends.push("long")),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const short = data.run("kv/short", "get", ["k", 1]).then(() => ends.push("short"));
    await Promise.all([...long, short]);
    assertEquals(ends.length, 41);
    assertNotEquals(ends.at(-1), "short");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ByteBudget hands out bytes in order, and whoever gives up waiting holds nobody up", async () => {
  const budget = new ByteBudget(100);
  const { signal } = new AbortController();
  const order: string[] = [];
  const giveBack = await budget.take(80, signal);
  const controller = new AbortController();
  const given = budget.take(90, controller.signal).catch((error) => order.push(String(error)));
  const small = budget.take(20, signal).then((giveBack) => {
    order.push("small");
    return giveBack;
  });
  await settle();
  assertEquals(order, []);
  controller.abort("given up");
  await given;
  (await small)();
  assertEquals(order, ["given up", "small"]);
  giveBack();
  giveBack();
  const all = await budget.take(1_000, signal);
  const next = budget.take(1, signal);
  await settle();
  all();
  (await next)();
});
