/** Jobs of real apps, begun by hand: what they get, how they are told of, and how they meet reloads and drains. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { loadConfig, Nano, NanoError, type NanoEvent } from "../../../mod.ts";
import { TempProject } from "../../support/temp_project.ts";

const BY = { actor: "test", ifMatch: null };

const APP = `const runs = [];
export default {
  async scheduled(event, env, ctx) {
    runs.push({ type: event.type, cron: event.cron, time: typeof event.scheduledTime, env: env.NAME });
    if (event.cron === "1 * * * *") throw new Error("this job fails");
    // What it waits for is in the test's hand.
    if (event.cron === "2 * * * *") ctx.waitUntil(fetch(env.GATE).then(() => console.log("late work")));
  },
  fetch: () => Response.json(runs),
};`;

const CRONS = [
  { schedule: "0 * * * *" },
  { schedule: "1 * * * *", name: "failing" },
  { schedule: "2 * * * *", name: "slow" },
];

type Told<E extends NanoEvent["event"]> = Extract<NanoEvent, { event: E }>;

/** NANO in this process, with everything it tells. */
async function start(project: TempProject) {
  const events: NanoEvent[] = [];
  const config = () => loadConfig(project.configFile);
  const nano = await Nano.start(await config(), { write: () => {}, reloadConfig: config });
  const waits = new Set<() => void>();
  nano.events.listen((event) => {
    events.push(event);
    for (const look of waits) look();
  });
  const told = <E extends NanoEvent["event"]>(kind: E) =>
    events.filter((event): event is Told<E> => event.event === kind);
  /** Waits for an event of a kind that fits. */
  const heard = async <E extends NanoEvent["event"]>(kind: E, fits: (event: Told<E>) => boolean): Promise<Told<E>> => {
    const { promise, resolve, reject } = Promise.withResolvers<Told<E>>();
    const look = () => {
      const found = told(kind).find(fits);
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`No ${kind} came: ${JSON.stringify(events.slice(-10))}`)), 120_000);
    waits.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      waits.delete(look);
    }
  };
  return { nano, told, heard };
}

function test(name: string, fn: () => Promise<void>): void {
  // The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

test("A job gets its event and env, and is told in events, log and metrics", async () => {
  await using project = await TempProject.create({
    jobs: { files: APP, config: { crons: CRONS, env: { NAME: "n" } } },
    bare: { files: "export default { fetch: () => new Response() };", config: { crons: CRONS } },
  }, { default_app: "jobs", admin: false });
  const { nano, told, heard } = await start(project);
  await using _ = nano;

  assertEquals(await nano.operations.apps.runCron("jobs", "0 * * * *", BY), true);
  assertEquals(await (await fetch(nano.url)).json(), [
    { type: "scheduled", cron: "0 * * * *", time: "number", env: "n" },
  ]);
  const hourly = { app: "jobs", cron: "0 * * * *", name: "0 * * * *" };
  assertEquals(told("cron_start"), [{ event: "cron_start", ...hourly }]);
  const [done] = told("cron_done");
  assertEquals<unknown>({ ...done, durationMs: 0 }, { event: "cron_done", ...hourly, durationMs: 0, ok: true });

  assertEquals(await nano.operations.apps.runCron("jobs", "failing", BY), false);
  const failed = await heard("cron_done", ({ name }) => name === "failing");
  assertEquals([failed.ok, failed.error], [false, 'Cannot answer from app "jobs": its handler threw Error']);
  const line = await heard("app_log", ({ app, level }) => app === "jobs" && level === "error");
  assert(line.text.includes("this job fails") && line.text.includes("index.ts"), line.text);

  assertEquals(await nano.operations.apps.runCron("bare", "0 * * * *", BY), false);
  const missing = await heard("app_log", ({ app, level }) => app === "bare" && level === "error");
  assert(missing.text.includes("exports no scheduled(event, env, ctx)"), missing.text);

  const metrics = await nano.metrics();
  for (const [cron, outcome] of [["0 * * * *", "ok"], ["failing", "error"]]) {
    assert(metrics.includes(`nano_cron_runs_total{app="jobs",cron="${cron}",outcome="${outcome}"} 1`), metrics);
  }
  await assertRejects(() => nano.operations.apps.runCron("jobs", "none", BY), NanoError, "there is no such cron");
});

test("An app with crons but no `scheduled` says so when it starts", async () => {
  await using project = await TempProject.create({
    bare: { files: "export default { fetch: () => new Response() };", config: { crons: CRONS } },
  }, { admin: false });
  const lines: string[] = [];
  const nano = await Nano.start(await loadConfig(project.configFile), { write: (text) => lines.push(text) });
  await nano.drain();
  const warning = lines.join("").split("\n").find((line) => line.includes("exports no scheduled"));
  assert(warning?.includes('"level":"warn"') && warning.includes('"app":"bare"'), lines.join(""));
});

/** A server that answers once the test lets it. */
class Gate implements AsyncDisposable {
  readonly #open = Promise.withResolvers<void>();
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    await this.#open.promise;
    return new Response("open");
  });

  /** Settings of an app whose slow job waits for this. */
  get config() {
    const env = { GATE: `http://127.0.0.1:${(this.#server.addr as Deno.NetAddr).port}` };
    return { crons: CRONS, env, outbound: "any" };
  }

  open(): void {
    this.#open.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.open();
    await this.#server.shutdown();
  }
}

test("A job that still runs is not begun again, also after a reload, which waits for it", async () => {
  await using gate = new Gate();
  await using project = await TempProject.create({ jobs: { files: APP, config: gate.config } }, {
    default_app: "jobs",
    admin: false,
  });
  const { nano, told, heard } = await start(project);
  await using _ = nano;
  const slow = nano.operations.apps.runCron("jobs", "slow", BY);
  await heard("cron_start", ({ name }) => name === "slow");
  assertEquals(nano.busyApps(), ["jobs"]);
  const error = await assertRejects(() => nano.operations.apps.runCron("jobs", "slow", BY), NanoError);
  assertEquals([error.code, told("cron_skipped").length], ["CONFLICT", 1]);

  await project.writeFile("jobs", "index.ts", `export default { fetch: () => new Response("new"), scheduled() {} };`);
  await nano.reload();
  assertEquals(await (await fetch(nano.url)).text(), "new");
  await assertRejects(() => nano.operations.apps.runCron("jobs", "slow", BY), NanoError, "it runs already");
  assertEquals(await nano.operations.apps.runCron("jobs", "failing", BY), true, "The other jobs are the new code's");
  assertEquals(told("app_drained"), [], "The old isolate waits for its job");

  gate.open();
  assertEquals(await slow, true);
  await heard("app_log", ({ text }) => text.includes("late work"));
  const drained = await heard("app_drained", ({ app }) => app === "jobs");
  assertEquals(drained.forcedClosed, 0);
  assertEquals(await nano.operations.apps.runCron("jobs", "slow", BY), true);
});

test("A drain waits for a job, but not for ever", async () => {
  await using gate = new Gate();
  await using project = await TempProject.create({ jobs: { files: APP, config: gate.config } }, {
    default_app: "jobs",
    admin: false,
    drain_timeout_ms: 300,
  });
  const { nano, heard } = await start(project);
  const slow = nano.operations.apps.runCron("jobs", "slow", BY);
  await heard("cron_start", ({ name }) => name === "slow");
  assertEquals(await nano.drain(), { drainedRequests: 0, forcedClosed: 1 });
  assertEquals(await slow, false);
});

test("A job wakes a parked app", async () => {
  await using project = await TempProject.create({
    jobs: { files: APP, config: { crons: CRONS, idle_timeout_ms: 50 } },
  }, { default_app: "jobs", admin: false });
  const { nano, heard, told } = await start(project);
  await using _ = nano;
  await heard("app_exit", ({ reason }) => reason === "parked");
  const before = told("app_starting").length;
  assertEquals(await nano.operations.apps.runCron("jobs", "0 * * * *", BY), true);
  assertEquals(told("app_starting").length, before + 1);
});
