/** The host's part of a queue: what apps ask for as often as they like costs the thread of all apps next to nothing. */
import { assertEquals } from "@std/assert";
import { QueueHost } from "../../../runtime/bindings/queue/host.ts";
import type { QueueStore } from "../../../runtime/data/queue_store.ts";

Deno.test("metrics() reads sums, and counts no messages", async () => {
  const asked: string[] = [];
  const store = {
    backlog: () => (asked.push("backlog"), Promise.resolve({ messages: 1_000_000, bytes: 5, oldest: 3 })),
    info: () => (asked.push("info"), Promise.reject(new Error("it takes 75 ms"))),
  } as unknown as QueueStore;
  const host = new QueueHost({ store, deliveryDelay: 0, maxDelay: 0, maxBytes: 0, now: () => 0 });
  const { signal } = new AbortController();
  const { values } = await host.call({ method: "metrics", args: [], body: null, signal });
  assertEquals([values, asked], [[1_000_000, 5, 3], ["backlog"]]);
});
