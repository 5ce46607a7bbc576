/** Jobs of a fleet over half an hour: each turn is one node's, whoever is killed and however clocks differ. */
import { assertEquals } from "@std/assert";
import { CronSchedule, type CronTarget } from "../../../runtime/app/cron_schedule.ts";
import type { Clock } from "../../../runtime/clock.ts";
import { cronTurn } from "../../../runtime/fleet/cron_turn.ts";
import { MemoryEngine } from "../../../runtime/fleet/memory_store.ts";
import type { AppCall, ScheduledJob } from "../../../runtime/terms/app_call.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeClock, settle, WALL_START } from "../runtime/fake_clock.ts";

const MINUTE = 60_000;
const NODES = ["n1", "n2", "n3"];
const CRONS = [
  { schedule: "* * * * *", name: "each minute" },
  { schedule: "*/30 * * * *", name: "each half hour" },
];

/** What ran: its job and the minute, by which node. */
type Run = readonly [job: string, node: string];

/** A node that runs jobs until it is killed. */
function nodeOf(
  name: string,
  { clock, time, engine, runs }: { clock: Clock; time: Clock; engine: MemoryEngine; runs: Run[] },
) {
  const target: CronTarget = {
    app: appConfig({ name: "blog", crons: CRONS }),
    fetch(call: AppCall) {
      const { cron, scheduledTime } = call.job as ScheduledJob;
      runs.push([`${cron} ${scheduledTime}`, name]);
      call.respond(204, "", null);
    },
  };
  let isAlive = true;
  const schedule = new CronSchedule({
    clock,
    emit: () => {},
    turn: async (job) => {
      // Who is dead is still known to the others for a while: they wait for it in vain.
      const isOurs = await cronTurn(job, {
        ...{
          store: engine.open(),
          clock,
          engineTime: () => Promise.resolve(time.wall()),
          node: name,
          nodes: () => NODES,
          alone: "skip",
          warn: () => {},
        },
      });
      return isAlive && isOurs;
    },
  });
  schedule.follow([target]);
  return {
    kill() {
      isAlive = false;
      schedule[Symbol.dispose]();
    },
  };
}

Deno.test("Over 30 minutes each turn of each job runs once in the fleet, with nodes killed and clocks that differ", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  const runs: Run[] = [];
  const clocks = [clock, skewed(clock, () => 1_500), skewed(clock, () => -1_500)];
  const start = (at: number) => nodeOf(NODES[at]!, { clock: clocks[at]!, time: clock, engine, runs });
  const nodes = NODES.map((_, at) => start(at));
  // To half past a minute, so that kills come between turns: what is killed in the middle is lost, as on one machine.
  await clock.advance(MINUTE + MINUTE / 2 - WALL_START % MINUTE);
  runs.length = 0;
  const first = Math.ceil(clock.wall() / MINUTE);
  for (let minute = 0; minute < 30; minute++) {
    const at = minute % 3;
    nodes[at]!.kill();
    // Every other one is away for a turn.
    if (minute % 2 === 0) nodes[at] = start(at);
    await clock.advance(MINUTE);
    await settle();
    if (minute % 2 === 1) nodes[at] = start(at);
  }
  for (const node of nodes) node.kill();
  const minutes = Array.from({ length: 30 }, (_, at) => first + at);
  const wanted = [
    ...minutes.map((minute) => `* * * * * ${minute * MINUTE}`),
    ...minutes.filter((minute) => minute % 30 === 0).map((minute) => `*/30 * * * * ${minute * MINUTE}`),
  ];
  assertEquals(runs.map(([job]) => job).sort(), wanted.sort());
  assertEquals(new Set(runs.map(([, node]) => node)).size > 1, true);
});

Deno.test("A clock that is hours off, or jumps, lets no turn run twice and none be lost", async () => {
  const clock = new FakeClock();
  const engine = new MemoryEngine(clock);
  const runs: Run[] = [];
  // Back and forth by more than a claim stands, on a node that was right before.
  const jumps = () => clock.now() < 40 * MINUTE ? 0 : clock.now() < 80 * MINUTE ? -75 * MINUTE : 75 * MINUTE;
  const clocks = [clock, skewed(clock, () => 2 * 60 * MINUTE), skewed(clock, jumps)];
  await clock.advance(MINUTE / 2 - WALL_START % MINUTE + MINUTE);
  const nodes = NODES.map((name, at) => nodeOf(name, { clock: clocks[at]!, time: clock, engine, runs }));
  const first = Math.ceil(clock.wall() / (30 * MINUTE));
  await clock.advance(150 * MINUTE);
  for (const node of nodes) node.kill();
  const wanted = Array.from({ length: 5 }, (_, at) => `*/30 * * * * ${(first + at) * 30 * MINUTE}`);
  assertEquals(runs.map(([job]) => job).filter((job) => job.startsWith("*/30")).sort(), wanted);
  assertEquals(new Set(runs.map(([job]) => job)).size, runs.length);
});

/** Another clock than the engine's. */
function skewed(clock: Clock, byMs: () => number): Clock {
  return {
    now: () => clock.now(),
    wall: () => clock.wall() + byMs(),
    after: (delayMs, run) => clock.after(delayMs, run),
  };
}
