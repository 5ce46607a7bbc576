/** The log: which lines come out, how they are escaped, and when they are written. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { EventHub, type NanoEvent, type RequestEvent } from "../../../runtime/terms/events.ts";
import { Log, type LogOptions } from "../../../runtime/observe/log.ts";

const NOW = Date.UTC(2025, 0, 2, 3, 4, 5, 678);

const REQUEST: RequestEvent = {
  event: "request",
  app: "hello",
  method: "GET",
  path: "/a?b=1",
  status: 200,
  bytes: 12,
  durationMs: 1.23456,
  requestId: "r-1",
  code: null,
  end: "done",
};

interface Bench extends Disposable {
  readonly log: Log;
  readonly writes: string[];
  readonly timers: (() => void)[];
  now: number;
}

function bench(options: Partial<LogOptions> = {}): Bench {
  const writes: string[] = [];
  const timers: (() => void)[] = [];
  const made: Bench = {
    log: new Log({
      level: "info",
      format: "json",
      color: false,
      write: (text) => writes.push(text),
      now: () => made.now,
      schedule: (callback) => {
        timers.push(callback);
        return () => {
          const index = timers.indexOf(callback);
          if (index >= 0) timers.splice(index, 1);
        };
      },
      ...options,
    }),
    writes,
    timers,
    now: NOW,
    [Symbol.dispose]: () => made.log[Symbol.dispose](),
  };
  return made;
}

function linesOf(events: readonly NanoEvent[], options: Partial<LogOptions> = {}): string[] {
  using one = bench(options);
  for (const event of events) one.log.listen(event);
  one.log.flush();
  return one.writes.join("").split("\n").slice(0, -1);
}

Deno.test("Log writes a request as one JSON line with the contract's fields in snake case", () => {
  const [line] = linesOf([REQUEST]);
  assertEquals(JSON.parse(line!), {
    ts: "2025-01-02T03:04:05.678Z",
    level: "info",
    event: "request",
    app: "hello",
    method: "GET",
    path: "/a?b=1",
    status: 200,
    bytes: 12,
    duration_ms: 1.235,
    request_id: "r-1",
    end: "done",
  });
});

Deno.test("Log names the code of NANO's own answer, and null for a host nobody claims", () => {
  const [line] = linesOf([{ ...REQUEST, app: null, status: 404, code: "APP_NOT_FOUND" }]);
  const record = JSON.parse(line!);
  assertStrictEquals(record.app, null);
  assertEquals(record.code, "APP_NOT_FOUND");
});

Deno.test("Log keeps one record on one line whatever a client or an app puts into it", () => {
  const nasty = 'a"b\\c\nd\r\u2028e\u0085f\u009bg\x1b[2Jh\ud800i\u{1f600}';
  const lines = linesOf([
    { ...REQUEST, path: nasty, requestId: nasty, method: nasty, app: nasty },
    { event: "app_log", app: "hello", level: "info", text: nasty, kind: "console" },
    { event: "config_rejected", errors: [nasty] },
  ]);
  assertEquals(lines.length, 3);
  // deno-lint-ignore no-control-regex
  const forbidden = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/u;
  for (const line of lines) assert(!forbidden.test(line), line);
  const [request, appLog, rejected] = lines.map((line) => JSON.parse(line));
  for (const text of [request.path, request.request_id, request.method, request.app, appLog.text, rejected.errors[0]]) {
    assertEquals(text, nasty);
  }
});

Deno.test("Log gives each event its level and leaves out state changes", () => {
  const lines = linesOf([
    { event: "server_start", version: "1", url: "http://127.0.0.1:1", admin: null },
    { event: "app_failed", app: "a", reason: "boot_failed", error: "no" },
    { event: "app_exit", app: "a", reason: "out_of_memory", detail: "128 MiB" },
    { event: "app_exit", app: "a", reason: "parked", detail: "" },
    { event: "app_exit", app: "a", reason: "drained", detail: "" },
    { event: "app_state", app: "a", state: "running" },
    { event: "app_log", app: "a", level: "warn", text: "careful", kind: "console" },
    { event: "config_rejected", errors: ["one", "two"] },
    { event: "drain_complete", drainedRequests: 3, forcedClosed: 0 },
    { event: "drain_complete", drainedRequests: 3, forcedClosed: 1 },
    { event: "config_reload", added: ["x"], removed: [], changed: [], unchanged: ["a"] },
  ], { level: "debug" });
  assertEquals(lines.map((line) => JSON.parse(line)).map(({ event, level }) => `${event} ${level}`), [
    "server_start info",
    "app_failed error",
    "app_exit warn",
    "app_exit info",
    "app_exit info",
    "app_log warn",
    "config_rejected error",
    "drain_complete info",
    "drain_complete warn",
    "config_reload info",
  ]);
  assertEquals(JSON.parse(lines[8]!), {
    ts: "2025-01-02T03:04:05.678Z",
    level: "warn",
    event: "drain_complete",
    drained_requests: 3,
    forced_closed: 1,
  });
});

Deno.test("Log rounds times to a thousandth", () => {
  const [line] = linesOf([{ event: "app_ready", app: "a", startMs: 608.0034359999, version: "v" }]);
  assertEquals(JSON.parse(line!).start_ms, 608.003);
});

Deno.test("Log writes nothing below its level, and a new level takes effect at once", () => {
  using one = bench({ level: "warn" });
  one.log.listen(REQUEST);
  one.log.listen({ event: "app_log", app: "a", level: "info", text: "quiet", kind: "console" });
  one.log.listen({ event: "app_log", app: "a", level: "error", text: "loud", kind: "console" });
  one.log.flush();
  assertEquals(one.writes.length, 1);
  assertEquals(JSON.parse(one.writes[0]!).text, "loud");
  one.log.configure({ level: "info", format: "json" });
  one.log.listen(REQUEST);
  one.log.flush();
  assertEquals(JSON.parse(one.writes[1]!).event, "request");
});

Deno.test("Log collects requests into one write and keeps their order", () => {
  using one = bench();
  for (let id = 0; id < 100; id++) one.log.listen({ ...REQUEST, requestId: `r-${id}` });
  assertEquals(one.writes, []);
  assertEquals(one.timers.length, 1);
  one.timers.shift()!();
  assertEquals(one.writes.length, 1);
  const ids = one.writes[0]!.trimEnd().split("\n").map((line) => JSON.parse(line).request_id);
  assertEquals(ids, Array.from({ length: 100 }, (_, id) => `r-${id}`));
  one.log.listen(REQUEST);
  assertEquals(one.timers.length, 1, "the next batch has a timer of its own");
});

Deno.test("Log writes at once when 64 KiB are collected, so its buffer is bounded", () => {
  using one = bench();
  const path = "/" + "x".repeat(10_000);
  for (let count = 0; count < 7; count++) one.log.listen({ ...REQUEST, path });
  assertEquals(one.writes.length, 1);
  assert(one.writes[0]!.length >= 64 * 1024);
  assertEquals(one.timers.length, 0, "nothing is left to write later");
});

Deno.test("Log writes rare records at once, after the requests that came before them", () => {
  using one = bench();
  one.log.listen(REQUEST);
  one.log.listen({ event: "app_exit", app: "hello", reason: "out_of_memory", detail: "" });
  assertEquals(one.writes.length, 1);
  assertEquals(one.writes[0]!.trimEnd().split("\n").map((line) => JSON.parse(line).event), ["request", "app_exit"]);
});

Deno.test("Log writes what is collected when it is disposed", () => {
  const one = bench();
  one.log.listen(REQUEST);
  one.log[Symbol.dispose]();
  assertEquals(one.writes.length, 1);
  assertEquals(one.timers.length, 0);
});

Deno.test("Log writes what is collected when the process exits", async () => {
  const script = `
    import { Log } from ${JSON.stringify(import.meta.resolve("../../../runtime/observe/log.ts"))};
    const log = new Log({ level: "info", format: "json", color: false });
    log.listen(${JSON.stringify(REQUEST)});
    Deno.exit(7);`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", "--ext=ts", script],
    stderr: "inherit",
  }).output();
  assertEquals(code, 7);
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)).request_id, "r-1");
});

Deno.test("Log writes a new timestamp when the clock moves on", () => {
  using one = bench();
  one.log.listen(REQUEST);
  one.now += 1;
  one.log.listen(REQUEST);
  one.log.flush();
  const stamps = one.writes[0]!.trimEnd().split("\n").map((line) => JSON.parse(line).ts);
  assertEquals(stamps, ["2025-01-02T03:04:05.678Z", "2025-01-02T03:04:05.679Z"]);
});

Deno.test("Log in pretty format shows people what matters, without colours unless asked", () => {
  const [request, appLog] = linesOf([
    { ...REQUEST, status: 500, code: "APP_EXCEPTION" },
    { event: "app_log", app: "hello", level: "error", text: "TypeError: x\n  at app:///main.ts:1:1", kind: "console" },
  ], { format: "pretty" });
  assert(request!.endsWith(" hello GET /a?b=1 500 APP_EXCEPTION 12 B 1.2 ms"), request);
  assert(appLog!.endsWith("error hello | TypeError: x"), appLog);
  const [colored] = linesOf([{ ...REQUEST, status: 500 }], { format: "pretty", color: true });
  assert(colored!.includes("\x1b[31m500\x1b[0m"), colored);
});

Deno.test("Log in pretty format lets no app text steer the terminal or fake a record", () => {
  const text = linesOf([{
    event: "app_log",
    app: "a",
    level: "info",
    text: "\x1b[2J\x9b1mok\r12:00 fake\nnext",
    kind: "console",
  }], {
    format: "pretty",
  }).join("\n");
  // deno-lint-ignore no-control-regex
  assert(!/[\x1b\x9b\r]/.test(text), text);
  assert(text.endsWith("\\x1b[2J\\x9b1mok\\x0d12:00 fake\n    next"), text);
});

Deno.test("Log fits the event hub", () => {
  using one = bench();
  const events = new EventHub();
  const stop = events.listen(one.log.listen);
  events.emit({ event: "warning", text: "The disk is nearly full" });
  stop();
  events.emit({ event: "warning", text: "unheard" });
  assertEquals(one.writes.map((line) => JSON.parse(line).text), ["The disk is nearly full"]);
});

Deno.test("Log tells of jobs: begun and done, an error when one failed, a warning when one was skipped", () => {
  const id = { app: "a", cron: "0 * * * *", name: "hourly" };
  const records = linesOf([
    { event: "cron_start", ...id },
    { event: "cron_done", ...id, durationMs: 1.23456, ok: true },
    { event: "cron_done", ...id, durationMs: 2, ok: false, error: "it threw" },
    { event: "cron_skipped", ...id },
  ]).map((line) => {
    const { ts: _, ...record } = JSON.parse(line);
    return record;
  });
  assertEquals(records, [
    { level: "info", event: "cron_start", ...id },
    { level: "info", event: "cron_done", ...id, duration_ms: 1.235, ok: true },
    { level: "error", event: "cron_done", ...id, duration_ms: 2, ok: false, error: "it threw" },
    { level: "warn", event: "cron_skipped", ...id },
  ]);
});

Deno.test("Log tells of batches that failed or could not be delivered, and of dead letters", () => {
  const batch = { app: "a", queue: "jobs", messages: 1, acked: 0, retried: 1, dead: 0, backlog: 1, durationMs: 1 };
  const dead = { event: "queue_dead_letter", app: "a", queue: "jobs", messages: 1, ids: ["1"] } as const;
  const records = linesOf([
    { event: "queue_batch", ...batch, outcome: "ok" },
    { event: "queue_batch", ...batch, outcome: "failed", error: "TypeError" },
    { event: "queue_batch", ...batch, outcome: "undelivered", error: "no" },
    { ...dead, deadLetterQueue: "dead" },
  ]).map((line) => JSON.parse(line));
  assertEquals(records.map(({ level, event, outcome }) => [level, event, outcome]), [
    ["error", "queue_batch", "failed"],
    ["warn", "queue_batch", "undelivered"],
    ["warn", "queue_dead_letter", undefined],
  ]);
  assertEquals(records[2].dead_letter_queue, "dead");
});
