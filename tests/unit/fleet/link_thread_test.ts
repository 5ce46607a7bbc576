import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { natsEngine } from "../../../runtime/fleet/engine_config.ts";
import type { FleetStore } from "../../../runtime/fleet/fleet_store.ts";
import { openFleetStore } from "../../../runtime/fleet/link.ts";
import type { LinkAnswer, LinkAsk } from "../../../runtime/fleet/link_messages.ts";
import type { Thread } from "../../../runtime/fleet/link_thread.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";

const RECORD = { key: "app.x", id: "i", format: 1, value: 1 };
const HEAD = { epoch: "e1", revision: 1 };

Deno.test("Nothing is started before the first call", async () => {
  await using bench = new LinkBench();
  await settle();
  assertEquals(bench.threads.length, 0);
  const head = bench.store.head();
  await settle();
  bench.last.say({ id: 1, value: HEAD });
  assertEquals([await head, bench.threads.length], [HEAD, 1]);
});

Deno.test("A thread that dies again and again is started later and later, up to every 10 s", async () => {
  await using bench = new LinkBench();
  using _listening = bench.store.onChange(() => {});
  const waitsMs: number[] = [];
  for (let n = 0; n < 9; n++) {
    const [since, threads] = [bench.clock.now(), bench.threads.length];
    bench.last.die();
    await bench.clock.advance(60_000, () => bench.threads.length > threads);
    waitsMs.push(bench.clock.now() - since);
  }
  assertEquals(waitsMs, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  await bench.clock.advance(60_000);
  const [since, threads] = [bench.clock.now(), bench.threads.length];
  bench.last.die();
  await bench.clock.advance(60_000, () => bench.threads.length > threads);
  assertEquals(bench.clock.now() - since, 100);
});

Deno.test("A thread that hangs is ended and another started; its call fails in time", async () => {
  await using bench = new LinkBench();
  const failed = assertRejects(() => bench.store.head(), NanoError, "no answer came");
  await bench.clock.advance(20_000);
  assertEquals((await failed).code, "FLEET_UNAVAILABLE");
  assertEquals(bench.last.asked.at(-1), { ping: 0 });
  await bench.clock.advance(5_100);
  assertEquals([bench.threads.length, bench.threads[0]!.isEnded], [2, true]);
});

Deno.test("A thread that is slow but says that it is there is left alone", async () => {
  await using bench = new LinkBench();
  const failed = assertRejects(() => bench.store.head(), NanoError, "no answer came");
  await bench.clock.advance(20_000);
  await failed;
  bench.last.say({ pong: 0 });
  await bench.clock.advance(60_000);
  assertEquals([bench.threads.length, bench.last.isEnded], [1, false]);
});

Deno.test("A call is asked again of the next thread, a write is not: what came of it is not known", async () => {
  await using bench = new LinkBench();
  const writing = assertRejects(() => bench.store.write(RECORD, HEAD), NanoError, "the engine's client ended");
  const head = bench.store.head();
  await settle();
  bench.last.die();
  assertEquals((await writing).code, "FLEET_UNAVAILABLE");
  await bench.clock.advance(100);
  assertEquals(bench.last.asked.slice(1), [{ method: "head", args: [], id: 3 }]);
  bench.last.say({ id: 3, value: HEAD });
  assertEquals(await head, HEAD);
});

Deno.test("Listeners are told when a thread was started again, as nobody listened in the meantime", async () => {
  await using bench = new LinkBench();
  let hints = 0;
  using _listening = bench.store.onChange(() => void hints++);
  bench.last.say("changed");
  assertEquals(hints, 1);
  bench.last.die();
  await bench.clock.advance(100);
  assertEquals(hints, 2);
});

Deno.test("Calls that wait when the store is closed fail, and no thread is left", async () => {
  await using bench = new LinkBench();
  const waiting = assertRejects(() => bench.store.nodes(), NanoError, "closed");
  await settle();
  const closing = bench.store[Symbol.asyncDispose]();
  bench.last.say("closed");
  await closing;
  await waiting;
  await assertRejects(() => bench.store.head(), NanoError, "closed");
  assertEquals([bench.threads.length, bench.last.isEnded], [1, true]);
});

class FakeThread implements Thread {
  onmessage: Thread["onmessage"] = null;
  onerror: Thread["onerror"] = null;
  isEnded = false;
  readonly asked: LinkAsk[] = [];

  postMessage(message: LinkAsk): void {
    this.asked.push(message);
    if (message === "close") this.say("closed");
  }

  terminate(): void {
    this.isEnded = true;
  }

  say(data: LinkAnswer): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  die(): void {
    this.onerror?.(new ErrorEvent("error", { message: "a bug", cancelable: true }));
  }
}

class LinkBench implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly threads: FakeThread[] = [];
  readonly store: FleetStore = openFleetStore(natsEngine({ servers: ["127.0.0.1"], name: "n1" }), {
    clock: this.clock,
    spawn: () => {
      const thread = new FakeThread();
      this.threads.push(thread);
      return thread;
    },
  });

  get last(): FakeThread {
    return this.threads.at(-1)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
  }
}
