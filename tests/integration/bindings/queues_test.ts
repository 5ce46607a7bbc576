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
    await until(async () => (await bodies(run, "dead")).length > 0, "the dead letter");
    const tries = (await batches(run, "jobs")).flatMap(({ messages }) => messages)
      .filter(({ body }) => (body as { run?: string } | null)?.run !== undefined);
    assertEquals(tries.map(({ attempts }) => attempts), [1, 2, 3]);
    const [dead] = (await batches(run, "dead"))[0]!.messages;
    assertEquals([dead!.id, dead!.at, dead!.attempts], [tries[0]!.id, tries[0]!.at, 1]);
    const told = nano.events.filter(({ event }) => event === "queue_dead_letter");
    assertEquals(told[0]!, { ...told[0]!, app: "one", queue: "jobs", dead_letter_queue: "dead", ids: [dead!.id] });
    const failed = nano.events.find(({ event, outcome }) => event === "queue_batch" && outcome === "failed");
    assertEquals([failed!.level, failed!.app, failed!.error], ["error", "one", "TypeError"]);
    const exception = nano.events.find(({ event, text }) =>
      event === "app_log" && String(text).includes("TypeError: no")
    );
    assertEquals(exception?.level, "error");
  });

  await t.step(
    "each message is done or comes again, by the first word about it, and its own goes before that of all",
    async () => {
      const code = `
      const [a, b, c, d] = batch.messages;
      if (a.attempts > 1) return;
      a.ack(); a.retry();
      b.retry({ delaySeconds: 0 }); b.ack();
      batch.retryAll(); batch.ackAll();
      await 0;
      d.ack();
      ctx.waitUntil(Promise.resolve());
    `;
      await run(
        `await env.JOBS.sendBatch(["a", "b", "c", "d"].map((name) => ({ body: { name, run: ${
          JSON.stringify(code)
        } } })))`,
      );
      await until(async () => {
        const named = (await batches(run, "jobs")).flatMap(({ messages }) => messages)
          .filter(({ body, attempts }) => (body as { name?: string } | null)?.name !== undefined && attempts === 2);
        return named.map(({ body }) => (body as { name: string }).name).sort().join("") === "bcd";
      }, "b, c and d again");
      const lines = nano.events.filter(({ event, level }) => event === "app_log" && level === "warn").map(({ text }) =>
        text
      );
      for (const text of ["retry() on message", "ack() on message", "ackAll() after retryAll()"]) {
        assert(
          lines.some((line) => String(line).startsWith(`Received a call to ${text}`)),
          `${text}: ${lines.join("\n")}`,
        );
      }
    },
  );

  await t.step("what fails in waitUntil fails the batch, but not what was acknowledged", async () => {
    const code = `
      batch.messages[0].ack();
      if (batch.messages[1]?.attempts === 1) ctx.waitUntil(Promise.reject(new RangeError("later")));
    `;
    const sent = ["x", "y"].map((mark) => ({ body: { mark, run: code } }));
    await run(`await env.JOBS.sendBatch(${JSON.stringify(sent)})`);
    await until(async () => {
      const marked = (await batches(run, "jobs")).flatMap(({ messages }) => messages)
        .filter(({ body }) => (body as { mark?: string } | null)?.mark !== undefined);
      return marked.map(({ body, attempts }) => `${(body as { mark: string }).mark}${attempts}`).join() === "x1,y1,y2";
    }, "y again, and x not");
  });

  await t.step("what Workers refuse is refused in their words", async () => {
    const rows: [string, string][] = [
      ["JOBS.send(undefined)", "TypeError: Message body cannot be undefined"],
      ["JOBS.send(() => 1)", "TypeError: Message body cannot be written as JSON"],
      [
        "JOBS.send(5, { contentType: 'text' })",
        'TypeError: Content Type "text" requires a value of type string, but received: number',
      ],
      [
        "JOBS.send('x', { contentType: 'bytes' })",
        'TypeError: Content Type "bytes" requires a value of type ArrayBufferView, but received: string',
      ],
      ["JOBS.send('x', { contentType: 'blob' })", "TypeError: Unsupported queue message content type: blob"],
      ["JOBS.send(() => 1, { contentType: 'v8' })", "DataCloneError: () => 1 could not be cloned."],
      ["JOBS.send(new Blob(['x']), { contentType: 'v8' })", "DataCloneError: Cannot clone object of unsupported type."],
      [
        "JOBS.send('x'.repeat(127_999))",
        "Error: Queue send failed: message length of 128001 bytes exceeds limit of 128000",
      ],
      [
        "JOBS.send('x', { delaySeconds: 86_401 })",
        "Error: Queue send failed: message delay 86401 is invalid: it must be a whole number of seconds from 0 to 86400",
      ],
      ["JOBS.send('x', { delaySeconds: -1 })", "Error: Queue send failed: message delay -1 is invalid"],
      ["JOBS.send('x', { delaySeconds: 'soon' })", "Error: Queue send failed: message delay NaN is invalid"],
      ["JOBS.sendBatch([])", "TypeError: sendBatch() requires at least one message"],
      ["JOBS.sendBatch(5)", "TypeError: sendBatch() requires an iterable of messages"],
      ["JOBS.sendBatch(['x'])", "TypeError: sendBatch() requires messages as objects"],
      ["JOBS.sendBatch([{}])", "TypeError: Message body cannot be undefined"],
      [
        "JOBS.sendBatch(Array(101).fill({ body: 1 }))",
        "Error: Queue sendBatch failed: batch message count of 101 exceeds limit of 100",
      ],
      [
        "JOBS.sendBatch([{ body: 'x'.repeat(127_999) }])",
        "Error: Queue sendBatch failed: message in batch has length 128001 bytes which exceeds single message size limit of 128000",
      ],
      [
        "JOBS.sendBatch(Array(3).fill({ body: 'x'.repeat(99_998) }))",
        "Error: Queue sendBatch failed: batch size of 300000 bytes exceeds limit of 256000",
      ],
      [
        "JOBS.sendBatch([{ body: 1, delaySeconds: 100_000 }])",
        "Error: Queue sendBatch failed: message delay 100000 is invalid",
      ],
    ];
    for (const [call, expected] of rows) {
      const told = await run(`return await env.${call}`) as { error?: string };
      assert(told.error?.startsWith(expected), `${call}: ${JSON.stringify(told)}`);
    }
    assertEquals(await run("return (await env.SLOW.metrics())"), { backlogCount: 0, backlogBytes: 0 });
    await run(`await env.SLOW.sendBatch([
      { body: "x".repeat(127_998) }, { body: "y".repeat(127_998), delaySeconds: 1.9 },
    ])`);
    await until(async () => (await bodies(run, "slow")).length === 1, "the one with a delay of its own");
    assertEquals((await run("return await env.SLOW.metrics()") as { backlogBytes: number }).backlogBytes, 128_000);
  });

  await t.step("a queue holds no more than storage_mb", async () => {
    let last: { error?: string; code?: string } | null = null;
    for (let at = 0; at < 20 && last === null; at++) {
      last = await run(`await env.FULL.send("x".repeat(100_000))`) as { error?: string; code?: string } | null;
    }
    assertEquals(last?.code, "STORAGE_FULL");
    assert(last!.error!.startsWith("Error: Queue send failed: Storage Limit Exceeded"), last!.error);
  });

  await t.step("metrics count calls, batches and messages", async () => {
    const token = (await Deno.readTextFile(`${project.dir}/.nano/admin_token`)).trim();
    const text = await (await fetch(`${nano.adminUrl}/metrics`, { headers: { authorization: `Bearer ${token}` } }))
      .text();
    for (
      const line of [
        'nano_binding_calls_total{app="one",binding="FULL",operation="send",outcome="refused"} 1',
        'nano_queue_batches_total{app="one",queue="jobs",outcome="failed"}',
        'nano_queue_messages_total{app="one",queue="jobs",outcome="dead"} 1',
        'nano_queue_backlog_messages{app="one",queue="jobs"} 0',
        'nano_storage_bytes{app="one",binding="FULL"}',
      ]
    ) assert(text.includes(line), `${line}\n${text.split("\n").filter((one) => /queue|FULL/.test(one)).join("\n")}`);
  });
});
