/** Tests how an app starts, queues, serves and refuses. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BOOT_TIMEOUT_MS, ISOLATE_WAIT_MS } from "../../../runtime/app/isolate_start.ts";
import { START_WAIT_MS } from "../../../runtime/app/supervisor.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { settle, WALL_START } from "../runtime/fake_clock.ts";
import { Stage } from "./stage.ts";

Deno.test("Supervisor.start() loads the app into an isolate and tells it", async () => {
  const stage = new Stage({ env: { A: "1" }, cpuMs: 77, externalMb: 3 });
  const started = stage.supervisor.start();
  await settle();
  assertEquals(stage.supervisor.state, "starting");
  const { given } = stage.last;
  assertEquals([given?.entry, given?.env], ["app:///index.js", { A: "1" }]);
  assertEquals([given?.externalBytes, given?.cpuMs], [3 * 1024 * 1024, 77]);
  await stage.clock.advance(250);
  await stage.load();
  await started;
  assertEquals(stage.states, ["starting", "running"]);
  assertEquals(stage.told("app_ready"), [{ event: "app_ready", app: "blog", startMs: 250, version: "v1" }]);
  const { state, since, startSeconds, heapBytes, externalBytes } = stage.supervisor.snapshot();
  assertEquals({ state, since, startSeconds, heapBytes, externalBytes }, {
    state: "running",
    since: WALL_START + 250,
    startSeconds: 0.25,
    heapBytes: 11,
    externalBytes: 22,
  });
  await stage.supervisor.start();
  assertEquals(stage.isolates.length, 1, "a running app is not started again");
});

Deno.test("Supervisor.start() asked twice at once starts once", async () => {
  const stage = new Stage();
  const both = [stage.supervisor.start(), stage.supervisor.start()];
  await stage.load();
  await Promise.all(both);
  assertEquals(stage.isolates.length, 1);
});

Deno.test("Supervisor wakes an idle app for a request and serves what waited in order", async () => {
  const stage = new Stage({ maxConcurrent: 2 });
  const calls = [stage.fetch(), stage.fetch(), stage.fetch()];
  await settle();
  assertEquals([stage.supervisor.state, stage.supervisor.pending], ["starting", 3]);
  await stage.load();
  assertEquals(stage.last.received, calls.slice(0, 2));
  stage.last.answer();
  assertEquals(stage.last.received, calls);
  stage.last.answer();
  stage.last.answer();
  assertEquals(calls.map(({ status }) => status), [200, 200, 200]);
  assertEquals(stage.supervisor.pending, 0);
});

Deno.test("Supervisor refuses with APP_OVERLOADED beyond max_concurrent and max_queue, and takes requests again", async () => {
  const stage = await Stage.running({ maxConcurrent: 2, maxQueue: 1 });
  const calls = [stage.fetch(), stage.fetch(), stage.fetch(), stage.fetch()];
  assertEquals(calls.map(({ code }) => code), [null, null, null, "APP_OVERLOADED"]);
  const { inFlight, queued } = stage.supervisor.snapshot();
  assertEquals({ inFlight, queued }, { inFlight: 2, queued: 1 });
  stage.last.answer();
  assertEquals(stage.fetch().code, null);
});

Deno.test("Supervisor bounds the queue while the app starts", async () => {
  const stage = new Stage({ maxQueue: 2 });
  assertEquals([stage.fetch(), stage.fetch(), stage.fetch()].map(({ code }) => code), [null, null, "APP_OVERLOADED"]);
  await stage.load();
  assertEquals(stage.last.inFlight, 2);
});

Deno.test("Supervisor refuses a declared body over the limit, and takes one at the limit", async () => {
  const stage = await Stage.running();
  assertEquals(stage.fetch({ declaredBytes: 1001 }).code, "BODY_TOO_LARGE");
  assertEquals(stage.fetch({ declaredBytes: 1000 }).code, null);
});

Deno.test("Supervisor answers REQUEST_TIMEOUT to what waits too long, inside and in the queue", async () => {
  const stage = await Stage.running({ timeoutMs: 1000, maxConcurrent: 1 });
  const inside = stage.fetch();
  await stage.clock.advance(500);
  const queued = stage.fetch();
  await stage.clock.advance(450);
  assertEquals([inside.code, queued.code], [null, null]);
  await stage.clock.advance(200);
  assertEquals([inside.code, queued.code], ["REQUEST_TIMEOUT", null]);
  assertEquals(stage.last.received.length, 2, "the place that became free is taken");
  await stage.clock.advance(500);
  assertEquals(queued.code, "REQUEST_TIMEOUT");
  await stage.clock.advance(1000);
  assertEquals(stage.clock.armed, 0, "no timer runs for a quiet app");
});

Deno.test("Supervisor answers APP_UNAVAILABLE to what waits too long for a start", async () => {
  const stage = new Stage();
  const call = stage.fetch();
  await stage.clock.advance(START_WAIT_MS - 100);
  assertEquals(call.code, null);
  await stage.clock.advance(200);
  assertEquals(call.code, "APP_UNAVAILABLE");
  await stage.load();
  assertEquals(stage.last.received, []);
});

Deno.test("Supervisor gives up an isolate whose code does not load in time", async () => {
  const stage = new Stage();
  const started = stage.supervisor.start();
  const refused = assertRejects(() => started, NanoError, "did not load within");
  await stage.clock.advance(BOOT_TIMEOUT_MS);
  await refused;
  assertEquals(stage.last.exit?.reason, "boot_timeout");
  assertEquals(stage.supervisor.state, "backoff");
  assertEquals(stage.told("app_exit").map(({ reason }) => reason), ["boot_timeout"]);
});

Deno.test("Supervisor gives up an isolate that cannot be had, waits longer for the next, and kills it when it comes", async () => {
  const stage = new Stage();
  const { take } = stage;
  const late = Promise.withResolvers<ReturnType<Stage["isolate"]>>();
  stage.take = () => late.promise;
  const refused = assertRejects(() => stage.supervisor.start(), NanoError, "no isolate could be had within 60000 ms");
  await stage.clock.advance(ISOLATE_WAIT_MS);
  await refused;
  assertEquals(stage.supervisor.state, "backoff");
  assertEquals(stage.told("app_exit").map(({ reason }) => reason), ["isolate_timeout"]);
  const isolate = stage.isolate();
  late.resolve(isolate);
  await settle();
  assertEquals(isolate.exit?.reason, "terminated");
  assertEquals(isolate.given, null);

  const slow = Promise.withResolvers<ReturnType<Stage["isolate"]>>();
  stage.take = () => slow.promise;
  await stage.clock.advance(2_000 + 2 * ISOLATE_WAIT_MS - 1);
  assertEquals([stage.supervisor.state, stage.told("app_exit").length], ["starting", 1], "the second may take longer");
  slow.resolve(await take());
  await stage.load();
  assertEquals(stage.supervisor.state, "running");
  assertEquals(stage.supervisor.snapshot().crashes, 0, "where no isolate could be had, none died");
});

Deno.test("Supervisor gives an app the whole time to load, however long its isolate took to come", async () => {
  const stage = new Stage();
  const coming = Promise.withResolvers<ReturnType<Stage["isolate"]>>();
  stage.take = () => coming.promise;
  const started = stage.supervisor.start();
  await stage.clock.advance(ISOLATE_WAIT_MS - 1);
  coming.resolve(stage.isolate());
  await stage.clock.advance(BOOT_TIMEOUT_MS - 1);
  await stage.load();
  await started;
  assertEquals([stage.supervisor.state, stage.told("app_exit")], ["running", []]);
});

Deno.test("Supervisor waits for its turn to start, tells so, and measures the start from there", async () => {
  const stage = new Stage();
  const others = [stage.admission.enter("a", "well"), stage.admission.enter("b", "well")];
  const started = stage.supervisor.start();
  await stage.clock.advance(ISOLATE_WAIT_MS + BOOT_TIMEOUT_MS);
  assertEquals([stage.supervisor.state, stage.admission.waiting, stage.isolates.length], ["starting", 1, 0]);
  assertEquals(stage.events.slice(-1), [{ event: "app_start_queued", app: "blog" }]);
  others[0]![Symbol.dispose]();
  await stage.clock.advance(40);
  assertEquals(stage.told("app_starting").map(({ attempt }) => attempt), [1]);
  await stage.load();
  await started;
  assertEquals(stage.told("app_ready").map(({ startMs }) => startMs), [40]);
  const place = stage.admission.enter("c", "well");
  assertEquals(place.isWaiting, false, "its own place is free again");
});

Deno.test("Supervisor overtakes others that wait for their turn once a request waits for it", async () => {
  const stage = new Stage();
  const others = [stage.admission.enter("a", "well"), stage.admission.enter("b", "well")];
  const next = stage.admission.enter("c", "well");
  stage.supervisor.start();
  const call = stage.fetch();
  others[0]![Symbol.dispose]();
  await settle();
  assertEquals([next.isWaiting, stage.isolates.length], [true, 1]);
  await stage.load();
  assertEquals([next.isWaiting, stage.last.received], [false, [call]]);
});

Deno.test("Supervisor.stop() gives up the turn that it waits for", async () => {
  const stage = new Stage();
  const others = [stage.admission.enter("a", "well"), stage.admission.enter("b", "well")];
  const refused = assertRejects(() => stage.supervisor.start(), NanoError);
  assertEquals(await stage.supervisor.stop(), "drained");
  await refused;
  assertEquals([stage.admission.waiting, stage.clock.armed], [0, 0]);
  for (const other of others) other[Symbol.dispose]();
  await settle();
  assertEquals([stage.isolates, stage.told("app_starting")], [[], []]);
});

Deno.test("Supervisor goes on trying when no isolate can be had", async () => {
  const stage = new Stage();
  const { take } = stage;
  stage.take = () => Promise.reject(new Error("no memory"));
  await assertRejects(() => stage.supervisor.start(), NanoError, "no isolate could be had: no memory");
  assertEquals(stage.supervisor.state, "backoff");
  stage.take = take;
  await stage.clock.advance(100);
  await stage.load();
  assertEquals(stage.supervisor.state, "running");
});

Deno.test("Supervisor restarts an isolate whose code cannot be handed over for another reason", async () => {
  const stage = new Stage();
  const refused = assertRejects(() => stage.supervisor.start(), NanoError, "could not be cloned");
  await settle();
  stage.last.loaded.reject(new TypeError("could not be cloned"));
  await refused;
  assertEquals([stage.supervisor.state, stage.last.exit?.reason], ["backoff", "terminated"]);
});

Deno.test("Supervisor fails an app whose code does not load, tells why, and tries again on start()", async () => {
  const stage = new Stage();
  const waiting = stage.fetch();
  const started = stage.supervisor.start();
  const refused = assertRejects(() => started, NanoError, "boom");
  await settle();
  stage.last.loaded.reject(
    new NanoError("APP_FAILED", 'Cannot start app "blog": boom', { details: ["at index.ts:1"] }),
  );
  await refused;
  assertEquals([stage.supervisor.state, waiting.code, stage.fetch().code], ["failed", "APP_FAILED", "APP_FAILED"]);
  assertEquals(stage.last.exit?.reason, "boot_failed", "the useless isolate is not kept");
  assertEquals(stage.supervisor.snapshot().error, 'Cannot start app "blog": boom\nat index.ts:1');
  assertStringIncludes(stage.told("app_failed")[0]!.error, "at index.ts:1");
  assertEquals(waiting.error?.message.includes("boom"), false, "a client is not told the app's own error");
  await stage.clock.advance(60_000);
  assertEquals(stage.isolates.length, 1, "only a new version or start() mends it");
  const again = stage.supervisor.start();
  await stage.load();
  await again;
  assertEquals([stage.supervisor.state, stage.supervisor.snapshot().error], ["running", null]);
});

Deno.test("Supervisor passes on console lines under the app's name, unknown levels as info", async () => {
  const stage = await Stage.running();
  stage.last.log("warn", "careful");
  stage.last.log("shout", "hey");
  assertEquals(stage.told("app_log").map(({ app, level, text }) => [app, level, text]), [
    ["blog", "warn", "careful"],
    ["blog", "info", "hey"],
  ]);
});
