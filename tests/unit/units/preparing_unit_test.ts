/** Tests what requests meet while an app's code is being read. */
import { assertEquals, assertRejects } from "@std/assert";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { PreparingUnit } from "../../../runtime/units/preparing_unit.ts";
import type { AppUnit } from "../../../runtime/generations/reload.ts";
import { Stage } from "../app/stage.ts";
import { FakeCall } from "../app/fake_call.ts";
import { settle } from "../runtime/fake_clock.ts";
import { appConfig } from "../runtime/app_config.ts";

/** An app whose code comes when a test says so, and its supervisor among fakes. */
function bench(changes: Partial<AppConfig> = {}, lazy = false) {
  const stage = new Stage(changes);
  const { clock } = stage;
  const made = Promise.withResolvers<AppUnit>();
  const events: NanoEvent[] = [];
  const unit = new PreparingUnit(appConfig(changes), () => made.promise, {
    clock,
    emit: (event) => events.push(event),
    lazy,
  });
  const fetch = () => {
    const call = new FakeCall({ startedAt: clock.now() });
    unit.fetch(call);
    return call;
  };
  const make = async () => {
    made.resolve(stage.supervisor);
    await settle();
  };
  return { stage, clock, unit, events, fetch, make };
}

Deno.test("PreparingUnit lets requests wait until the code is there, then hands them over in order and passes on", async () => {
  const { stage, unit, fetch, make } = bench();
  const calls = [fetch(), fetch()];
  const started = unit.start();
  const { state, version, queued } = unit.snapshot();
  assertEquals([state, version, queued, unit.pending, unit.openSockets], ["starting", null, 2, 2, 0]);
  await make();
  await stage.load();
  await started;
  assertEquals(stage.last.received, calls);
  const later = fetch();
  assertEquals([unit.state, unit.version, unit.pending, stage.last.received.at(-1)], ["running", "v1", 3, later]);
  assertEquals(unit.snapshot(), stage.supervisor.snapshot());
});

Deno.test("PreparingUnit bounds its queue, and refuses with APP_UNAVAILABLE what has waited ten seconds", async () => {
  const { clock, unit, fetch } = bench({ maxQueue: 1 });
  void unit.start();
  const [first, second] = [fetch(), fetch()];
  assertEquals([first.code, second.code], [null, "APP_OVERLOADED"]);
  await clock.advance(10_200);
  assertEquals([first.code, unit.pending, clock.armed], ["APP_UNAVAILABLE", 0, 0]);
});

Deno.test("PreparingUnit.stop() gives an app up that nobody waits for; code that comes late starts nothing", async () => {
  const { stage, unit, events, fetch, make } = bench();
  const started = assertRejects(() => unit.start(), NanoError, "it is going away");
  assertEquals(await unit.stop(), "drained");
  await started;
  assertEquals([unit.state, fetch().code], ["stopped", "APP_DRAINING"]);
  await make();
  assertEquals([stage.supervisor.state, stage.isolates], ["stopped", []]);
  assertEquals(events.map(({ event }) => event), ["app_state", "app_state"]);
});

Deno.test("PreparingUnit.stop() serves what waits if the code comes in time", async () => {
  const { stage, clock, unit, fetch, make } = bench();
  unit.start().catch(() => {});
  const call = fetch();
  const stopped = unit.stop(1000);
  assertEquals([unit.state, fetch().code], ["draining", "APP_DRAINING"]);
  await clock.advance(400);
  await make();
  await stage.load();
  stage.last.answer(call);
  await clock.advance(100);
  stage.last.quiet.resolve();
  assertEquals([await stopped, call.status], ["drained", 200]);
});

Deno.test("PreparingUnit.stop() cuts what waits when the code does not come in time, and counts it", async () => {
  const { clock, unit, events, fetch } = bench();
  unit.start().catch(() => {});
  const call = fetch();
  const stopped = unit.stop(1000);
  await clock.advance(1000);
  assertEquals([await stopped, call.code, clock.armed], ["drain_timeout", "APP_DRAINING", 0]);
  assertEquals(events.at(-1), { event: "app_drained", app: "blog", forcedClosed: 1 });
});

Deno.test("PreparingUnit that was never started ends at once, with what waits", async () => {
  const { unit, fetch } = bench();
  const call = fetch();
  assertEquals([await unit.stop(), call.code], ["drain_timeout", "APP_DRAINING"]);
});
