/** The observatory: lines of the apps' lives, followers, ticks, ends. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import type { AppSnapshot, NanoEvent } from "../../../runtime/terms/events.ts";
import type { AppTick, LogFilter } from "../../../runtime/observe/observations.ts";
import { Metrics } from "../../../runtime/observe/metrics.ts";
import { MAX_FOLLOWERS, Observatory } from "../../../runtime/observe/observatory.ts";
import { FakeClock, settle, WALL_START } from "../runtime/fake_clock.ts";
import { snapshot } from "./app_snapshot.ts";
import { filter, request } from "./log_lines.ts";

/** An observatory beside metrics, as NANO wires them. */
class Scene implements Disposable {
  readonly clock = new FakeClock();
  apps: AppSnapshot[] = [snapshot("a"), snapshot("b")];
  readonly #metrics = new Metrics({ snapshot: () => this.apps, startedAt: 0 });
  readonly observatory = new Observatory({ metrics: this.#metrics, snapshot: () => this.apps, clock: this.clock });

  tell(...events: readonly NanoEvent[]): void {
    for (const event of events) {
      this.#metrics.listen(event);
      this.observatory.listen(event);
    }
  }

  log(app: string, text: string): void {
    this.tell({ event: "app_log", app, level: "info", text, kind: "console" });
  }

  texts(changes: Partial<LogFilter> = {}, limit = 100): string[] {
    return this.observatory.recentLines(filter(changes), limit).map(({ text }) => text);
  }

  [Symbol.dispose](): void {
    this.observatory[Symbol.dispose]();
    assertEquals(this.clock.armed, 0, "a timer outlives the observatory");
  }
}

Deno.test("Observatory keeps console lines and exceptions with time, app and growing ids", async () => {
  using scene = new Scene();
  scene.log("a", "hello");
  await scene.clock.advance(5);
  scene.tell({ event: "app_log", app: "b", level: "error", text: "TypeError: x\n at main.ts:1:1", kind: "exception" });
  assertEquals(scene.observatory.recentLines(filter(), 10), [
    { id: 1, at: WALL_START, app: "a", kind: "console", level: "info", text: "hello", request: null },
    {
      id: 2,
      at: WALL_START + 5,
      app: "b",
      kind: "exception",
      level: "error",
      text: "TypeError: x\n at main.ts:1:1",
      request: null,
    },
  ]);
});

Deno.test("Observatory puts an app's life into its log", () => {
  using scene = new Scene();
  scene.tell(
    { event: "app_starting", app: "a", attempt: 1 },
    { event: "app_starting", app: "a", attempt: 3 },
    { event: "app_ready", app: "a", startMs: 12.4, version: "abc" },
    { event: "app_state", app: "a", state: "running" },
    { event: "app_exit", app: "a", reason: "out_of_memory", detail: "the heap hit its limit of 128 MiB" },
    { event: "app_restart", app: "a", reason: "out_of_memory", delayMs: 0 },
    { event: "app_restart", app: "a", reason: "out_of_memory", delayMs: 400 },
    { event: "app_failed", app: "a", reason: "boot_failed", error: "SyntaxError" },
    { event: "app_drain_start", app: "a", inFlight: 1 },
    { event: "app_drained", app: "a", forcedClosed: 2 },
    { event: "app_drained", app: "a", forcedClosed: 0 },
    { event: "cron_start", app: "a", cron: "* * * * *", name: "tidy" },
    { event: "cron_done", app: "a", cron: "* * * * *", name: "tidy", durationMs: 9.6, ok: true },
    { event: "cron_done", app: "a", cron: "* * * * *", name: "tidy", durationMs: 9.6, ok: false, error: "no" },
    { event: "cron_skipped", app: "a", cron: "* * * * *", name: "tidy" },
    { event: "operator_change", action: "app.restart", app: "a", actor: "cli", detail: "Restarted", error: null },
    {
      event: "operator_change",
      action: "app.patch",
      app: "a",
      actor: "api",
      detail: "Cannot change env",
      error: "it drains",
    },
    { event: "operator_change", action: "reload", app: null, actor: "api", detail: "Reload", error: null },
    { event: "app_removed", app: "a" },
    { event: "warning", text: "about no app" },
  );
  const lines = scene.observatory.recentLines(filter({ kinds: ["life"] }), 100);
  assertEquals(lines.map(({ level, text }) => `${level} ${text}`), [
    "info Starting",
    "info Starting, attempt 3",
    "info Ready after 12 ms, version abc",
    "warn Isolate ended (out_of_memory): the heap hit its limit of 128 MiB",
    "warn Restarting at once (out_of_memory)",
    "warn Restarting in 400 ms (out_of_memory)",
    "error Cannot start (boot_failed): SyntaxError",
    "info Draining, 1 request in flight",
    "warn Drained, 2 requests cut",
    "info Drained",
    'info Cron "tidy" started',
    'info Cron "tidy" done after 10 ms',
    'error Cron "tidy" failed after 10 ms: no',
    'warn Cron "tidy" skipped: the run before still goes on',
    "info Restarted (asked by cli)",
    "warn Cannot change env (asked by api): it drains",
    "info Removed",
  ]);
  assertEquals(scene.texts(), lines.map(({ text }) => text));
});

Deno.test("Observatory makes lines of requests only while somebody wants them, and keeps none", async () => {
  using scene = new Scene();
  const stop = new AbortController();
  scene.tell(request());
  const consoleOnly = scene.observatory.followLines(filter({ kinds: ["console"] }), stop.signal);
  scene.tell(request());
  scene.log("a", "first");
  // An id is used up by each line that is made: the requests before were none.
  assertEquals(scene.observatory.recentLines(filter(), 10).map(({ id }) => id), [1]);
  const errors = scene.observatory.followLines(filter({ status: "5xx", app: "a" }), stop.signal);
  scene.tell(request({ path: "/seen", status: 502 }), request(), request({ app: "b", status: 502 }));
  scene.tell({ ...request({ status: 500 }), app: null });
  const next = async (lines: typeof errors) => (await lines[Symbol.asyncIterator]().next()).value;
  assertEquals((await next(errors)).lines.map(({ text }: { text: string }) => text), ["GET /seen 502 3.1 ms"]);
  assertEquals((await next(consoleOnly)).lines.map(({ text }: { text: string }) => text), ["first"]);
  assertEquals(scene.texts(), ["first"]);
  stop.abort();
  scene.tell(request({ status: 502 }));
  scene.log("a", "second");
  const ids = scene.observatory.recentLines(filter(), 10).map(({ id }) => id);
  assertEquals(ids, [1, 5], "requests are numbered while they are followed, and no longer");
});

Deno.test("Observatory follows from now on, each follower by its own filter, until its own signal", async () => {
  using scene = new Scene();
  scene.log("a", "before");
  const [one, two] = [new AbortController(), new AbortController()];
  const seen = { a: [] as string[], all: [] as string[] };
  const read = async (into: string[], app: string | null, signal: AbortSignal) => {
    for await (const { lines } of scene.observatory.followLines(filter({ app }), signal)) {
      into.push(...lines.map(({ text }) => text));
    }
  };
  const reading = [read(seen.a, "a", one.signal), read(seen.all, null, two.signal)];
  scene.log("a", "1");
  scene.log("b", "2");
  await scene.clock.advance(100);
  one.abort();
  await reading[0];
  scene.log("a", "3");
  await scene.clock.advance(100);
  two.abort();
  await reading[1];
  assertEquals(seen, { a: ["1"], all: ["1", "2", "3"] });
});

Deno.test("Observatory bounds its followers, and one that leaves makes room", () => {
  using scene = new Scene();
  const stops = Array.from({ length: MAX_FOLLOWERS }, () => new AbortController());
  for (const { signal } of stops) scene.observatory.followLines(filter(), signal);
  const more = () => scene.observatory.followLines(filter(), new AbortController().signal);
  assertEquals(assertThrows(more, NanoError).code, "TOO_MANY_STREAMS");
  stops[7]!.abort();
  more();
  assertEquals(assertThrows(more, NanoError).code, "TOO_MANY_STREAMS");
});

Deno.test("Observatory refuses a filter that means nothing, without taking a place", () => {
  using scene = new Scene();
  for (let count = 0; count <= MAX_FOLLOWERS; count++) {
    const follow = () => scene.observatory.followLines(filter({ sample: 2 }), new AbortController().signal);
    assertEquals(assertThrows(follow, NanoError).code, "USAGE");
  }
  assertEquals(assertThrows(() => scene.texts({ status: "x" }), NanoError).code, "USAGE");
});

Deno.test("Observatory ticks every two seconds, keeps the past of each app and forgets those that are gone", async () => {
  using scene = new Scene();
  assertEquals(scene.observatory.series("a").inFlight, []);
  for (let count = 0; count < 10; count++) scene.tell(request({ status: count === 0 ? 500 : 200 }));
  await scene.clock.advance(2_000);
  scene.apps = [snapshot("a", { inFlight: 7, cpuSeconds: 2.5 })];
  await scene.clock.advance(2_000);
  const { requestsPerSecond, errorsPerSecond, inFlight, cpu, p50Seconds } = scene.observatory.series("a");
  assertEquals([requestsPerSecond, errorsPerSecond, inFlight, cpu], [[5, 0], [0.5, 0], [2, 7], [0.75, 0.5]]);
  assertEquals(p50Seconds[1], null);
  assertEquals(scene.observatory.series("b").inFlight, []);
});

Deno.test("Observatory.ticks() gives the last tick at once, then each new one; who is slow gets the newest", async () => {
  using scene = new Scene();
  const stop = new AbortController();
  const ticks = scene.observatory.ticks(stop.signal)[Symbol.asyncIterator]();
  const next = async () => (await ticks.next()).value as readonly AppTick[];
  assertEquals((await next()).map(({ app, inFlight, cpu }) => [app, inFlight, cpu]), [["a", 2, 0], ["b", 2, 0]]);
  const second = next();
  await settle();
  for (let count = 0; count < 4; count++) scene.tell(request());
  await scene.clock.advance(2_000);
  assertEquals((await second).map(({ app, requestsPerSecond }) => [app, requestsPerSecond]), [["a", 2], ["b", 0]]);
  scene.apps = [snapshot("a", { state: "backoff" })];
  await scene.clock.advance(2_000);
  scene.apps = [snapshot("a", { state: "failed", queued: 0 })];
  await scene.clock.advance(2_000);
  assertEquals((await next()).map(({ state, queued }) => [state, queued]), [["failed", 0]]);
  const last = ticks.next();
  stop.abort();
  assertEquals((await last).done, true);
});

Deno.test("Observatory.ticks() ends with a signal that was aborted before", async () => {
  using scene = new Scene();
  for await (const _ of scene.observatory.ticks(AbortSignal.abort())) throw new Error("a tick after the end");
});

Deno.test("Observatory ends its followers and its ticks when it is disposed", async () => {
  const scene = new Scene();
  const { signal } = new AbortController();
  const counts = { lines: 0, ticks: 0 };
  const all = Promise.all([
    (async () => {
      for await (const _ of scene.observatory.followLines(filter(), signal)) counts.lines++;
    })(),
    (async () => {
      for await (const _ of scene.observatory.ticks(signal)) counts.ticks++;
    })(),
  ]);
  scene.log("a", "1");
  await settle();
  scene[Symbol.dispose]();
  await all;
  assertEquals(counts, { lines: 1, ticks: 1 });
  assertEquals([...await arrayOf(scene.observatory.followLines(filter(), signal))], []);
  assertEquals(await arrayOf(scene.observatory.ticks(signal)), []);
});

async function arrayOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

Deno.test("Observatory keeps the lines of a removed app for ten minutes", async () => {
  using scene = new Scene();
  scene.log("b", "last words");
  scene.apps = [snapshot("a")];
  scene.tell({ event: "app_removed", app: "b" });
  await scene.clock.advance(9 * 60_000);
  assertEquals(scene.texts({ app: "b" }), ["last words", "Removed"]);
  await scene.clock.advance(2 * 60_000);
  assertEquals(scene.texts({ app: "b" }), []);
});

Deno.test("Observatory sums requests by status over methods, and up", () => {
  using scene = new Scene();
  scene.tell(
    request(),
    request({ method: "POST" }),
    request({ status: 404 }),
    request({ status: 500, durationMs: 70 }),
  );
  assertEquals([...scene.observatory.requestsByStatus("a")].sort(), [[200, 2], [404, 1], [500, 1]]);
  assertEquals(scene.observatory.requestsByStatus("b").size, 0);
  const { requests, errors, p99Seconds } = scene.observatory.requestSummary("a");
  assertEquals([requests, errors], [4, 1]);
  assert(p99Seconds! > 0.05 && p99Seconds! <= 0.1);
  assertEquals(scene.observatory.requestSummary("b"), { requests: 0, errors: 0, p50Seconds: null, p99Seconds: null });
});
