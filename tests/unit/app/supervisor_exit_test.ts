/** Tests what follows when an isolate ends by itself. */
import { assert, assertEquals } from "@std/assert";
import { HEALTHY_AFTER_MS, MAX_BACKOFF_MS } from "../../../runtime/app/backoff.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { settle } from "../runtime/fake_clock.ts";
import { Stage } from "./stage.ts";

/** Code that a request inside gets, by the reason of the end. */
const CODES = {
  out_of_memory: "APP_OUT_OF_MEMORY",
  unresponsive: "APP_UNRESPONSIVE",
  uncaught_error: "APP_TERMINATED",
  terminated: "APP_TERMINATED",
} as const;

for (const [reason, code] of Object.entries(CODES) as [keyof typeof CODES, string][]) {
  Deno.test(`Supervisor restarts at once after ${reason}; requests inside get ${code}, queued ones are served`, async () => {
    const stage = await Stage.running({ maxConcurrent: 1 });
    const inside = stage.fetch();
    const queued = stage.fetch();
    stage.last.cpuMicros = 3_000_000;
    const [first] = stage.isolates;
    await stage.die(reason);
    assertEquals([inside.code, queued.code], [code, null]);
    assertEquals(first!.received, [inside], "nothing is handed to a dead isolate");
    assertEquals([stage.supervisor.state, stage.isolates.length], ["starting", 2]);
    assertEquals(stage.told("app_exit").at(-1), {
      event: "app_exit",
      app: "blog",
      reason,
      detail: `it was ${reason}`,
    });
    assertEquals(stage.told("app_restart"), [{ event: "app_restart", app: "blog", reason, delayMs: 0 }]);
    const { restarts, lastExit, cpuSeconds } = stage.supervisor.snapshot();
    assertEquals([restarts, lastExit?.reason, cpuSeconds], [{ [reason]: 1 }, reason, 3]);
    await stage.load();
    assertEquals(stage.last.received, [queued]);
  });
}

Deno.test("Supervisor waits longer from death to death, up to 30 s, and refuses meanwhile", async () => {
  const stage = await Stage.running();
  const delays: number[] = [];
  for (let death = 1; death <= 12; death++) {
    await stage.die("out_of_memory");
    const { delayMs } = stage.told("app_restart").at(-1)!;
    delays.push(delayMs);
    if (delayMs > 0) {
      assertEquals(stage.fetch().code, "APP_UNAVAILABLE");
      await stage.clock.advance(delayMs - 1);
      assertEquals(stage.isolates.length, death);
      await stage.clock.advance(1);
    }
    assertEquals(stage.isolates.length, death + 1);
    await stage.load();
  }
  assertEquals(delays, [0, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, MAX_BACKOFF_MS, MAX_BACKOFF_MS]);
});

Deno.test("Supervisor starts an app beside one thread of a killed isolate that V8 cannot stop, and not beside two", async () => {
  const stage = await Stage.running();
  const threads = [stage.last, null].map(() => Promise.withResolvers<void>());
  for (const [death, thread] of threads.entries()) {
    stage.last.gone = thread.promise;
    await stage.die("unresponsive");
    assertEquals(stage.told("app_restart").at(-1)!.delayMs, [0, 100][death]);
    if (death === 0) await stage.load();
  }
  await stage.clock.advance(60_000);
  assertEquals([stage.isolates.length, stage.supervisor.state], [2, "backoff"]);
  assertEquals(stage.fetch().code, "APP_UNAVAILABLE");
  threads[0]!.resolve();
  await settle();
  await stage.clock.advance(100);
  assertEquals(stage.isolates.length, 3);
  await stage.load();
  assertEquals(stage.supervisor.state, "running");
});

Deno.test("Supervisor counts deaths while starting as deaths in a row", async () => {
  const stage = new Stage();
  stage.supervisor.start().catch(() => {});
  await settle();
  await stage.die("out_of_memory");
  await stage.clock.advance(100);
  assertEquals(stage.told("app_starting").map(({ attempt }) => attempt), [1, 2]);
  await stage.die("out_of_memory");
  assertEquals(stage.told("app_restart").map(({ delayMs }) => delayMs), [100, 200]);
});

Deno.test("Supervisor forgives earlier deaths after a healthy time", async () => {
  const stage = await Stage.running();
  for (let death = 0; death < 3; death++) {
    await stage.die("terminated");
    await stage.clock.advance(1000);
    await stage.load();
  }
  assertEquals(stage.told("app_restart").at(-1)!.delayMs, 200);
  await stage.clock.advance(HEALTHY_AFTER_MS);
  await stage.die("terminated");
  assertEquals(stage.told("app_restart").at(-1)!.delayMs, 0);
  await stage.load();
  await stage.die("terminated");
  assertEquals(stage.told("app_restart").at(-1)!.delayMs, 100);
});

Deno.test("Supervisor refuses what waits when it has to back off", async () => {
  const stage = await Stage.running({ maxConcurrent: 1 });
  await stage.die("terminated");
  const waiting = stage.fetch();
  await settle();
  await stage.die("terminated");
  assertEquals([stage.supervisor.state, waiting.code], ["backoff", "APP_UNAVAILABLE"]);
});

Deno.test("Supervisor drops the late exit of an isolate that it holds no more", async () => {
  const stage = await Stage.running({ idleTimeoutMs: 1000 });
  await stage.clock.advance(1100);
  assertEquals(stage.supervisor.state, "idle");
  const [old] = stage.isolates;
  const call = stage.fetch();
  await stage.load();
  assertEquals(stage.last.received, [call]);
  old!.kill({ reason: "out_of_memory", detail: "in waitUntil" });
  await settle();
  assertEquals([stage.supervisor.state, stage.told("app_restart").length, call.code], ["running", 0, null]);
});

Deno.test("Supervisor keeps the CPU time of isolates that have ended", async () => {
  const stage = await Stage.running();
  stage.last.cpuMicros = 1_500_000;
  await stage.die("terminated");
  await stage.load();
  stage.last.cpuMicros = 500_000;
  assertEquals(stage.supervisor.snapshot().cpuSeconds, 2);
});

Deno.test("Supervisor opens one way out for all isolates of its app and closes it with the app", async () => {
  const stage = await Stage.running();
  await stage.die("terminated");
  await stage.load();
  assertEquals(stage.doors, { opened: 1, closed: 0 });
  const stopped = stage.supervisor.stop(0);
  await stage.clock.advance(0);
  await stopped;
  assertEquals(stage.doors, { opened: 1, closed: 1 });
});

Deno.test("Supervisor leaves no timer behind when an app that had work dies and is stopped in backoff", async () => {
  const stage = await Stage.running();
  await stage.die("terminated");
  await stage.load();
  stage.fetch();
  await stage.die("terminated");
  assertEquals(stage.supervisor.state, "backoff");
  assert(stage.clock.armed > 0);
  assertEquals(await stage.supervisor.stop(), "drained");
  assertEquals(stage.clock.armed, 0);
});

Deno.test("Supervisor shows a crash loop from the third death in a row until it has been healthy, whatever it does meanwhile", async () => {
  const stage = await Stage.running();
  const seen: [string, number][] = [];
  const look = () => {
    const { state, crashes } = stage.supervisor.snapshot();
    seen.push([state, crashes]);
  };
  for (let death = 1; death <= 4; death++) {
    await stage.die("out_of_memory");
    look();
    await stage.clock.advance(400);
    look();
    await stage.load();
    look();
  }
  assertEquals(seen, [
    ["starting", 1],
    ["starting", 1],
    ["running", 1],
    ["backoff", 2],
    ["starting", 2],
    ["running", 2],
    ["crash_loop", 3],
    ["crash_loop", 3],
    ["crash_loop", 3],
    ["crash_loop", 4],
    ["crash_loop", 4],
    ["crash_loop", 4],
  ]);
  assertEquals(stage.states.slice(-3), ["starting", "running", "crash_loop"], "it is told once, not with every phase");
  const began = stage.supervisor.snapshot().since;
  const call = stage.fetch();
  assertEquals(stage.last.received, [call], "what comes while it runs is served");
  stage.last.answer(call);
  await stage.clock.advance(HEALTHY_AFTER_MS - 1);
  assertEquals(stage.supervisor.snapshot().since, began, "one state with one beginning");
  await stage.clock.advance(1);
  look();
  assertEquals([seen.at(-1), stage.states.at(-1)], [["running", 0], "running"]);
  await stage.clock.advance(1000);
  assertEquals(stage.clock.armed, 0);
});

Deno.test("Supervisor shows what an app is in that left its crash loop by an end: stopped, failed or parked", async () => {
  async function looping(changes = {}) {
    const stage = await Stage.running(changes);
    for (let death = 1; death <= 3; death++) {
      await stage.die("terminated");
      await stage.clock.advance(200);
      if (death < 3) await stage.load();
    }
    assertEquals(stage.supervisor.state, "crash_loop");
    return stage;
  }
  const stopped = await looping();
  await stopped.supervisor.stop(0);
  assertEquals([stopped.supervisor.state, stopped.clock.armed], ["stopped", 0]);
  const failed = await looping();
  failed.last.loaded.reject(new NanoError("APP_FAILED", "it throws now"));
  await settle();
  assertEquals(failed.supervisor.state, "failed");
  const parked = await looping({ idleTimeoutMs: 1000 });
  await parked.load();
  await parked.clock.advance(1200);
  assertEquals([parked.supervisor.state, parked.clock.armed], ["idle", 1], "only the drain of what was parked");
});

Deno.test("Supervisor asks for its turn after healthy apps once its isolate has died", async () => {
  const stage = await Stage.running();
  const others = [stage.admission.enter("a", "well"), stage.admission.enter("b", "well")];
  await stage.die("terminated");
  const later = stage.admission.enter("c", "well");
  others[0]![Symbol.dispose]();
  await settle();
  assertEquals([later.isWaiting, stage.supervisor.state, stage.isolates.length], [false, "starting", 1]);
});
