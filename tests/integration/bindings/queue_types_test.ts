/** Queues against Cloudflare's own types: an app that the compiler takes by them does what they say. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Only this test needs them, and no file of NANO may see their globals: they stand in no import map. */
const TYPES = "npm:@cloudflare/workers-types@5.20261117.1/index.d.ts";

const APP = `/// <reference types="${TYPES}" />
interface Job {
  readonly name: string;
}

interface Env {
  readonly JOBS: Queue<Job>;
}

let arrived: (told: unknown) => void = () => {};
const told = new Promise<unknown>((resolve) => arrived = resolve);
const seen: string[] = [];

export default {
  async fetch(_request, { JOBS }) {
    const sent: QueueSendResponse = await JOBS.send({ name: "a" }, { contentType: "json", delaySeconds: 0 });
    const requests: MessageSendRequest<Job>[] = [{ body: { name: "b" } }, { body: { name: "c" }, contentType: "v8" }];
    const batch: QueueSendBatchResponse = await JOBS.sendBatch(requests, { delaySeconds: 0 });
    const later: QueueMetrics = await JOBS.metrics();
    const { oldestMessageTimestamp, backlogCount } = batch.metadata.metrics;
    return Response.json({
      sent: sent.metadata.metrics.backlogBytes,
      batch: [backlogCount > 0, oldestMessageTimestamp instanceof Date],
      later: typeof later.backlogCount,
      told: await told,
    });
  },
  async queue(batch, _env, ctx) {
    const { metrics }: MessageBatchMetadata = batch.metadata;
    for (const message of batch.messages) {
      const { id, timestamp, attempts, body: { name } }: Message<Job> = message;
      seen.push(\`\${name}\${attempts} \${typeof id} \${timestamp instanceof Date} \${metrics.backlogCount > 0}\`);
      if (name === "b" && attempts === 1) message.retry({ delaySeconds: 0 });
      else message.ack();
    }
    if (seen.length === 4) arrived([batch.queue, seen.sort()]);
    if (batch.messages.length > 100) batch.retryAll({ delaySeconds: 1 });
    batch.ackAll();
    ctx.waitUntil(Promise.resolve());
  },
} satisfies ExportedHandler<Env, Job>;
`;

Deno.test("Queues are what Cloudflare's own types say", async () => {
  const wrangler = {
    name: "worker",
    main: "index.ts",
    queues: {
      producers: [{ queue: "jobs", binding: "JOBS" }],
      consumers: [{ queue: "jobs", max_batch_timeout: 0 }],
    },
  };
  await using project = await TempProject.create({
    worker: { files: { "index.ts": APP, "wrangler.json": JSON.stringify(wrangler) } },
  });
  // Alone: these types are global, and others than Deno's.
  await Deno.writeTextFile(`${project.dir}/deno.json`, '{ "compilerOptions": { "lib": ["esnext"], "strict": true } }');
  const check = new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", `${project.dir}/deno.json`, `${project.dir}/apps/worker/index.ts`],
    env: { NO_COLOR: "1" },
  });
  const { code, stderr } = await check.output();
  assertEquals([code, new TextDecoder().decode(stderr).replace(/^(Check|Download).*\n/gm, "")], [0, ""]);
  await using nano = await NanoProcess.start(project.configFile);
  const answer = await nano.fetch("worker", "/");
  assertEquals(JSON.parse(await answer.text()), {
    sent: 12,
    batch: [true, true],
    later: "number",
    told: ["jobs", ["a1", "b1", "b2", "c1"].map((name) => `${name} string true true`)],
  });
});
