/** KV namespaces that a fleet keeps: the promises of the embedded ones, and one namespace for the apps of all nodes. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NatsServer } from "../../support/nats_server.ts";
import { APP, type Ask, asker, kvPromises } from "../bindings/kv_promises.ts";
import { workersCases } from "../bindings/workers_promises.ts";
import { FleetScene } from "./fleet_scene.ts";

const ignore = await NatsServer.version() === null;

/** Keys of nano.json of a node that is alone at an engine of its own. */
async function atEngine(run: (config: Readonly<Record<string, unknown>>) => Promise<void>): Promise<void> {
  await using server = await NatsServer.start();
  await run({ fleet: { nats: [server.url], allow_old_server: true } });
}

Deno.test({
  name: "KV of a fleet keeps values, metadata and expirations as Workers do",
  ignore,
  fn: (t) => atEngine((config) => kvPromises(t, config)),
});

Deno.test({
  name: "In a fleet KV, D1, R2, queues and services answer as those of Workers do, case by case",
  ignore,
  fn: () => atEngine((config) => workersCases(config)),
});

/** Nodes whose nano.json names one app, whose namespace the fleet keeps. */
async function scene(folder: string): Promise<FleetScene> {
  await Deno.writeTextFile(`${folder}/index.ts`, APP);
  const shop = { name: "shop", path: folder, hostname: "shop.test", bindings: { NS: { kv: "shared" } } };
  return await FleetScene.create(2, { config: () => ({ apps: [shop] }) });
}

/** What a node's app is answered by its namespace. */
function ask(scene: FleetScene, at: number): Ask {
  return (...args) => asker(scene.nodes[at]!.process!, "shop.test")(...args);
}

Deno.test({
  name: "What an app puts on one node is read on the other, fails by name without the engine, and outlives all of them",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
    {
      await using nodes = await scene(folder);
      const [one, two] = [ask(nodes, 0), ask(nodes, 1)];
      assertEquals(await one("put", "k", "from one", { metadata: { by: 1 } }), null);
      assertEquals(await two("getWithMetadata", "k"), { value: "from one", metadata: { by: 1 }, cacheStatus: null });
      assertEquals(await two("put", "long", { repeat: 1_000_000 }), null);
      assertEquals(await one("get", "long"), { length: 1_000_000 });
      assertEquals((await one("list") as { keys: unknown }).keys, [{ name: "k", metadata: { by: 1 } }, {
        name: "long",
      }]);
      assertEquals(await one("delete", "long"), null);
      assertEquals(await two("get", "long"), null);
      const told = await nodes.cli(1, "kv", "key", "list", "--namespace", "shared");
      assertEquals(told.code, 0, told.err);
      assertMatch(told.out, /\bk\b/);
      const listed = await nodes.cli(0, "kv", "namespace", "list", "--json");
      assertMatch(listed.out, /"name": ?"shared"/);

      await nodes.engine.kill();
      const read = await one("get", "k") as { error: string; code: string };
      assertEquals(read, {
        error: "Error: KV GET failed: 503 The engine of the fleet cannot be asked",
        code: "FLEET_UNAVAILABLE",
      });
      const written = await two("put", "k", "never told") as { error: string; code: string };
      assertEquals(written.code, "FLEET_UNAVAILABLE");
      assertMatch(written.error, /may have been made all the same$/);
      const failed = nodes.nodes[0]!.process!.events.find(({ event }) => event === "binding_failed");
      assertMatch(String(failed?.["error"]), /^KV namespace "shared": Cannot get a value: /);
      const told503 = await nodes.cli(0, "kv", "key", "get", "k", "--namespace", "shared");
      assertEquals(told503.code, 1);
      assertMatch(told503.err, /Cannot list KV namespaces: /);
      await nodes.engine.again();
      await nodes.until("values are read again", async () => await one("get", "k") === "from one");

      // A node is killed while its app writes: what it has acknowledged is on the other.
      const kept: string[] = [];
      let isAlive = true;
      const writing = Array.from({ length: 4 }, async (_, writer) => {
        for (let at = 0; isAlive; at++) {
          const key = `w${writer}-${at}`;
          try {
            if (await one("put", key, key) === null) kept.push(key);
          } catch {
            // It was killed in the middle: nobody knows whether this one was kept.
          }
        }
      });
      await nodes.until("some are kept", () => Promise.resolve(kept.length >= 20));
      await nodes.kill(nodes.nodes[0]!);
      isAlive = false;
      await Promise.all(writing);
      for (const key of kept) assertEquals(await two("get", key), key);

      // So it is when the engine's process is killed in the middle.
      const acknowledged: string[] = [];
      const more = Array.from({ length: 10 }, async (_, at) => {
        if (await two("put", `e${at}`, `e${at}`) === null) acknowledged.push(`e${at}`);
      });
      await nodes.engine.kill();
      await nodes.engine.again();
      await Promise.all(more);
      await nodes.until("values are read again", async () => await two("get", "k") === "from one");
      for (const key of acknowledged) assertEquals(await two("get", key), key);
    }
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "An engine that lost everything is not taken for an empty namespace; `bindings: []` keeps all on the node",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
    {
      await using nodes = await scene(folder);
      const one = ask(nodes, 0);
      assertEquals(await one("put", "k", "v"), null);
      await nodes.engine.wipe();
      await nodes.untilStates("diverged");
      const { code } = await one("get", "k") as { code: string };
      assertEquals(code, "FLEET_UNAVAILABLE");
      await nodes.client(0).fleet.restore(false);
      assertEquals(await one("get", "k"), null);
      assertEquals(await one("put", "k", "again"), null);

      const own = nodes.nodes[1]!;
      await nodes.kill(own);
      const file = `${own.dir}/nano.json`;
      const config = JSON.parse(await Deno.readTextFile(file));
      await Deno.writeTextFile(file, JSON.stringify({ ...config, fleet: { ...config.fleet, bindings: [] } }));
      await nodes.start(own);
      assertEquals(await ask(nodes, 1)("put", "k", "mine"), null);
      assertEquals([await one("get", "k"), await ask(nodes, 1)("get", "k")], ["again", "mine"]);
      const alone = await nodes.cli(1, "backup", "alone.backup");
      assertEquals(alone.code, 0, alone.err);
      // And what it has kept alone is not seen once the fleet keeps it.
      await nodes.kill(own);
      await Deno.writeTextFile(file, JSON.stringify(config));
      await nodes.start(own);
      const warned = own.process!.events.find(({ event, text }) =>
        event === "warning" && String(text).includes("kept KV namespaces (shared)")
      );
      assert(warned !== undefined);

      // A backup has what the node keeps, says what it has not, and brings back nothing that no app would see.
      const backup = await nodes.cli(1, "backup", "shared.backup");
      assertEquals(backup.code, 0, backup.err);
      const { out } = await nodes.cli(1, "history");
      assertMatch(
        out,
        /Backed up 0 stores, 0 bytes, without KV namespaces, R2 buckets and queues, which the fleet keeps/,
      );
      const restored = await nodes.cli(1, "restore", "alone.backup", "--yes");
      assertEquals(restored.code, 1);
      assertMatch(restored.err, /it has KV namespace "shared", and the fleet keeps stores of this kind/);
    }
    await Deno.remove(folder, { recursive: true });
  },
});
