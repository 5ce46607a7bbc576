/** A follower: batches, bounds, ends. */
import { assertEquals, assertThrows } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import type { LogFilter, LogLine } from "../../../runtime/observe/observations.ts";
import {
  BATCH_MS,
  LogTail,
  MAX_LINES_FOR_REQUESTS,
  MAX_WAITING_CHARS,
  MAX_WAITING_LINES,
} from "../../../runtime/observe/log_tail.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";
import { filter, line, lineOf, request } from "./log_lines.ts";

interface Scene {
  readonly clock: FakeClock;
  readonly stop: AbortController;
  readonly tail: LogTail;
  ends: number;
}

function scene(changes: Partial<LogFilter> = {}): Scene {
  const clock = new FakeClock();
  const stop = new AbortController();
  const onEnd = () => void made.ends++;
  const made: Scene = {
    clock,
    stop,
    tail: new LogTail({ filter: filter(changes), signal: stop.signal, clock, onEnd }),
    ends: 0,
  };
  return made;
}

/** What the reader has got so far; reads on as long as the tail gives. */
function reading(tail: LogTail): { batches: (readonly [ids: number[], dropped: number])[]; done: boolean } {
  const seen = { batches: [] as (readonly [number[], number])[], done: false };
  (async () => {
    for await (const { lines, dropped } of tail) seen.batches.push([lines.map(({ id }) => id), dropped]);
    seen.done = true;
  })();
  return seen;
}

/** Offers a request as the observatory does. */
function offerRequest(tail: LogTail, id: number, changes: Parameters<typeof lineOf>[1] = {}): LogLine | null {
  if (!tail.wouldTake(request(changes), id)) return null;
  const made = lineOf(id, changes);
  tail.offer(made);
  return made;
}

Deno.test("LogTail hands the first line out at once and the next ones together, one batch in 100 ms", async () => {
  const { clock, stop, tail } = scene();
  const seen = reading(tail);
  tail.offer(line(1));
  await settle();
  assertEquals(seen.batches, [[[1], 0]]);
  tail.offer(line(2));
  await clock.advance(BATCH_MS - 1);
  tail.offer(line(3));
  await settle();
  assertEquals(seen.batches.length, 1);
  await clock.advance(1);
  assertEquals(seen.batches, [[[1], 0], [[2, 3], 0]]);
  await clock.advance(10 * BATCH_MS);
  assertEquals([seen.batches.length, clock.armed], [2, 0], "nothing to tell: no batch, no timer");
  stop.abort();
  await settle();
});

Deno.test("LogTail keeps only what matches its filter", async () => {
  const { stop, tail } = scene({ level: "error" });
  const seen = reading(tail);
  tail.offer(line(1));
  tail.offer(line(2, { level: "error" }));
  assertEquals(offerRequest(tail, 3, { status: 200 }), null);
  offerRequest(tail, 4, { status: 500 });
  await settle();
  assertEquals(seen.batches, [[[2, 4], 0]]);
  stop.abort();
  await settle();
});

Deno.test("LogTail of a slow reader holds a bounded number of lines and tells how many it dropped", async () => {
  const { clock, stop, tail } = scene();
  for (let id = 1; id <= MAX_WAITING_LINES + 5; id++) tail.offer(line(id));
  const first = await tail.next();
  assertEquals([first.value!.lines.length, first.value!.dropped], [MAX_WAITING_LINES, 5]);
  tail.offer(line(20_000));
  const second = tail.next();
  await clock.advance(BATCH_MS);
  assertEquals([(await second).value!.lines.length, (await second).value!.dropped], [1, 0]);
  stop.abort();
});

Deno.test("LogTail of a slow reader holds a bounded number of characters", async () => {
  const { stop, tail } = scene();
  const text = "x".repeat(32 * 1024);
  for (let id = 1; id <= 200; id++) tail.offer(line(id, { text }));
  const { value } = await tail.next();
  assertEquals([value!.lines.length, value!.dropped], [MAX_WAITING_CHARS / text.length, 200 - 128]);
  stop.abort();
});

Deno.test("LogTail takes a bounded number of requests into a batch, and makes no line of the rest", async () => {
  const { clock, stop, tail } = scene();
  let made = 0;
  for (let id = 1; id <= MAX_LINES_FOR_REQUESTS + 300; id++) if (offerRequest(tail, id) !== null) made++;
  tail.offer(line(9_000));
  const { value } = await tail.next();
  assertEquals([value!.lines.length, value!.dropped, made], [MAX_LINES_FOR_REQUESTS + 1, 300, MAX_LINES_FOR_REQUESTS]);
  offerRequest(tail, 9_001);
  const next = tail.next();
  await clock.advance(BATCH_MS);
  assertEquals((await next).value!.lines.map(({ id }) => id), [9_001]);
  stop.abort();
});

Deno.test("LogTail takes no request beside many lines that the app wrote", async () => {
  const { stop, tail } = scene();
  for (let id = 1; id < MAX_LINES_FOR_REQUESTS; id++) tail.offer(line(id));
  for (let id = 1_001; id <= 1_010; id++) offerRequest(tail, id);
  for (let id = 2_001; id <= 2_010; id++) tail.offer(line(id));
  const { lines, dropped } = (await tail.next()).value!;
  assertEquals([lines.length, lines.filter(({ request }) => request !== null).length, dropped], [
    MAX_LINES_FOR_REQUESTS + 10,
    1,
    9,
  ]);
  stop.abort();
});

Deno.test("LogTail that looks for text counts no request as dropped that does not match", async () => {
  const { stop, tail } = scene({ text: "/cart" });
  for (let id = 1; id <= MAX_LINES_FOR_REQUESTS + 20; id++) {
    offerRequest(tail, id);
    offerRequest(tail, id, { path: "/other" });
  }
  const { value } = await tail.next();
  assertEquals([value!.lines.length, value!.dropped], [MAX_LINES_FOR_REQUESTS, 20]);
  stop.abort();
});

Deno.test("LogTail ends with its signal while its reader waits for a line, or for the time", async () => {
  for (const waitsForTime of [false, true]) {
    const one = scene();
    const seen = reading(one.tail);
    if (waitsForTime) {
      one.tail.offer(line(1));
      await settle();
      one.tail.offer(line(2));
    }
    await settle();
    assertEquals(one.clock.armed, waitsForTime ? 1 : 0);
    one.stop.abort();
    await settle();
    assertEquals([seen.done, one.ends, one.clock.armed], [true, 1, 0]);
    one.tail.offer(line(3));
    assertEquals(await one.tail.next(), { done: true, value: undefined });
  }
});

Deno.test("LogTail ends when its reader leaves the loop, and once only", async () => {
  const one = scene();
  one.tail.offer(line(1));
  for await (const batch of one.tail) {
    assertEquals(batch.lines.length, 1);
    break;
  }
  one.stop.abort();
  assertEquals([one.tail.ended, one.ends], [true, 1]);
});

Deno.test("LogTail that is disposed still gives what waits, at once, and nothing that comes later", async () => {
  const { clock, tail } = scene();
  tail.offer(line(1));
  await tail.next();
  tail.offer(line(2));
  const next = tail.next();
  await settle();
  tail[Symbol.dispose]();
  tail.offer(line(3));
  assertEquals((await next).value!.lines.map(({ id }) => id), [2]);
  assertEquals([(await tail.next()).done, clock.armed], [true, 0]);
});

Deno.test("LogTail with a signal that was aborted before gives nothing, and one with a bad filter is refused", async () => {
  const clock = new FakeClock();
  const tail = new LogTail({ filter: filter(), signal: AbortSignal.abort(), clock, onEnd: () => {} });
  tail.offer(line(1));
  assertEquals((await tail.next()).done, true);
  assertThrows(() => scene({ status: "teapot" }), NanoError, "teapot");
});
