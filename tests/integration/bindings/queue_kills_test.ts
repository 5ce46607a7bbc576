/** Messages whose sending was acknowledged are delivered, whenever the host is killed. */
import { assert, assertEquals } from "@std/assert";
import { until } from "../life/until.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { TempProject } from "../../support/temp_project.ts";

const KILLS = repeats(21, 100);

const APP = `export default {
  async fetch(request, env) {
    if (request.method === "GET") return Response.json((await env.LOG.list({ prefix: "m" })).keys.map(({ name }) => name));
    await env.JOBS.send(await request.text());
    return new Response("sent");
  },
  async queue({ messages }, env) {
    for (const message of messages) {
      await env.LOG.put(message.body, "x");
      if (message.body.endsWith("7") && message.attempts === 1) message.retry();
    }
  },
};`;

Deno.test(`No acknowledged message is lost by ${KILLS} kills of the host`, async () => {
  const random = SeededRandom.fromEnv("queue_kills");
  await using project = await TempProject.create({
    worker: {
      files: APP,
      config: {
        bindings: { LOG: { kv: "log" }, JOBS: { queue: "jobs" } },
        queues: { consumers: [{ queue: "jobs", max_batch_timeout: 0, max_batch_size: 5, max_retries: 1 }] },
      },
    },
  });
  const sent: string[] = [];
  let next = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await using nano = await NanoProcess.start(project.configFile);
    const before = sent.length;
    const killed = Promise.withResolvers<void>();
    let isAlive = true;
    const work = Array.from({ length: 4 }, async () => {
      while (isAlive) {
        const body = `m${next++}`;
        try {
          const answer = await nano.fetch("worker", "/", { method: "POST", body });
          if (await answer.text() === "sent") sent.push(body);
        } catch {
          // It was killed in the middle: nobody knows whether this one was kept.
        }
        if (sent.length > before) killed.resolve();
      }
    });
    await killed.promise;
    await new Promise((resolve) => setTimeout(resolve, random.below(150)));
    nano.signal("SIGKILL");
    isAlive = false;
    await Promise.all([nano.status(), ...work]);
  }
  await using nano = await NanoProcess.start(project.configFile);
  assert(sent.length >= KILLS);
  let missing: string[] = sent;
  await until(
    async () => {
      const seen = new Set(await (await nano.fetch("worker", "/")).json() as string[]);
      missing = sent.filter((body) => !seen.has(body));
      return missing.length === 0;
    },
    "all that was acknowledged",
    60_000,
  ).catch(() => {});
  assertEquals(missing, []);
});
