/** The metrics: every name of the contract, right numbers, and series that end with their app. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { AppSnapshot, RequestEvent } from "../../../runtime/terms/events.ts";
import { APP_STATE_NAMES } from "../../../runtime/terms/lifecycle.ts";
import { Metrics } from "../../../runtime/observe/metrics.ts";
import { snapshot } from "./app_snapshot.ts";

function request(changes: Partial<RequestEvent> = {}): RequestEvent {
  return {
    event: "request",
    app: "a",
    method: "GET",
    path: "/",
    status: 200,
    bytes: 0,
    durationMs: 3,
    requestId: "r",
    code: null,
    end: "done",
    ...changes,
  };
}

interface Bench {
  readonly metrics: Metrics;
  apps: AppSnapshot[];
  now: number;
}

function bench(apps: AppSnapshot[] = [snapshot("a"), snapshot("b")]): Bench {
  const made: Bench = {
    metrics: new Metrics({ snapshot: () => made.apps, startedAt: 1_000_000, now: () => made.now, rss: () => 4096 }),
    apps,
    now: 1_002_500,
  };
  return made;
}

/** Series with their values, by the text before the value. */
async function scrape(metrics: Metrics): Promise<Map<string, number>> {
  const series = new Map<string, number>();
  for (const line of (await metrics.render()).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const space = line.lastIndexOf(" ");
    assert(!series.has(line.slice(0, space)), `twice: ${line}`);
    series.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return series;
}

Deno.test("Metrics.render() has every metric of the contract with a help text and a type", async () => {
  const text = await bench().metrics.render();
  const types = {
    nano_requests_total: "counter",
    nano_request_duration_seconds: "histogram",
    nano_requests_in_flight: "gauge",
    nano_queue_length: "gauge",
    nano_app_state: "gauge",
    nano_isolate_restarts_total: "counter",
    nano_cron_runs_total: "counter",
    nano_binding_calls_total: "counter",
    nano_binding_seconds: "histogram",
    nano_storage_bytes: "gauge",
    nano_outbound_connections: "gauge",
    nano_outbound_connections_total: "counter",
    nano_isolate_start_seconds: "gauge",
    nano_isolate_heap_bytes: "gauge",
    nano_isolate_external_bytes: "gauge",
    nano_isolate_cpu_seconds_total: "counter",
    nano_config_last_reload_successful: "gauge",
    nano_config_last_reload_timestamp_seconds: "gauge",
    nano_uptime_seconds: "gauge",
    nano_memory_unexplained_bytes: "gauge",
    nano_ending_threads: "gauge",
    process_resident_memory_bytes: "gauge",
  };
  for (const [name, type] of Object.entries(types)) {
    assert(new RegExp(`^# HELP ${name} \\S`, "m").test(text), name);
    assert(text.includes(`# TYPE ${name} ${type}\n`), name);
  }
});

Deno.test("Metrics counts requests by app, method and status, and folds made-up methods into OTHER", async () => {
  const { metrics } = bench();
  metrics.listen(request());
  metrics.listen(request());
  metrics.listen(request({ status: 500, method: "POST" }));
  metrics.listen(request({ app: "b", method: "BREW" }));
  metrics.listen(request({ app: "b", method: "get" }));
  const series = await scrape(metrics);
  assertEquals(series.get('nano_requests_total{app="a",method="GET",status="200",end="done"}'), 2);
  assertEquals(series.get('nano_requests_total{app="a",method="POST",status="500",end="done"}'), 1);
  assertEquals(series.get('nano_requests_total{app="b",method="OTHER",status="200",end="done"}'), 2);
});

Deno.test("Metrics counts a request that no app claims under the empty app name only", async () => {
  const { metrics } = bench([]);
  metrics.listen(request({ app: null, path: "http://evil.example/", status: 404, code: "APP_NOT_FOUND" }));
  const text = await metrics.render();
  assert(text.includes('nano_requests_total{app="",method="GET",status="404",end="done"} 1\n'), text);
  assert(!text.includes("evil"));
});

Deno.test("Metrics counts an app's connections by outcome, those that are open, and forgets them with the app", async () => {
  const { metrics } = bench();
  for (const outcome of ["ok", "ok", "refused", "failed"] as const) {
    metrics.listen({ event: "connection", app: "a", outcome });
  }
  metrics.listen({ event: "connection_closed", app: "a" });
  metrics.listen({ event: "connection_closed", app: "unknown" });
  const series = await scrape(metrics);
  const total = (outcome: string) => series.get(`nano_outbound_connections_total{app="a",outcome="${outcome}"}`);
  assertEquals([total("ok"), total("refused"), total("failed"), total("given_up")], [2, 1, 1, undefined]);
  assertEquals(series.get('nano_outbound_connections{app="a"}'), 1);
  metrics.listen({ event: "app_removed", app: "a" });
  metrics.listen({ event: "connection_closed", app: "a" });
  assertEquals((await scrape(metrics)).get('nano_outbound_connections{app="a"}'), undefined);
});

Deno.test("Metrics sorts durations into cumulative buckets with sum and count", async () => {
  const { metrics } = bench();
  for (const durationMs of [1, 1.5, 40, 60_000]) metrics.listen(request({ durationMs }));
  const series = await scrape(metrics);
  const bucket = (le: string) => series.get(`nano_request_duration_seconds_bucket{le="${le}",app="a"}`);
  assertEquals([bucket("0.001"), bucket("0.0025"), bucket("0.025"), bucket("0.05"), bucket("30"), bucket("+Inf")], [
    1,
    2,
    2,
    3,
    3,
    4,
  ]);
  assertAlmostEquals(series.get('nano_request_duration_seconds_sum{app="a"}')!, 60.0425, 1e-9);
  assertEquals(series.get('nano_request_duration_seconds_count{app="a"}'), 4);
});

Deno.test("Metrics takes gauges from the snapshot of the moment and sets exactly one state of an app to 1", async () => {
  const one = bench([snapshot("a", { state: "backoff", startSeconds: null })]);
  const series = await scrape(one.metrics);
  assertEquals(APP_STATE_NAMES.map((state) => series.get(`nano_app_state{app="a",state="${state}"}`)), [
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
  ]);
  assertEquals(series.get('nano_requests_in_flight{app="a"}'), 2);
  assertEquals(series.get('nano_queue_length{app="a"}'), 3);
  assertEquals(series.get('nano_isolate_heap_bytes{app="a"}'), 1000);
  assertEquals(series.get('nano_isolate_external_bytes{app="a"}'), 500);
  assertEquals(series.get('nano_isolate_cpu_seconds_total{app="a"}'), 1.5);
  assert(!series.has('nano_isolate_start_seconds{app="a"}'), "never started: no value");
  assertEquals(series.get("nano_uptime_seconds"), 2.5);
  assertEquals(series.get("process_resident_memory_bytes"), 4096);

  one.apps = [snapshot("a", { inFlight: 0 })];
  const later = await scrape(one.metrics);
  assertEquals(later.get('nano_requests_in_flight{app="a"}'), 0);
  assertEquals(later.get('nano_isolate_start_seconds{app="a"}'), 0.02);
});

Deno.test("Metrics counts restarts by reason", async () => {
  const { metrics } = bench();
  metrics.listen({ event: "app_restart", app: "a", reason: "out_of_memory", delayMs: 0 });
  metrics.listen({ event: "app_restart", app: "a", reason: "out_of_memory", delayMs: 100 });
  metrics.listen({ event: "app_restart", app: "a", reason: "unresponsive", delayMs: 100 });
  const series = await scrape(metrics);
  assertEquals(series.get('nano_isolate_restarts_total{app="a",reason="out_of_memory"}'), 2);
  assertEquals(series.get('nano_isolate_restarts_total{app="a",reason="unresponsive"}'), 1);
});

Deno.test("Metrics ends all series of a removed app, also when its last requests end later", async () => {
  const one = bench();
  one.metrics.listen(request());
  one.metrics.listen(request({ app: "b" }));
  one.metrics.listen({ event: "app_restart", app: "a", reason: "terminated", delayMs: 0 });
  one.apps = [snapshot("b")];
  one.metrics.listen({ event: "app_removed", app: "a" });
  one.metrics.listen(request());
  const text = await one.metrics.render();
  assert(!text.includes('app="a"'), text);
  assert(text.includes('app="b"'));
  one.apps = [snapshot("a"), snapshot("b")];
  assert(
    !(await scrape(one.metrics)).has('nano_requests_total{app="a",method="GET",status="200"}'),
    "a new app starts at 0",
  );
});

Deno.test("Metrics tells of the last reload, taken or refused", async () => {
  const one = bench();
  const read = async () => {
    const series = await scrape(one.metrics);
    return [
      series.get("nano_config_last_reload_successful"),
      series.get("nano_config_last_reload_timestamp_seconds"),
    ];
  };
  assertEquals(await read(), [1, 1000]);
  one.now = 1_005_000;
  one.metrics.listen({ event: "config_rejected", errors: ["x"] });
  assertEquals(await read(), [0, 1005]);
  one.now = 1_006_000;
  one.metrics.listen({ event: "config_reload", added: [], removed: [], changed: [], unchanged: [] });
  assertEquals(await read(), [1, 1006]);
});

Deno.test("Metrics.summary() gives totals, errors and quantiles of one app", () => {
  const { metrics } = bench();
  assertEquals(metrics.summary("a"), { requests: 0, errors: 0, p50Seconds: null, p99Seconds: null });
  for (let count = 0; count < 98; count++) metrics.listen(request({ durationMs: 2 }));
  metrics.listen(request({ durationMs: 700, status: 503 }));
  metrics.listen(request({ durationMs: 90_000, status: 504 }));
  const { requests, errors, p50Seconds, p99Seconds } = metrics.summary("a");
  assertEquals({ requests, errors }, { requests: 100, errors: 2 });
  assert(p50Seconds! > 0.001 && p50Seconds! <= 0.0025, String(p50Seconds));
  assert(p99Seconds! > 0.5 && p99Seconds! <= 1, String(p99Seconds));
});

Deno.test("Metrics escapes nothing into a second label: an app name is data", async () => {
  const { metrics } = bench([snapshot('a",x="1')]);
  metrics.listen(request({ app: 'a",x="1' }));
  const text = await metrics.render();
  assert(text.includes('nano_requests_total{app="a\\",x=\\"1",'), text);
});

Deno.test("Metrics counts runs of jobs by outcome, until their app is gone", async () => {
  const made = bench();
  const { metrics } = made;
  const id = { app: "a", cron: "0 * * * *", name: "hourly" };
  metrics.listen({ event: "cron_start", ...id });
  metrics.listen({ event: "cron_done", ...id, durationMs: 1, ok: true });
  metrics.listen({ event: "cron_done", ...id, durationMs: 1, ok: true });
  metrics.listen({ event: "cron_done", ...id, durationMs: 1, ok: false, error: "x" });
  metrics.listen({ event: "cron_skipped", ...id });
  const runs = async () => [...await scrape(metrics)].filter(([name]) => name.startsWith("nano_cron_runs_total"));
  assertEquals(await runs(), [
    ['nano_cron_runs_total{app="a",cron="hourly",outcome="ok"}', 2],
    ['nano_cron_runs_total{app="a",cron="hourly",outcome="error"}', 1],
    ['nano_cron_runs_total{app="a",cron="hourly",outcome="skipped"}', 1],
  ]);
  made.apps = [snapshot("b")];
  assertEquals(await runs(), []);
});

Deno.test("Metrics counts batches and messages of queues by outcome, until their app is gone", async () => {
  const made = bench();
  const { metrics } = made;
  const batch = { event: "queue_batch", app: "a", queue: "jobs", durationMs: 1, retried: 0, dead: 0 } as const;
  metrics.listen({ ...batch, outcome: "ok", messages: 3, acked: 2, retried: 1, backlog: 9 });
  metrics.listen({ ...batch, outcome: "failed", messages: 2, acked: 0, retried: 1, dead: 1, backlog: 7, error: "x" });
  const found = async () => [...await scrape(metrics)].filter(([name]) => /^nano_queue_(b|m)/.test(name));
  assertEquals(await found(), [
    ['nano_queue_batches_total{app="a",queue="jobs",outcome="ok"}', 1],
    ['nano_queue_batches_total{app="a",queue="jobs",outcome="failed"}', 1],
    ['nano_queue_messages_total{app="a",queue="jobs",outcome="acked"}', 2],
    ['nano_queue_messages_total{app="a",queue="jobs",outcome="retried"}', 2],
    ['nano_queue_messages_total{app="a",queue="jobs",outcome="dead"}', 1],
    ['nano_queue_backlog_messages{app="a",queue="jobs"}', 6],
  ]);
  made.apps = [snapshot("b")];
  assertEquals(await found(), []);
});

Deno.test("An app that nobody has asked for has no series, and what its files were asked for stays counted", async () => {
  const metrics = new Metrics({ snapshot: () => [snapshot("live")], exists: (app) => app !== "gone", startedAt: 0 });
  for (const app of ["files", "gone"]) metrics.listen(request({ app }));
  for (let scrapes = 0; scrapes < 2; scrapes++) {
    const names = [...(await scrape(metrics)).keys()];
    const of = (app: string) => names.filter((name) => name.includes(`app="${app}"`)).map((name) => name.split("{")[0]);
    assert(of("live").includes("nano_app_state"));
    assert(of("files").includes("nano_requests_total"));
    assert(!of("files").includes("nano_app_state"));
    assertEquals(of("gone"), []);
  }
});
