/** One run of an app's `scheduled`, inside the isolate. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type AppScheduled, runJob, type ScheduledEvent } from "../../../runtime/isolate/traffic/scheduled.ts";

const JOB = { cron: "*/5 * * * *", scheduledTime: 1_700_000_100_000 };

function run(scheduled: AppScheduled | null) {
  const reported: unknown[] = [];
  const done = runJob(scheduled, JOB, { env: { A: "1" }, report: (error) => reported.push(error) });
  return { done, reported };
}

Deno.test("The handler gets the event, its env and a context", async () => {
  let given: unknown[] = [];
  const { done } = run((...all) => void (given = all));
  await done;
  const [event, env, context] = given as [
    ScheduledEvent,
    unknown,
    { waitUntil: unknown; passThroughOnException(): void },
  ];
  assertEquals([event.type, event.cron, event.scheduledTime, event.noRetry()], [
    "scheduled",
    JOB.cron,
    JOB.scheduledTime,
    undefined,
  ]);
  assertEquals(env, { A: "1" });
  assertEquals([typeof context.waitUntil, context.passThroughOnException()], ["function", undefined]);
});

Deno.test("A run ends with the last of its waitUntil work, that which it adds meanwhile included", async () => {
  const steps: string[] = [];
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const { done } = run((_event, _env, context) => {
    context.waitUntil(
      turn().then(() => {
        steps.push("first");
        context.waitUntil(turn().then(() => void steps.push("second")));
      }),
    );
    steps.push("handler");
  });
  await done;
  assertEquals(steps, ["handler", "first", "second"]);
});

Deno.test("What fails first is the run's failure, the rest is reported", async () => {
  const { done, reported } = run((_event, _env, context) => {
    context.waitUntil(Promise.reject(new Error("in waitUntil")));
    throw new Error("in the handler");
  });
  await assertRejects(() => done, Error, "in the handler");
  assertEquals(reported.map((error) => (error as Error).message), ["in waitUntil"]);
  await assertRejects(
    () => run((_event, _env, context) => context.waitUntil(Promise.reject(new Error("late")))).done,
    Error,
    "late",
  );
});

Deno.test("An app without `scheduled` fails its runs with a clear message", async () => {
  const error = await assertRejects(() => run(null).done, TypeError);
  assert(error.message.includes('Cannot run "*/5 * * * *": the app exports no scheduled(event, env, ctx)'));
});
