/** Tests the drain of a whole host: its order, its counts, its deadline. */
import { assertEquals } from "@std/assert";
import { EventHub, type NanoEvent } from "../../../runtime/terms/events.ts";
import { drainHost } from "../../../runtime/generations/drain.ts";
import { emptyGeneration, type Generation } from "../../../runtime/generations/reload.ts";
import { Stage } from "../app/stage.ts";
import { nanoConfig } from "../runtime/app_config.ts";
import { settle } from "../runtime/fake_clock.ts";

const TIMEOUT_MS = 3_000;

/** A host with one running app, whose drain is under a test's eyes. */
async function hostOf(stage: Stage) {
  const steps: string[] = [];
  const events = new EventHub();
  const told: NanoEvent[] = [];
  events.listen((event) => told.push(event));
  const settled = Promise.withResolvers<void>();
  const config = nanoConfig([stage.supervisor.app], { drainTimeoutMs: TIMEOUT_MS });
  const present: Generation = { ...emptyGeneration(config), config, units: new Map([["blog", stage.supervisor]]) };
  const begin = () =>
    drainHost({
      generations: { present, stopping: new Map(), settled: settled.promise, close: () => steps.push("close") },
      events,
      clock: stage.clock,
      stopTaking: () => steps.push("stop taking"),
      stopJobs: () => steps.push("stop jobs"),
      bodiesRead: Promise.resolve(),
      shutdown: () => {
        steps.push("shutdown");
        return Promise.resolve();
      },
    });
  // As NANO's own: what units tell is heard.
  const emit = stage.events.push.bind(stage.events);
  stage.events.push = (...all) => {
    for (const event of all) events.emit(event);
    return emit(...all);
  };
  await settle();
  return { begin, steps, told, settled };
}

Deno.test("drainHost() takes nothing new, waits for the change under way, then for what is in flight", async () => {
  const stage = await Stage.running();
  const call = stage.fetch();
  const { begin, steps, told, settled } = await hostOf(stage);
  const drain = begin();
  await settle();
  assertEquals([steps, stage.supervisor.state], [["stop taking", "close"], "running"]);
  settled.resolve();
  await settle();
  assertEquals([steps.slice(2), stage.supervisor.state], [["stop jobs", "shutdown"], "draining"]);
  stage.last.answer();
  stage.last.quiet.resolve();
  await stage.clock.advance(20);
  assertEquals(await drain, { drainedRequests: 1, forcedClosed: 0 });
  assertEquals([call.status, stage.supervisor.state, stage.clock.armed], [200, "stopped", 0]);
  const ends = told.filter(({ event }) => event === "drain_start" || event === "drain_complete");
  assertEquals(ends, [
    { event: "drain_start", inFlight: 1, timeoutMs: TIMEOUT_MS },
    { event: "drain_complete", drainedRequests: 1, forcedClosed: 0 },
  ]);
});

Deno.test("drainHost() cuts what is unfinished when the time is over, and counts it", async () => {
  const stage = await Stage.running();
  const calls = [stage.fetch(), stage.fetch()];
  const { begin, settled } = await hostOf(stage);
  settled.resolve();
  let result: unknown = null;
  const drain = begin().then((outcome) => result = outcome);
  await stage.clock.advance(TIMEOUT_MS - 1);
  assertEquals(result, null);
  await stage.clock.advance(1);
  await drain;
  assertEquals(result, { drainedRequests: 0, forcedClosed: 2 });
  assertEquals(calls.map(({ code }) => code), ["APP_DRAINING", "APP_DRAINING"]);
});
