/** Queues that a fleet keeps: what an app sends on any node is delivered once it is due, whatever is killed meanwhile. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NatsServer } from "../../support/nats_server.ts";
import { FleetScene } from "./fleet_scene.ts";

const ignore = await NatsServer.version() === null;

const APP = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.method === "GET") {
      const { keys } = await env.LOG.list({ prefix: pathname.slice(1) });
      return Response.json(keys.map(({ name }) => name));
    }
    try {
      await env.JOBS.sendBatch((await request.json()).map((body) => ({ body })));
      return Response.json(null);
    } catch ({ message, code }) {
      return Response.json({ message, code });
    }
  },
  async queue(batch, env) {
    for (const message of batch.messages) {
      await env.LOG.put("seen-" + message.body, batch.queue);
      if (message.body.startsWith("bad")) message.retry();
    }
  },
};`;

/** Nodes that all have an app that sends and consumes. */
async function scene(folder: string, count: number): Promise<FleetScene> {
  await Deno.writeTextFile(`${folder}/index.js`, APP);
  const shop = {
    name: "shop",
    path: folder,
    hostname: "shop.test",
    bindings: { JOBS: { queue: "jobs" }, LOG: { kv: "log" } },
    queues: { consumers: [{ queue: "jobs", max_batch_timeout: 0, max_retries: 1, dead_letter_queue: "dead" }] },
  };
  return await FleetScene.create(count, { config: () => ({ apps: [shop] }) });
}

async function send(scene: FleetScene, at: number, bodies: readonly string[]): Promise<unknown> {
  const { process } = scene.nodes[at]!;
  return await (await process!.fetch("shop.test", "/", { method: "POST", body: JSON.stringify(bodies) })).json();
}

/** Bodies of all that was delivered, as a node reads them. */
async function seen(scene: FleetScene, at: number): Promise<string[]> {
  const keys = await (await scene.nodes[at]!.process!.fetch("shop.test", "/seen-")).json();
  return Array.isArray(keys) ? keys.map((key) => key.slice(5)) : [];
}

Deno.test({
  name:
    "What is sent to a queue on any node is delivered, fails by name without the engine, and outlives nodes and engine",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
    {
      await using nodes = await scene(folder, 2);
      assertEquals([await send(nodes, 0, ["a", "bad"]), await send(nodes, 1, ["b"])], [null, null]);
      await nodes.until("all is delivered", async () => (await seen(nodes, 1)).join() === "a,b,bad");
      const deadOn = async (at: number) => (await nodes.cli(at, "queue", "peek", "dead", "--json")).out;
      await nodes.until("the bad one is dead", async () => (await deadOn(1)).includes("bad"));
      const listed = await nodes.cli(0, "queue", "list", "--json");
      assertMatch(listed.out, /"name": ?"jobs"/);
      assertMatch(listed.out, /"name": ?"dead"/);

      // Each node may be the one that delivers.
      for (const at of [0, 1]) {
        const other = 1 - at;
        await nodes.kill(nodes.nodes[at]!);
        assertEquals(await send(nodes, other, [`without n${at + 1}`]), null);
        await nodes.until("it is delivered", async () => (await seen(nodes, other)).includes(`without n${at + 1}`));
        await nodes.start(nodes.nodes[at]!);
      }

      await nodes.engine.kill();
      const failed = await send(nodes, 0, ["lost"]) as { message: string; code: string };
      assertEquals(failed.code, "FLEET_UNAVAILABLE");
      assertMatch(
        failed.message,
        /^Queue sendBatch failed: 503 The engine of the fleet cannot be asked; the change may/,
      );
      const told = await nodes.cli(0, "queue", "send", "jobs", "--body", '"x"');
      assertEquals(told.code, 1);
      await nodes.engine.again();
      await nodes.until("it is sent again", async () => await send(nodes, 1, ["after"]) === null);
      await nodes.until("it is delivered", async () => (await seen(nodes, 0)).includes("after"));

      // What is acknowledged while the engine's process is killed is delivered.
      const acknowledged: string[] = [];
      const sending = Array.from({ length: 10 }, async (_, n) => {
        if (await send(nodes, n % 2, [`e${n}`]) === null) acknowledged.push(`e${n}`);
      });
      await nodes.engine.kill();
      await nodes.engine.again();
      await Promise.all(sending);
      await nodes.until("all of them are delivered", async () => {
        const all = new Set(await seen(nodes, 0));
        return acknowledged.every((body) => all.has(body));
      });
      const back = await nodes.cli(1, "queue", "retry", "dead", "--all");
      assertEquals(back.code, 0, back.err);
      assertStringIncludes(back.out, "1");
    }
    await Deno.remove(folder, { recursive: true });
  },
});
