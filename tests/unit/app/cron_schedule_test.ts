/** When jobs run: at their minute in UTC, one run at a time, in the generation that serves. */
import { assertEquals } from "@std/assert";
import { CronSchedule, type CronTarget } from "../../../runtime/app/cron_schedule.ts";
import type { AppCall, ScheduledJob } from "../../../runtime/terms/app_call.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeClock, WALL_START } from "../runtime/fake_clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The first full minute of the fake clock: it starts at 22:13:20 UTC. */
const FIRST = Math.ceil(WALL_START / MINUTE) * MINUTE;

/** An app that keeps its jobs until the test ends them. */
class Target implements CronTarget {
  readonly app;
  readonly calls: AppCall[] = [];

  constructor(crons: readonly { schedule: string; name: string }[], name = "blog") {
    this.app = appConfig({ name, crons });
  }

  fetch(call: AppCall): void {
    this.calls.push(call);
  }

  end(): void {
    this.calls.at(-1)!.respond(204, "", null);
  }

  get times(): number[] {
    return this.calls.map((call) => jobOf(call).scheduledTime);
  }
}

function jobOf({ job }: AppCall): ScheduledJob {
  return job as ScheduledJob;
}

function stage() {
  const clock = new FakeClock();
  const events: NanoEvent[] = [];
  return { clock, events, schedule: new CronSchedule({ clock, emit: (event) => events.push(event) }) };
}

const EVERY_MINUTE = { schedule: "* * * * *", name: "tick" };

Deno.test("A job runs at each minute its schedule names, with the time it was due", async () => {
  const { clock, events, schedule } = stage();
  const target = new Target([{ schedule: "*/5 * * * *", name: "five" }]);
  schedule.follow([target]);
  await clock.advance(5 * MINUTE);
  target.end();
  await clock.advance(5 * MINUTE);
  target.end();
  const due = Math.ceil(WALL_START / (5 * MINUTE)) * 5 * MINUTE;
  assertEquals(target.times, [due, due + 5 * MINUTE]);
  assertEquals(jobOf(target.calls[0]!).cron, "*/5 * * * *");
  assertEquals(events.map(({ event }) => event), ["cron_start", "cron_done", "cron_start", "cron_done"]);
  schedule[Symbol.dispose]();
  assertEquals(clock.armed, 0);
});

Deno.test("Schedules are read in UTC, and one that is far away waits for it", async () => {
  const { clock, schedule } = stage();
  const target = new Target([{ schedule: "30 4 * * *", name: "nightly" }]);
  schedule.follow([target]);
  await clock.advance(48 * HOUR);
  const midnight = Math.ceil(WALL_START / (24 * HOUR)) * 24 * HOUR;
  assertEquals(target.times, [midnight + 4.5 * HOUR], "The second finds the first still running");
  schedule[Symbol.dispose]();
});

Deno.test("While a job still runs, its next run is skipped and told; other jobs are not held up", async () => {
  const { clock, events, schedule } = stage();
  const target = new Target([EVERY_MINUTE, { schedule: "* * * * *", name: "other" }]);
  schedule.follow([target]);
  await clock.advance(MINUTE);
  const [tick, other] = target.calls;
  other!.respond(204, "", null);
  await clock.advance(MINUTE);
  assertEquals(target.calls.length, 3);
  assertEquals(events.filter(({ event }) => event === "cron_skipped"), [
    { event: "cron_skipped", app: "blog", cron: "* * * * *", name: "tick" },
  ]);
  tick!.respond(204, "", null);
  await clock.advance(MINUTE);
  assertEquals(target.calls.length, 4);
  assertEquals(jobOf(target.calls[3]!).scheduledTime, FIRST + 2 * MINUTE);
  schedule[Symbol.dispose]();
});

Deno.test("How a run ended is told with its time, and its error", async () => {
  const { clock, events, schedule } = stage();
  const target = new Target([EVERY_MINUTE]);
  schedule.follow([target]);
  await clock.advance(MINUTE);
  // Due after 40 s of the minute that has passed.
  target.end();
  await clock.advance(MINUTE);
  target.calls[1]!.fail(new NanoError("APP_EXCEPTION", "it threw"));
  const done = events.filter(({ event }) => event === "cron_done");
  const id = { event: "cron_done", app: "blog", cron: "* * * * *", name: "tick", durationMs: 20_000 };
  assertEquals<unknown>(done, [{ ...id, ok: true }, { ...id, ok: false, error: "it threw" }]);
  schedule[Symbol.dispose]();
});

Deno.test("A reload moves the schedule, and a run of the old generation still counts", async () => {
  const { clock, events, schedule } = stage();
  const old = new Target([EVERY_MINUTE]);
  const next = new Target([EVERY_MINUTE]);
  schedule.follow([old]);
  await clock.advance(MINUTE);
  schedule.follow([next]);
  await clock.advance(MINUTE);
  assertEquals([old.calls.length, next.calls.length], [1, 0]);
  assertEquals(events.at(-1)!.event, "cron_skipped");
  old.end();
  await clock.advance(MINUTE);
  assertEquals([old.calls.length, next.calls.length], [1, 1]);
  schedule[Symbol.dispose]();
});

Deno.test("A target that stays keeps its timers when others come and go", async () => {
  const { clock, schedule } = stage();
  const kept = new Target([EVERY_MINUTE]);
  const gone = new Target([EVERY_MINUTE], "gone");
  schedule.follow([kept, gone]);
  schedule.follow([kept]);
  assertEquals(clock.armed, 1);
  await clock.advance(MINUTE);
  assertEquals([kept.calls.length, gone.calls.length], [1, 0]);
  schedule.follow([]);
  assertEquals(clock.armed, 0);
});

Deno.test("However long the clock was away, a missed job runs once", async () => {
  const { clock, schedule } = stage();
  const target = new Target([{ schedule: "0 * * * *", name: "hourly" }]);
  let ahead = 0;
  const wall = clock.wall.bind(clock);
  clock.wall = () => wall() + ahead;
  schedule.follow([target]);
  ahead = 5 * HOUR;
  await clock.advance(MINUTE);
  assertEquals(target.calls.length, 1);
  target.end();
  await clock.advance(HOUR);
  assertEquals(target.calls.length, 2);
  schedule[Symbol.dispose]();
});

Deno.test("A job that is run by hand does not run twice at once", async () => {
  const { clock, schedule } = stage();
  const target = new Target([EVERY_MINUTE]);
  const [cron] = target.app.crons;
  const first = schedule.run(target, cron!);
  assertEquals(await schedule.run(target, cron!), null);
  assertEquals(target.times, [WALL_START]);
  target.end();
  assertEquals(await first, true);
  const second = schedule.run(target, cron!);
  target.calls[1]!.fail(new NanoError("APP_FAILED", "no"));
  assertEquals(await second, false);
  assertEquals(clock.armed, 0);
});
