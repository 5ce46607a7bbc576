/** The routes of log lines, events and figures. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EventStreams } from "../../../admin/streams/event_streams.ts";
import { readServerSentEvents, type ServerSentEvent } from "../../../admin/streams/server_sent_events.ts";
import { apiBench, refusal } from "./api_bench.ts";

/** The events of an answer, one after the other; disposing it leaves. */
function follow(response: Response): AsyncGenerator<ServerSentEvent> & AsyncDisposable {
  assertEquals([response.status, response.headers.get("content-type")], [200, "text/event-stream; charset=utf-8"]);
  return readServerSentEvents(response.body!);
}

async function take(events: AsyncGenerator<ServerSentEvent>, count: number): Promise<ServerSentEvent[]> {
  const taken: ServerSentEvent[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (done) throw new Error(`The stream ended after ${taken.length} of ${count} events`);
    taken.push(value);
  }
  return taken;
}

const texts = (events: readonly ServerSentEvent[]) => events.map(({ data }) => JSON.parse(data).text);

Deno.test("GET logs answers with the last lines that match, oldest first", async () => {
  const { target, ask } = apiBench({ fake: { now: () => 1_000_000 } });
  const log = target.observations;
  log.write("app-1", "starting up");
  log.write("app-2", "other app");
  log.write("app-1", "Cannot find it", { level: "error", kind: "exception" });
  log.write("app-1", "nearly full", { level: "warn" });
  const lines = async (path: string) => (await (await ask(path)).json()).lines;
  const found = async (query: string) =>
    (await lines(`/admin/apps/app-1/logs?${query}`)).map(({ text }: { text: string }) => text);
  assertEquals(await found("level=&q=&status=&method=&kind=&sample=&limit="), [
    "starting up",
    "Cannot find it",
    "nearly full",
  ]);
  assertEquals(await found("level=warn"), ["Cannot find it", "nearly full"]);
  assertEquals(await found("q=CANNOT"), ["Cannot find it"]);
  assertEquals(await found("kind=exception,life"), ["Cannot find it"]);
  assertEquals(await found("limit=1"), ["nearly full"]);
  assertEquals(await found("limit=0"), []);
  assertEquals(await lines("/admin/logs?limit=3&q=other"), [{
    id: 2,
    at: "1970-01-01T00:16:40.000Z",
    app: "app-2",
    kind: "console",
    level: "info",
    text: "other app",
    request: null,
  }]);
});

Deno.test("GET logs refuses what cannot be meant, and an unknown app", async () => {
  const { ask } = apiBench();
  for (
    const query of [
      "level=loud",
      "status=6xx",
      "status=20",
      "kind=rumour",
      "sample=0",
      "sample=2",
      "sample=x",
      "limit=5001",
      "limit=-1",
      "follow=maybe",
    ]
  ) {
    assertEquals(await refusal(await ask(`/admin/apps/app-1/logs?${query}`)), [400, "USAGE"], query);
  }
  assertEquals(await refusal(await ask("/admin/apps/nobody/logs?follow=1")), [404, "NOT_FOUND"]);
  assertEquals(await refusal(await ask("/admin/apps/nobody/series")), [404, "NOT_FOUND"]);
});

Deno.test("following a log sends the last lines, then each line as it is written, with filters", async () => {
  const { target, ask } = apiBench();
  const log = target.observations;
  for (let number = 1; number <= 5; number++) log.write("app-1", `old ${number}`);
  await using events = follow(await ask("/admin/apps/app-1/logs?follow=1&limit=2"));
  const first = await take(events, 2);
  assertEquals([texts(first), first.map(({ event }) => event)], [["old 4", "old 5"], ["line", "line"]]);
  assertEquals(first.map(({ id }) => id), ["4", "5"]);
  log.write("app-2", "not this one");
  log.write("app-1", "line\nwith two");
  log.writeRequest("app-1", "GET", "/x", 500);
  const [text, request] = await take(events, 2);
  assertEquals(JSON.parse(text!.data).text, "line\nwith two");
  const { method, path, status, request_id } = JSON.parse(request!.data).request;
  assertEquals([method, path, status], ["GET", "/x", 500]);
  assert(request_id);

  await using failures = follow(await ask("/admin/logs?follow=1&status=5XX&method=get&limit=0"));
  const next = take(failures, 1);
  await untilFollowed(target, 2);
  log.writeRequest("app-1", "GET", "/fine", 200);
  log.writeRequest("app-2", "POST", "/other", 500);
  log.writeRequest("app-3", "GET", "/bad", 503);
  assertEquals(JSON.parse((await next)[0]!.data).request.path, "/bad");
});

Deno.test("following a log goes on after the Last-Event-ID, without a gap and without a line twice", async () => {
  const { target, ask } = apiBench();
  const log = target.observations;
  for (let number = 1; number <= 5; number++) log.write("app-1", `line ${number}`);
  const from = (id: string) => ask("/admin/apps/app-1/logs?follow=1&limit=1", { headers: { "last-event-id": id } });
  await using events = follow(await from("3"));
  const missed = take(events, 2);
  assertEquals(texts(await missed), ["line 4", "line 5"]);
  log.write("app-1", "line 6");
  assertEquals(texts(await take(events, 1)), ["line 6"]);
  // An id of an earlier life of the process says nothing: the last lines come, as without it.
  await using reborn = follow(await from("900"));
  assertEquals(texts(await take(reborn, 1)), ["line 6"]);
  await using odd = follow(await from("nonsense"));
  assertEquals(texts(await take(odd, 1)), ["line 6"]);
});

Deno.test("thousands of lines go out in few chunks, and a slow reader is told how many it missed", async () => {
  const { target, ask } = apiBench({ fake: { apps: 1 } });
  const log = target.observations;
  const reader = (await ask("/admin/logs?follow=1&limit=0")).body!.getReader();
  const decoder = new TextDecoder();
  const first = reader.read();
  await untilFollowed(target, 1);
  for (let number = 1; number <= 5000; number++) log.write("app-1", `line ${number}`);
  let text = decoder.decode((await first).value);
  let chunks = 1;
  while (!text.includes("line 5000")) {
    text += decoder.decode((await reader.read()).value);
    chunks++;
  }
  assertEquals(text.match(/^event: line$/gm)?.length, 5000);
  assert(chunks < 20, `${chunks} chunks`);
  for (let number = 1; number <= 25_000; number++) log.write("app-1", `flood ${number}`);
  for (text = ""; !text.includes("event: dropped");) text += decoder.decode((await reader.read()).value);
  assertMatch(text, /event: dropped\ndata: \{"dropped":\d+\}\n\n/);
  await reader.cancel();
  assertEquals(log.followers, 0);
});

Deno.test("GET /admin/events sends what happens in snake case; requests and app lines only when asked for", async () => {
  const { target, ask } = apiBench();
  await using events = follow(await ask("/admin/events"));
  await using lines = follow(await ask("/admin/events?types=app_log,%20request"));
  const [quiet, loud] = [take(events, 2), take(lines, 1)];
  await new Promise((resolve) => setTimeout(resolve, 0));
  target.events.emit({ event: "app_log", app: "app-1", level: "info", text: "hello", kind: "console" });
  target.events.emit({ event: "app_exit", app: "app-1", reason: "out_of_memory", detail: "128 MiB" });
  target.events.emit({ event: "app_restart", app: "app-1", reason: "out_of_memory", delayMs: 5 });
  assertEquals((await quiet).map(({ event }) => event), ["app_exit", "app_restart"]);
  assertEquals(JSON.parse((await quiet)[1]!.data), {
    event: "app_restart",
    app: "app-1",
    reason: "out_of_memory",
    delay_ms: 5,
  });
  assertEquals(JSON.parse((await loud)[0]!.data).text, "hello");
});

Deno.test("GET /admin/stats sends every app's figures once a tick, and series its past", async () => {
  const { ask } = apiBench({ fake: { apps: 3, tickMs: 5 } });
  await using events = follow(await ask("/admin/stats"));
  const [first, news, second] = await take(events, 3);
  assertEquals([news!.event, JSON.parse(news!.data)], ["apps", { total: 3 }]);
  for (const { event, data } of [first!, second!]) {
    assertEquals(event, "tick");
    const ticks = JSON.parse(data);
    assertEquals(ticks.map(({ app }: { app: string }) => app), ["app-1", "app-2", "app-3"]);
    assert("requests_per_second" in ticks[0] && "p99_seconds" in ticks[0]);
  }
  const series = await (await ask("/admin/apps/app-1/series")).json();
  assertEquals(series.tick_seconds, 0.005);
  const lengths = Object.values(series).filter(Array.isArray).map((list) => list.length);
  assertEquals(new Set(lengths).size, 1);
  assert(lengths.length === 8 && lengths[0]! > 0);
});

Deno.test("streams are bounded, say when to come back, beat while nothing happens, and end with the listener", async () => {
  const closing = new AbortController();
  const streams = new EventStreams({ maxStreams: 2, heartbeatMs: 5 });
  const { ask } = apiBench({ streams, env: { closing: closing.signal } });
  const first = await ask("/admin/events");
  const second = await ask("/admin/logs?follow=1");
  const refused = await ask("/admin/events");
  assertEquals(refused.headers.get("retry-after"), "1");
  assertEquals(await refusal(refused), [429, "TOO_MANY_STREAMS"]);
  await second.body!.cancel();
  assertEquals(streams.size, 1);
  const again = await ask("/admin/events");
  assertEquals([again.status, streams.size], [200, 2]);

  const reader = first.body!.getReader();
  let text = "";
  while ((text.match(/^: still here$/gm)?.length ?? 0) < 3) {
    text += new TextDecoder().decode((await reader.read()).value);
  }
  assertMatch(text, /^retry: \d+\n\n: still here\n\n/);
  closing.abort();
  assertEquals((await reader.read()).done, true);
  assertEquals(streams.size, 0);
  assertEquals((await again.text()).startsWith("retry:"), true);
  const late = await ask("/admin/events");
  assertEquals(await late.text(), "retry: 2000\n\n", "a stream that opens while the listener closes ends at once");
});

Deno.test("a stream whose source fails ends and is reported", async () => {
  const reported: unknown[] = [];
  const streams = new EventStreams({ report: (error) => reported.push(error) });
  const { target, ask } = apiBench({ streams });
  const failure = new Error("broken");
  target.observations.ticks = () => {
    throw failure;
  };
  const response = await ask("/admin/stats");
  await response.text();
  assertEquals([reported, streams.size], [[failure], 0]);
});

async function untilFollowed(target: ReturnType<typeof apiBench>["target"], followers: number): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (target.observations.followers < followers) {
    if (performance.now() > deadline) throw new Error(`Not followed by ${followers} within 120 s`);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
