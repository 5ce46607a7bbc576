/** Tests how an isolate finishes what is pending. */
import { assertEquals } from "@std/assert";
import { finishIsolate, type Unfinished } from "../../../runtime/app/finish_isolate.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const EXIT = { reason: "drained", detail: "everything was finished" } as const;

function bench(changes: Partial<Unfinished> = {}) {
  const clock = new FakeClock();
  const quiet = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const isolate = { inFlight: 2, drained: () => quiet.promise };
  const waiting = { count: 1 };
  const outcome = { now: null as Awaited<ReturnType<typeof finishIsolate>> | null };
  finishIsolate({
    isolate: () => isolate,
    queued: () => waiting.count,
    ended: over.promise,
    timeoutMs: 500,
    exit: EXIT,
    ...changes,
  }, clock).then((end) => outcome.now = end);
  return { clock, isolate, waiting, quiet, over, outcome };
}

Deno.test("finishIsolate() waits for the queue, then for what is inside, then for work without a request", async () => {
  const { clock, isolate, waiting, quiet, outcome } = bench();
  await clock.advance(100);
  waiting.count = 0;
  await clock.advance(100);
  isolate.inFlight = 0;
  await clock.advance(100);
  assertEquals(outcome.now, null);
  quiet.resolve();
  await clock.advance(0);
  assertEquals([outcome.now, clock.armed], [{ exit: EXIT, left: 0 }, 0]);
});

Deno.test("finishIsolate() counts what is cut when the time is up", async () => {
  const { clock, outcome } = bench();
  await clock.advance(500);
  const detail = "3 requests were unfinished after 500 ms";
  assertEquals(outcome.now, { exit: { reason: "drain_timeout", detail }, left: 3 });
});

Deno.test("finishIsolate() waits for nothing where no app is in the isolate and nobody waits", async () => {
  const { clock, outcome } = bench({ isolate: () => null, queued: () => 0 });
  await clock.advance(0);
  assertEquals([outcome.now, clock.armed], [{ exit: EXIT, left: 0 }, 0]);
});

Deno.test("finishIsolate() looks no more once it has ended otherwise", async () => {
  const { clock, over, quiet, outcome } = bench();
  await clock.advance(5);
  over.resolve();
  quiet.resolve();
  await clock.advance(0);
  assertEquals([outcome.now?.left, clock.armed], [0, 0]);
});
