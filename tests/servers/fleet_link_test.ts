/** Engines behind the thread that their clients live in. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../runtime/errors.ts";
import { type EngineConfig, natsEngine, postgresEngine } from "../../runtime/fleet/engine_config.ts";
import { openFleetStore } from "../../runtime/fleet/link.ts";
import { spawnLink, type Thread } from "../../runtime/fleet/link_thread.ts";
import { startPostgres } from "./database_server.ts";
import { conform, SHORT_TIMES } from "./fleet_conformance.ts";
import { NatsServers } from "./nats_servers.ts";

const pass = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

Deno.test("NATS does what every engine does, by its thread", async (t) => {
  await using servers = await NatsServers.start();
  const { addresses } = servers;
  await conform(t, { open: (space) => openFleetStore(natsOf(addresses, space)), pass });
});

Deno.test("PostgreSQL does what every engine does, by its thread", async (t) => {
  await using server = await startPostgres();
  const url = `postgres://app:unused%20@127.0.0.1:${server.port}/postgres`;
  await conform(t, {
    open: (space) => openFleetStore(postgresEngine({ url, name: "test", space, times: SHORT_TIMES })),
    pass,
  });
});

Deno.test("No acknowledged write is lost and none comes twice when the thread dies again and again", async () => {
  await using servers = await NatsServers.start();
  const threads: Thread[] = [];
  const spawn = () => {
    const thread = spawnLink();
    threads.push(thread);
    return thread;
  };
  await using store = openFleetStore(natsOf(servers.addresses, "link"), { spawn });
  assertEquals(await store.found("e1"), true);
  const acknowledged: string[] = [];
  let unknown = 0;
  for (let n = 0; threads.length <= 8; n++) {
    const head = await store.head();
    const writing = store.write({ key: `app.a${n}`, id: `i${n}`, format: 1, value: n }, head);
    // While the write is under way.
    if (n % 5 === 4) die(threads.at(-1)!);
    try {
      if ((await writing).outcome === "written") acknowledged.push(`app.a${n}`);
    } catch (error) {
      assertEquals((error as NanoError).code, "FLEET_UNAVAILABLE");
      unknown++;
    }
  }
  const there = (await Array.fromAsync(store.since(0))).map(({ key }) => key);
  assertEquals(acknowledged.filter((key) => !there.includes(key)), []);
  assertEquals([new Set(there).size, unknown], [there.length, 8]);
});

Deno.test("Calls go on over the death of the thread, but for a write and what is read by pieces", async () => {
  await using servers = await NatsServers.start();
  const threads: Thread[] = [];
  await using store = openFleetStore(natsOf(servers.addresses, "link"), {
    spawn() {
      const thread = spawnLink();
      threads.push(thread);
      return thread;
    },
  });
  await store.found("e1");
  const calls = [store.head(), store.lease("x", "a"), store.claim("x", "a"), store.nodes()];
  die(threads[0]!);
  assertEquals(await Promise.all(calls), [{ epoch: "e1", revision: 1 }, true, true, []]);
  const digest = "0".repeat(64);
  const upload = assertRejects(() => store.putBlob(digest, neverEnding()), NanoError, "ended");
  while (threads.length < 2) await pass();
  die(threads[1]!);
  await upload;
  assertEquals(await store.getBlob(digest), null);
});

function natsOf(servers: readonly string[], space: string): EngineConfig {
  return natsEngine({ servers, name: "test", space, allowsOldServer: true, times: SHORT_TIMES });
}

/** As when its client throws what nobody catches. */
function die(thread: Thread): void {
  thread.terminate();
  thread.onerror?.(new ErrorEvent("error", { message: "it was ended by the test", cancelable: true }));
}

function neverEnding(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
}
