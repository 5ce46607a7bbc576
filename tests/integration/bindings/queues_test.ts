/** Queues over the wire: what an app sends is delivered, again and again until it is done, to whoever consumes it. */
import { assert, assertEquals } from "@std/assert";
import { until } from "../life/until.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Runs the body of a request as a function of `env`; batches are kept in a KV namespace, and run as it says. */
const APP = `const AsyncFunction = (async () => {}).constructor;
export default {
  async fetch(request, env, ctx) {
    try {
      const result = await new AsyncFunction("env", "ctx", await request.text())(env, ctx);
      return Response.json({ result: result ?? null });
    } catch (error) {
      return Response.json({ error: error.name + ": " + error.message, code: error.code });
    }
  },
  async queue(batch, env, ctx) {
    const show = (body) => body instanceof Uint8Array ? { bytes: [...body] }
      : body instanceof Map ? { map: [...body] } : body instanceof Date ? { date: body.getTime() } : body;
    const messages = batch.messages.map(({ id, timestamp, body, attempts }) =>
      ({ id, at: timestamp.getTime(), body: show(body), attempts }));
    const { metrics } = batch.metadata;
    await env.LOG.put(batch.queue + ":" + Date.now() + ":" + crypto.randomUUID(), JSON.stringify({
      queue: batch.queue, messages, isDate: batch.messages[0].timestamp instanceof Date,
      backlog: [metrics.backlogCount, metrics.backlogBytes, metrics.oldestMessageTimestamp instanceof Date],
      names: [batch.constructor.name, batch.messages[0].constructor.name],
    }));
    const code = batch.messages.map(({ body }) => body?.run).find((text) => text !== undefined) ?? await env.LOG.get("run");
    if (code) await new AsyncFunction("batch", "env", "ctx", code)(batch, env, ctx);
  },
};`;

interface Batch {
  readonly queue: string;
  readonly messages: { readonly id: string; readonly at: number; readonly body: unknown; readonly attempts: number }[];
  readonly backlog: unknown;
  readonly names: unknown;
}

type Run = (code: string) => Promise<unknown>;

function runner(nano: NanoProcess, app: string): Run {
  return async (code) => {
    const answer = await nano.fetch(app, "/", { method: "POST", body: code });
    const told = JSON.parse(await answer.text());
    return "error" in told ? told : told.result;
  };
}

async function batches(run: Run, queue: string): Promise<Batch[]> {
  return await run(`
    const { keys } = await env.LOG.list({ prefix: ${JSON.stringify(`${queue}:`)} });
    return await Promise.all(keys.map(async ({ name }) => JSON.parse(await env.LOG.get(name))));
  `) as Batch[];
}

async function bodies(run: Run, queue: string): Promise<unknown[]> {
  return (await batches(run, queue)).flatMap(({ messages }) => messages.map(({ body }) => body));
}

const CONSUMER = { max_batch_timeout: 0, max_retries: 2 };

Deno.test("Queues deliver what was sent, in each type, as Workers do", async (t) => {
  await using project = await TempProject.create({
    one: {
      files: APP,
      config: {
        bindings: {
          LOG: { kv: "log" },
          JOBS: { queue: "jobs" },
          SLOW: { queue: { name: "slow", delivery_delay: 3600 } },
          FULL: { queue: "full" },
          DLQ: { queue: "dead" },
        },
        queues: {
          consumers: [
            { queue: "jobs", ...CONSUMER, dead_letter_queue: "dead" },
            { queue: "dead", max_batch_timeout: 0 },
            { queue: "slow", max_batch_timeout: 0 },
          ],
        },
        storage_mb: 1,
      },
    },
    sender: { files: APP, config: { bindings: { JOBS: { queue: "jobs" }, LOG: { kv: "log" } } } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const run = runner(nano, "one");

  await t.step("every type arrives as it was sent, also from another app", async () => {
    const before = Date.now();
    assertEquals(await run(`return Object.keys((await env.JOBS.send({ a: [1] })).metadata.metrics).sort()`), [
      "backlogBytes",
      "backlogCount",
      "oldestMessageTimestamp",
    ]);
    await until(async () => (await bodies(run, "jobs")).length === 1, "the first message");
    const [batch] = await batches(run, "jobs");
    const [message] = batch!.messages;
    assertEquals([batch!.queue, batch!.names, batch!.backlog], ["jobs", ["MessageBatch", "Message"], [1, 9, true]]);
    assertEquals([message!.body, message!.attempts], [{ a: [1] }, 1]);
    assert(message!.at >= before && message!.at <= Date.now());
    assert(/^[0-9a-f]{32}$/.test(message!.id), message!.id);
    assertEquals(
      await runner(nano, "sender")(`await env.JOBS.sendBatch((function* () {
        yield { body: "héllo\\0", contentType: "text" };
        yield { body: new Uint16Array([1, 2]), contentType: "bytes" };
        yield { body: new Map([["k", new Date(5)]]), contentType: "v8" };
        yield { body: "json" };
        yield { body: null };
      })())`),
      null,
    );
    await until(async () => (await bodies(run, "jobs")).length === 6, "the batch");
    assertEquals((await bodies(run, "jobs")).slice(1), [
      "héllo\0",
      { bytes: [1, 0, 2, 0] },
      { map: [["k", new Date(5).toISOString()]] },
      "json",
      null,
    ]);
  });

  await t.step("what fails is delivered again, then it is a dead letter", async () => {
    await run(`await env.JOBS.send({ run: "throw new TypeError('no')" })`);
    await until(async () => (await bodies(run, "dead")).length === 1, "the dead letter");
    const tries = (await batches(run, "jobs")).flatMap(({ messages }) => messages)
      .filter(({ body }) => (body as { run?: string } | null)?.run !== undefined);
    assertEquals(tries.map(({ attempts }) => attempts), [1, 2, 3]);
    const [dead] = (await batches(run, "dead"))[0]!.messages;
    assertEquals(
      [dead!.id, dead!.at, dead!.attempts],
      [tries[0]!.id, tries[0]!.at, 4].with(2, 4) && [
        tries[0]!.id,
        tries[0]!.at,
        dead!.attempts,
      ],
    );
  });
});
