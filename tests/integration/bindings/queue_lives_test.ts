/** Queues through the lives of apps and host: parks, reloads, classes, wrangler files, deaths. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../life/until.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const SENDER = `
  async fetch(request, env) {
    if (request.method === "GET") {
      const { keys } = await env.LOG.list({ prefix: new URL(request.url).pathname.slice(1) });
      return Response.json(keys.map(({ name }) => name));
    }
    await env.JOBS.send(await request.text());
    return new Response("sent");
  },`;

const consumerOf = (mark: string) =>
  `export default {${SENDER}
  async queue({ messages }, env) {
    await Promise.all(messages.map(({ body, id }) => env.LOG.put("${mark}" + body, id)));
  },
};`;

const BINDINGS = { LOG: { kv: "log" }, JOBS: { queue: "jobs" } };
const queues = (changes: object = {}) => ({ consumers: [{ queue: "jobs", max_batch_timeout: 0, ...changes }] });

async function send(nano: NanoProcess, app: string, body: string): Promise<void> {
  const answer = await nano.fetch(app, "/", { method: "POST", body });
  assertEquals([answer.status, await answer.text()], [200, "sent"]);
}

async function seen(nano: NanoProcess, app: string, prefix = ""): Promise<string[]> {
  return await (await nano.fetch(app, `/${prefix}`)).json();
}

Deno.test("A consumer that is parked is woken, and one that is edited goes on where it was", async () => {
  await using project = await TempProject.create({
    producer: { files: `export default {${SENDER}};`, config: { bindings: BINDINGS } },
    worker: {
      files: consumerOf("v1-"),
      config: { bindings: BINDINGS, queues: queues(), idle_timeout_ms: 50 },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  await nano.waitForEvent(({ event, app, reason }) => event === "app_exit" && app === "worker" && reason === "parked");
  await send(nano, "producer", "wake");
  await until(async () => (await seen(nano, "producer")).length === 1, "the message");
  assertEquals(await seen(nano, "producer"), ["v1-wake"]);
  await project.setApp("worker", {
    files: consumerOf("v2-"),
    config: { bindings: BINDINGS, queues: queues({ max_batch_size: 1 }) },
  });
  const reloads = (count: number) =>
    until(() => nano.events.filter(({ event }) => event === "config_reload").length === count, `reload ${count}`);
  await reloads(1);
  await send(nano, "producer", "edited");
  await until(async () => (await seen(nano, "producer")).length === 2, "the second message");
  assertEquals(await seen(nano, "producer", "v2-"), ["v2-edited"]);
  await project.setApp("worker", { files: consumerOf("v3-"), config: { bindings: BINDINGS } });
  await reloads(2);
  await send(nano, "producer", "kept");
  await project.setApp("worker", { files: consumerOf("v4-"), config: { bindings: BINDINGS, queues: queues() } });
  await until(async () => (await seen(nano, "producer", "v4-")).length === 1, "what waited for a consumer");
});

Deno.test("A drain waits for a batch, and what it says still holds", async () => {
  const app = `export default {${SENDER}
    async queue({ messages }, env) {
      await env.LOG.put("begun-" + messages[0].attempts, "x");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await env.LOG.put("ended-" + messages[0].attempts, "x");
    },
  };`;
  await using project = await TempProject.create({
    worker: { files: app, config: { bindings: BINDINGS, queues: queues() } },
  });
  {
    await using nano = await NanoProcess.start(project.configFile);
    await send(nano, "worker", "long");
    await until(async () => (await seen(nano, "worker", "begun")).length === 1, "the batch");
    nano.signal("SIGTERM");
    assertEquals((await nano.status()).code, 0);
  }
  await using nano = await NanoProcess.start(project.configFile);
  await send(nano, "worker", "other");
  await until(async () => (await seen(nano, "worker", "ended")).length === 1, "its end");
  assertEquals(await seen(nano, "worker"), ["begun-1", "ended-1"]);
});

Deno.test("A WorkerEntrypoint class consumes, and a Workers project has queues of its own", async () => {
  const worker = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint {
  async fetch(request) {
    if (request.method === "GET") return Response.json((await this.env.LOG.list()).keys.map(({ name }) => name));
    await this.env.JOBS.send(await request.text());
    return new Response("sent");
  }
  async queue(batch) {
    for (const { body } of batch.messages) await this.env.LOG.put(batch.queue + "-" + body, "x");
    if (batch.queue === "jobs") throw new Error("no");
  }
}`;
  const wrangler = `{
    "name": "worker", "main": "index.ts",
    "kv_namespaces": [{ "binding": "LOG", "id": "log" }],
    "queues": {
      "producers": [{ "queue": "jobs", "binding": "JOBS" }, { "queue": "jobs", "binding": "BAD", "delivery_delay": -1 }],
      "consumers": [
        { "queue": "jobs", "max_batch_timeout": 0, "max_retries": 0, "dead_letter_queue": "jobs-dead" },
        { "queue": "jobs-dead", "max_batch_timeout": 0 },
        { "queue": "other", "type": "http_pull" },
        { "queue": "third", "max_batch_size": 101 },
      ],
    },
  }`;
  await using project = await TempProject.create({
    worker: { files: { "index.ts": worker, "wrangler.jsonc": wrangler } },
    rival: { files: consumerOf("rival-"), config: { bindings: BINDINGS, queues: queues() } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  await send(nano, "worker", "a");
  await until(async () => (await seen(nano, "worker")).length === 2, "the message and its dead letter");
  assertEquals(await seen(nano, "worker"), ["jobs-a", "jobs-dead-a"]);
  assertEquals(await seen(nano, "rival"), []);
  const warnings = nano.events.filter(({ event }) => event === "warning").map(({ text }) => String(text)).join("\n");
  await using check = await NanoProcess.spawn(["check", "--config", project.configFile]);
  await check.status();
  const checked = check.strayLines.join("\n");
  assertStringIncludes(checked, "bindings LOG (kv), JOBS (queue), consumes jobs, jobs-dead");
  assertStringIncludes(warnings, `a consumer of a queue has no effect: NANO hands messages to apps only`);
  assertStringIncludes(warnings, `"max_batch_size": expected a whole number of messages from 1 to 100`);
  assertStringIncludes(warnings, `a queue has no effect: its "delivery_delay" is no number of seconds`);
});

Deno.test("An app that consumes without a queue handler does not start, and says why", async () => {
  await using project = await TempProject.create({
    worker: {
      files: `export default { fetch() { return new Response("x"); } };`,
      config: { bindings: BINDINGS, queues: queues() },
    },
    only: {
      files: `export default { async queue(batch, env) { await env.LOG.put("only", "x"); } };`,
      config: { bindings: BINDINGS },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const failed = nano.events.find(({ event, app }) => event === "app_failed" && app === "worker");
  const text = `Cannot consume "jobs": the entry's default export has no queue(batch, env, ctx)`;
  assertStringIncludes(String(failed?.error), text);
  const answer = await nano.fetch("only", "/");
  assertEquals([answer.status, (await answer.json()).code], [500, "APP_EXCEPTION"]);
});

Deno.test("An app in a crash loop loses nothing and is not asked without end", async () => {
  await using project = await TempProject.create({
    worker: {
      files: `export default {${SENDER}
        async queue({ messages }, env) {
          const tries = (await env.LOG.list({ prefix: "try" })).keys.length;
          await env.LOG.put("try" + tries, "x");
          if (tries < 2) for (;;);
          await env.LOG.put("done-" + messages[0].attempts, "x");
        },
      };`,
      config: { bindings: BINDINGS, queues: queues(), cpu_ms: 100 },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  await send(nano, "worker", "poison");
  await until(async () => {
    const answer = await nano.fetch("worker", "/done");
    const told = await answer.text();
    return answer.status === 200 && told === '["done-3"]';
  }, "the third delivery");
  const batches = nano.events.filter(({ event }) => event === "queue_batch");
  assert(batches.length <= 3, JSON.stringify(batches));
});
