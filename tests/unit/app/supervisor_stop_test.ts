/** Tests how an app drains and ends, in whatever state it is. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { settle } from "../runtime/fake_clock.ts";
import type { FakeIsolate } from "./fake_isolate.ts";
import { Stage } from "./stage.ts";

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true, () => settled = true);
  await settle();
  return settled;
}

Deno.test("Supervisor.stop() ends an idle app at once", async () => {
  const stage = new Stage();
  assertEquals(await stage.supervisor.stop(), "drained");
  assertEquals([stage.supervisor.state, stage.fetch().code], ["stopped", "APP_DRAINING"]);
  assertEquals(stage.clock.armed, 0);
});

Deno.test("Supervisor.start() refuses once the app is stopped", async () => {
  const stage = new Stage();
  await stage.supervisor.stop();
  const error = await assertRejects(() => stage.supervisor.start(), NanoError);
  assertEquals([error.code, stage.isolates.length], ["APP_DRAINING", 0]);
});

Deno.test("Supervisor.stop() lets what is inside and what is queued finish, then waitUntil work, then ends", async () => {
  const stage = await Stage.running({ maxConcurrent: 1 });
  const calls = [stage.fetch(), stage.fetch()];
  const stopped = stage.supervisor.stop();
  assertEquals(stage.told("app_drain_start"), [{ event: "app_drain_start", app: "blog", inFlight: 2 }]);
  assertEquals([stage.supervisor.state, stage.fetch().code], ["draining", "APP_DRAINING"]);
  stage.last.answer();
  stage.last.answer();
  assertEquals(calls.map(({ status }) => status), [200, 200]);
  assertEquals(stage.last.drainsAsked, 0);
  await stage.clock.advance(10);
  assertEquals(stage.last.drainsAsked, 1);
  assertEquals(await isSettled(stopped), false, "waitUntil work is pending");
  stage.last.quiet.resolve();
  assertEquals(await stopped, "drained");
  assertEquals([stage.supervisor.state, stage.last.exit?.reason], ["stopped", "drained"]);
  assertEquals(stage.told("app_drained"), [{ event: "app_drained", app: "blog", forcedClosed: 0 }]);
  assertEquals(stage.clock.armed, 0);
  assertEquals(await stage.supervisor.stop(), "drained", "stopping again tells the same end");
});

Deno.test("Supervisor.stop() cuts what is left at its deadline and counts it", async () => {
  const stage = await Stage.running({ maxConcurrent: 1 });
  const calls = [stage.fetch(), stage.fetch()];
  const stopped = stage.supervisor.stop(700);
  await stage.clock.advance(699);
  assertEquals(stage.supervisor.state, "draining");
  await stage.clock.advance(1);
  assertEquals(await stopped, "drain_timeout");
  assertEquals(calls.map(({ code }) => code), ["APP_DRAINING", "APP_DRAINING"]);
  assertEquals(stage.told("app_drained")[0]!.forcedClosed, 2);
  assertEquals(stage.clock.armed, 0, "no look is left armed");
});

Deno.test("Supervisor.stop() still holds draining requests to their timeout", async () => {
  const stage = await Stage.running({ timeoutMs: 500 });
  const call = stage.fetch();
  const stopped = stage.supervisor.stop();
  await stage.clock.advance(700);
  assertEquals(call.code, "REQUEST_TIMEOUT");
  stage.last.quiet.resolve();
  assertEquals(await stopped, "drained");
});

Deno.test("Supervisor.stop() while the app starts serves what waits first", async () => {
  const stage = new Stage();
  const call = stage.fetch();
  await settle();
  const stopped = stage.supervisor.stop();
  await stage.clock.advance(50);
  assertEquals(stage.supervisor.state, "draining");
  await stage.load();
  assertEquals(stage.last.received, [call]);
  stage.last.answer();
  stage.last.quiet.resolve();
  await stage.clock.advance(20);
  assertEquals([await stopped, call.status], ["drained", 200]);
});

Deno.test("Supervisor.stop() while the app starts and nobody waits ends it at once, and start() with it", async () => {
  const stage = new Stage();
  const refused = assertRejects(() => stage.supervisor.start(), NanoError, "going away");
  await settle();
  assertEquals(await stage.supervisor.stop(), "drained");
  await refused;
  assertEquals([stage.last.exit?.reason, stage.last.drainsAsked], ["drained", 0]);
  assertEquals(stage.clock.armed, 0);
});

Deno.test("Supervisor kills an isolate that arrives after stop()", async () => {
  const stage = new Stage();
  const late = Promise.withResolvers<FakeIsolate>();
  stage.take = () => late.promise;
  const call = stage.fetch();
  const stopped = stage.supervisor.stop(100);
  await stage.clock.advance(100);
  assertEquals([await stopped, call.code], ["drain_timeout", "APP_DRAINING"]);
  const isolate = stage.isolate();
  late.resolve(isolate);
  await settle();
  assertEquals([isolate.exit?.reason, isolate.given], ["terminated", null]);
  assertEquals(stage.clock.armed, 0);
});

Deno.test("Supervisor takes an isolate that arrives while it drains, if somebody waits", async () => {
  const stage = new Stage();
  const late = Promise.withResolvers<FakeIsolate>();
  stage.take = () => late.promise;
  const call = stage.fetch();
  const stopped = stage.supervisor.stop();
  late.resolve(stage.isolate());
  await stage.load();
  stage.last.answer(call);
  stage.last.quiet.resolve();
  await stage.clock.advance(20);
  assertEquals([await stopped, call.status], ["drained", 200]);
});

Deno.test("Supervisor.stop() ends an app in backoff: no restart follows", async () => {
  const stage = await Stage.running();
  await stage.die("terminated");
  await stage.die("terminated");
  assertEquals(stage.supervisor.state, "backoff");
  assertEquals(await stage.supervisor.stop(), "drained");
  await stage.clock.advance(60_000);
  assertEquals([stage.supervisor.state, stage.isolates.length], ["stopped", 2]);
});

Deno.test("Supervisor.stop() ends a failed app", async () => {
  const stage = new Stage();
  const refused = assertRejects(() => stage.supervisor.start(), NanoError, "boom");
  await settle();
  stage.last.loaded.reject(new NanoError("APP_FAILED", "boom"));
  await refused;
  assertEquals(await stage.supervisor.stop(), "drained");
  assertEquals(stage.supervisor.state, "stopped");
});

Deno.test("Supervisor.stop() ends with an isolate that dies meanwhile; requests get its reason", async () => {
  const stage = await Stage.running({ maxConcurrent: 1 });
  const calls = [stage.fetch(), stage.fetch()];
  const stopped = stage.supervisor.stop();
  await stage.die("out_of_memory");
  assertEquals(await stopped, "out_of_memory");
  assertEquals(calls.map(({ code }) => code), ["APP_OUT_OF_MEMORY", "APP_DRAINING"]);
  await stage.clock.advance(20);
  assertEquals([stage.isolates.length, stage.clock.armed], [1, 0]);
});

Deno.test("Supervisor parks a quiet app, wakes it for a request and counts its time from the last answer", async () => {
  const stage = await Stage.running({ idleTimeoutMs: 1000 });
  const slow = stage.fetch();
  await stage.clock.advance(5000);
  stage.last.answer(slow);
  await stage.clock.advance(900);
  assertEquals(stage.supervisor.state, "running", "the request ended less than a second ago");
  await stage.clock.advance(300);
  assertEquals([stage.supervisor.state, stage.last.drainsAsked], ["idle", 1]);
  assertEquals(stage.told("app_exit").map(({ reason }) => reason), ["parked"]);
  assertEquals(stage.last.exit, null, "waitUntil work may finish");
  stage.last.quiet.resolve();
  await settle();
  assertEquals(stage.last.exit?.reason, "parked");
  assertEquals(stage.clock.armed, 0);
  const call = stage.fetch();
  await stage.load();
  assertEquals(stage.last.received, [call]);
  assertEquals([stage.isolates.length, stage.told("app_restart").length], [2, 0]);
});

Deno.test("Supervisor never parks an app with idle_timeout_ms 0", async () => {
  const stage = await Stage.running({ idleTimeoutMs: 0 });
  await stage.clock.advance(86_400_000);
  assertEquals([stage.supervisor.state, stage.clock.armed], ["running", 0]);
});

Deno.test("Supervisor holds requests to their timeout however long the idle timeout is", async () => {
  const stage = await Stage.running({ idleTimeoutMs: 3_600_000, timeoutMs: 1000 });
  await stage.clock.advance(500);
  const call = stage.fetch();
  await stage.clock.advance(1200);
  assertEquals(call.code, "REQUEST_TIMEOUT");
  await stage.clock.advance(3_600_000);
  assertEquals(stage.supervisor.state, "idle");
});

Deno.test("Supervisor forgives deaths before a healthy time that ended with parking", async () => {
  const stage = await Stage.running({ idleTimeoutMs: 20_000 });
  await stage.die("terminated");
  await stage.load();
  await stage.clock.advance(20_100);
  assertEquals(stage.supervisor.state, "idle");
  stage.fetch();
  await stage.load();
  await stage.die("terminated");
  assertEquals(stage.told("app_restart").map(({ delayMs }) => delayMs), [0, 0]);
});

Deno.test("Supervisor.stop() waits for a parked isolate that still finishes, up to its deadline", async () => {
  const stage = await Stage.running({ idleTimeoutMs: 1000, drainTimeoutMs: 2000 });
  await stage.clock.advance(1100);
  assertEquals(stage.supervisor.state, "idle");
  const stopped = stage.supervisor.stop();
  assertEquals([stage.supervisor.state, await isSettled(stopped)], ["stopped", false]);
  await stage.clock.advance(2000);
  assertEquals(await stopped, "drained");
  assertEquals([stage.last.exit?.reason, stage.clock.armed], ["drain_timeout", 0]);
});
