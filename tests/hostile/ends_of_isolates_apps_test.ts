/** However an isolate ends, its client hears the truth, its app comes back, and nobody else notices. */
import { assert, assertEquals } from "@std/assert";
import { type LogRecord, NanoProcess } from "../support/nano_process.ts";
import { RESERVE, type TempApp, TempProject } from "../support/temp_project.ts";
import { ADMIN, adminApp } from "../integration/life/admin_client.ts";
import { isolateHomes } from "../integration/life/host_threads.ts";
import { assertNothingLost, steadyLoad } from "../integration/life/steady_load.ts";
import { until } from "../integration/life/until.ts";

interface Ending {
  readonly path: string;
  readonly code: string;
  readonly status: number;
  readonly reason: string;
}

const outOfMemory = { code: "APP_OUT_OF_MEMORY", status: 503, reason: "out_of_memory" };
const unresponsive = { code: "APP_UNRESPONSIVE", status: 504, reason: "unresponsive" };

/** What each deed of the fixture must come to. */
const ENDINGS: readonly Ending[] = [
  { path: "/oom/handler", ...outOfMemory },
  { path: "/oom/timer", ...outOfMemory },
  { path: "/oom/await", ...outOfMemory },
  { path: "/external/loop", ...outOfMemory },
  { path: "/external/turns", ...outOfMemory },
  { path: "/loop/handler", ...unresponsive },
  { path: "/loop/timer", ...unresponsive },
  { path: "/loop/await", ...unresponsive },
  { path: "/loop/microtasks", ...unresponsive },
  { path: "/loop/arrays", ...unresponsive },
  { path: "/loop/regex", ...unresponsive },
  { path: "/loop/atomics", ...unresponsive },
];

const LIMITS = { memory_mb: 32, external_mb: 32, cpu_ms: 500 };
/** Filling a heap takes a while on a busy machine, and is no loop. */
const PATIENT = { ...LIMITS, cpu_ms: 10_000 };
const NEIGHBOURS = ["neighbour-0", "neighbour-1", "neighbour-2"];

function nameOf({ path }: Ending): string {
  return path.slice(1).replace("/", "-");
}

function neighbours(): Record<string, TempApp> {
  return Object.fromEntries(NEIGHBOURS.map((name) => [name, { fixture: "announce", config: { env: { NAME: name } } }]));
}

function neighbourCheck(): (body: string, host: string) => void {
  const ids = new Map<string, string>();
  return (body, host) => {
    const { name, id } = JSON.parse(body);
    if (name !== host) throw new Error(`${host} was answered by ${name}`);
    const isSame = (ids.get(host) ?? id) === id;
    ids.set(host, id);
    if (!isSame) throw new Error(`${host} lost its isolate`);
  };
}

function isOf(app: string, event: string): (record: LogRecord) => boolean {
  return (record) => record.event === event && record["app"] === app;
}

function millisecondsBetween(earlier: LogRecord, later: LogRecord): number {
  return Date.parse(String(later["ts"])) - Date.parse(String(earlier["ts"]));
}

Deno.test("an isolate that ends gives its client the truth, comes back, and harms no neighbour", async (t) => {
  // Each deed has an app of its own: an app that dies twice in a row is not started again at once.
  const apps = ENDINGS.map((ending): [string, TempApp] => [nameOf(ending), {
    fixture: "misbehave",
    config: ending.code === "APP_OUT_OF_MEMORY" ? PATIENT : LIMITS,
  }]);
  await using project = await TempProject.create({ ...Object.fromEntries(apps), ...neighbours() }, RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  await using load = steadyLoad(nano, NEIGHBOURS, { check: neighbourCheck() });
  const restartMs: Record<string, number[]> = {};

  for (const ending of ENDINGS) {
    const app = nameOf(ending);
    await t.step(`${ending.path}: ${ending.code}, then it serves again`, async () => {
      const idBefore = await (await nano.fetch(app)).text();
      const threads = isolateHomes(nano.pid);
      const from = nano.events.length;
      const answer = await nano.fetch(app, ending.path);
      const problem = await answer.json();
      assertEquals([answer.status, answer.headers.get("nano-error"), problem.code], [
        ending.status,
        ending.code,
        ending.code,
      ]);
      assert(answer.headers.get("x-request-id"));
      const exit = await nano.waitForEvent(isOf(app, "app_exit"), undefined, from);
      assertEquals(exit["reason"], ending.reason, JSON.stringify(exit));
      const restart = await nano.waitForEvent(isOf(app, "app_restart"), undefined, from);
      assertEquals([restart["reason"], restart["delay_ms"]], [ending.reason, 0]);
      const ready = await nano.waitForEvent(isOf(app, "app_ready"), undefined, from);
      (restartMs[ending.reason] ??= []).push(millisecondsBetween(exit, ready));
      const idAfter = await (await nano.fetch(app)).text();
      assert(idAfter !== idBefore, "the same isolate still serves");
      // A thread or process that ran on would burn a core for ever: one of the old ones must be gone, and only one.
      await until(() => {
        const present = isolateHomes(nano.pid);
        return [...threads].filter((name) => !present.has(name)).length === 1;
      }, `the killed isolate's thread or process ends (${[...threads].join(" ")})`);
    });
  }

  const result = await assertNothingLost(load, 100);
  for (const [reason, times] of Object.entries(restartMs)) {
    console.log(`restart after ${reason}, app_exit to app_ready: ${times.join(", ")} ms`);
  }
  console.log(`neighbours: ${result.total} requests, none lost, slowest ${result.slowestMs.toFixed(0)} ms`);
  // That memory cannot be told apart just then is true, and ends nobody.
  const warnings = nano.events.filter(({ event, text }) => event === "warning" && !/cannot be told/.test(String(text)));
  assertEquals(warnings, []);
});

Deno.test("an app that dies at top level is tried again and again, is called unavailable, and can be mended", async (t) => {
  const cases = [
    { app: "oom-at-start", atStart: "oom", reason: "out_of_memory" },
    { app: "loop-at-start", atStart: "loop", reason: "unresponsive" },
  ];
  const apps = cases.map(({ app, atStart }): [string, TempApp] => [
    app,
    { fixture: "misbehave", config: { ...(atStart === "oom" ? PATIENT : LIMITS), env: { AT_START: atStart } } },
  ]);
  await using project = await TempProject.create({ ...Object.fromEntries(apps), ...neighbours() }, {
    admin: ADMIN,
    ...RESERVE,
  });
  await using nano = await NanoProcess.start(project.configFile);
  await using load = steadyLoad(nano, NEIGHBOURS, { check: neighbourCheck() });

  for (const { app, reason } of cases) {
    await t.step(`${app}: ${reason}`, async () => {
      const restarts = await until(() => {
        const seen = nano.events.filter(isOf(app, "app_restart"));
        return seen.length >= 3 && seen;
      }, `${app} is restarted three times`);
      assertEquals([...new Set(restarts.map((record) => record["reason"]))], [reason]);
      const delays = restarts.slice(0, 3).map((record) => Number(record["delay_ms"]));
      assert(delays[0]! > 0 && delays[1]! > delays[0]! && delays[2]! > delays[1]!, `delays ${delays.join(", ")}`);
      await until(async () => (await adminApp(nano, app)).state === "crash_loop", `${app} is in a crash loop`);
      const answer = await nano.fetch(app);
      await answer.body?.cancel();
      assertEquals([answer.status, answer.headers.get("nano-error")], [503, "APP_UNAVAILABLE"]);
      assert(answer.headers.has("retry-after"));
    });
  }
  await t.step("a configuration that mends them is taken", async () => {
    for (const { app } of cases) await project.setApp(app, { fixture: "misbehave", config: LIMITS });
    for (const { app } of cases) {
      await until(async () => {
        const answer = await nano.fetch(app);
        await answer.body?.cancel();
        return answer.status === 200;
      }, `${app} serves after it was mended`);
    }
  });
  await assertNothingLost(load, 100);
});

Deno.test("an app that keeps dying is started again after longer and longer waits, and says so meanwhile", async () => {
  await using project = await TempProject.create({
    dying: { fixture: "misbehave", config: PATIENT },
    ...neighbours(),
  }, RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  await using load = steadyLoad(nano, NEIGHBOURS, { check: neighbourCheck() });
  const delays: number[] = [];
  for (let death = 0; death < 4; death++) {
    const from = nano.events.length;
    const answer = await nano.fetch("dying", "/oom/handler");
    await answer.body?.cancel();
    assertEquals(answer.headers.get("nano-error"), "APP_OUT_OF_MEMORY");
    const restart = await nano.waitForEvent(isOf("dying", "app_restart"), undefined, from);
    delays.push(Number(restart["delay_ms"]));
    if (death === 3) {
      const refused = await nano.fetch("dying");
      await refused.body?.cancel();
      assertEquals([refused.status, refused.headers.get("nano-error")], [503, "APP_UNAVAILABLE"]);
      assert(refused.headers.has("retry-after"));
    }
    await nano.waitForEvent(isOf("dying", "app_ready"), undefined, from);
  }
  // Chance takes up to two fifths off each wait.
  const inRange = delays.map((delay, index) => {
    const wholeMs = [0, 100, 200, 400][index]!;
    return delay >= 0.6 * wholeMs && delay <= wholeMs;
  });
  assertEquals(inRange, [true, true, true, true], `delays ${delays.join(", ")}`);
  await assertNothingLost(load, 50);
});
