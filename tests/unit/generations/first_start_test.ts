/** Tests how the first generation comes up. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { FirstStart } from "../../../runtime/generations/first_start.ts";
import { LateUnits, type ReadyUnit } from "../../../runtime/generations/late_units.ts";
import { PreparingUnit } from "../../../runtime/units/preparing_unit.ts";
import type { AppUnit, UnitCode } from "../../../runtime/generations/reload.ts";
import { Stage } from "../app/stage.ts";
import { FakeCall } from "../app/fake_call.ts";
import { appConfig, nanoConfig } from "../runtime/app_config.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const CODE: UnitCode = { version: "v1", inputs: ["/srv/shared.ts"] };

const QUIET = { emit: () => {} };

/** A first start whose code comes when a test says so; each app has a supervisor among fakes. */
function bench(names: readonly string[], changes: Partial<AppConfig> = {}) {
  const clock = new FakeClock();
  const codes = new Map(names.map((name) => [name, Promise.withResolvers<UnitCode>()]));
  const urgent = new Map<string, () => boolean>();
  const stages = new Map<string, Stage>();
  const adopted: ReadonlyMap<AppUnit, ReadyUnit>[] = [];
  const unitOf = (app: AppConfig): AppUnit => {
    const stage = new Stage({ name: app.name });
    stages.set(app.name, stage);
    return stage.supervisor;
  };
  const late = new LateUnits({
    clock,
    adopt: (prepared) => void adopted.push(prepared),
    beforeLazy: () => Promise.resolve(),
  });
  const first = new FirstStart(nanoConfig(names.map((name) => appConfig({ name, ...changes }))), {
    clock,
    late,
    makers: {
      bundle: (app, isUrgent) => {
        urgent.set(app.name, isUrgent!);
        return codes.get(app.name)!.promise;
      },
      supervise: (app) => unitOf(app),
      broken: (app, error) => new BrokenUnit(app, error),
      standIn: (app, { make, lazy }) => new PreparingUnit(app, make, { clock, emit: () => {}, lazy }),
    },
  });
  const seen: string[] = [];
  first.prepared.then(() => seen.push("prepared"));
  first.quicklyOver.then(() => seen.push("quickly over"));
  first.over.then(() => seen.push("over"));
  return { clock, codes, urgent, stages, adopted, first, late, seen };
}

/** Cannot start. */
class BrokenUnit implements AppUnit {
  readonly version = null;
  readonly state = "failed";
  readonly pending = 0;
  readonly openSockets = 0;
  constructor(readonly app: AppConfig, readonly error: NanoError) {}
  fetch(): void {}
  start(): Promise<void> {
    return Promise.reject(this.error);
  }
  stop() {
    return Promise.resolve("drained" as const);
  }
  snapshot(): never {
    throw new Error("nobody looks at it here");
  }
}

Deno.test("FirstStart has its generation at once, all apps starting, and is over when each is up or has failed", async () => {
  const { clock, codes, stages, first, seen } = bench(["a", "b"]);
  assertEquals([...first.generation.units.values()].map(({ state }) => state), ["starting", "starting"]);
  const told: NanoEvent[] = [];
  first.run({ emit: (event) => told.push(event) });
  await clock.advance(700);
  codes.get("a")!.resolve(CODE);
  codes.get("b")!.reject(new NanoError("APP_FAILED", "no b"));
  await clock.advance(0);
  assertEquals(seen, ["prepared"]);
  assertEquals(told, []);
  await stages.get("a")!.load();
  await clock.advance(0);
  assertEquals(seen.toSorted(), ["over", "prepared", "quickly over"]);
  assertEquals(told, [{ event: "apps_started", apps: 2, elapsedMs: 700 }]);
  assertEquals([...first.generation.units.values()].map(({ state }) => state), ["running", "failed"]);
});

Deno.test("FirstStart does not wait for an app that somebody else holds up", async () => {
  const { clock, codes, stages, first, seen } = bench(["a", "slow"]);
  first.run(QUIET);
  codes.get("a")!.resolve(CODE);
  first.skip("slow");
  await clock.advance(0);
  assertEquals(seen, []);
  await stages.get("a")!.load();
  await clock.advance(0);
  assertEquals(seen, ["quickly over"]);
});

Deno.test("FirstStart reads the code of an app first for which requests wait", async () => {
  const { clock, urgent, first } = bench(["a", "b"]);
  first.run(QUIET);
  await clock.advance(0);
  first.generation.units.get("b")!.fetch(new FakeCall({ startedAt: 0 }));
  assertEquals([urgent.get("a")!(), urgent.get("b")!()], [false, true]);
});

Deno.test("FirstStart puts units that are ready in the place of what stood in for them, several at once", async () => {
  const { clock, codes, stages, adopted, first, late } = bench(["a", "b", "c"]);
  first.run(QUIET);
  for (const name of ["a", "b"]) codes.get(name)!.resolve(CODE);
  await clock.advance(99);
  assertEquals(adopted, []);
  await clock.advance(1);
  assertEquals(adopted.map(({ size }) => size), [2]);
  const made = adopted[0]!.get(first.generation.units.get("a")!)!;
  assertStrictEquals(made.unit, stages.get("a")!.supervisor);
  assertEquals(made.inputs, ["/srv/shared.ts"]);
  codes.get("c")!.resolve(CODE);
  await clock.advance(50);
  late[Symbol.dispose]();
  await clock.advance(1000);
  assertEquals(adopted.length, 1, "nothing is put in force once all ends");
});

Deno.test("FirstStart without an app is over at once, and one that is ended lets nobody wait", async () => {
  const none = bench([]);
  await none.clock.advance(0);
  assertEquals(none.seen.length, 3);
  const ended = bench(["a"]);
  ended.first[Symbol.dispose]();
  await ended.clock.advance(0);
  assertEquals(ended.seen.length, 3);
});

Deno.test("FirstStart is over without lazy apps, which come up by their first request", async () => {
  const { clock, codes, stages, adopted, urgent, first, seen } = bench(["a", "b"], { starts: "lazy" });
  assertEquals(first.isOver, false);
  first.run(QUIET);
  await clock.advance(0);
  assertEquals([seen.length, first.isOver, urgent.size], [3, true, 0]);
  const a = first.generation.units.get("a")!;
  const calls = [new FakeCall(), new FakeCall()];
  for (const call of calls) a.fetch(call);
  assertEquals([a.state, a.pending, first.generation.units.get("b")!.state], ["starting", 2, "idle"]);
  await clock.advance(0);
  assertEquals(urgent.get("a")!(), true);
  codes.get("a")!.resolve(CODE);
  await clock.advance(100);
  assertEquals(adopted.map((one) => [...one.keys()]), [[a]]);
  await stages.get("a")!.load();
  assertEquals([a.state, stages.get("a")!.last.received], ["running", calls]);
});

Deno.test("Apps that start by themselves as it fits are lazy from a hundred on", () => {
  const names = Array.from({ length: 100 }, (_, at) => `app-${at}`);
  const states = (count: number, starts: AppConfig["starts"]) => {
    const units = [...bench(names.slice(0, count), { starts }).first.generation.units.values()];
    return [...new Set(units.map(({ state }) => state))];
  };
  assertEquals([states(99, "auto"), states(100, "auto")], [["starting"], ["idle"]]);
  assertEquals([states(100, "eager"), states(1, "lazy")], [["starting"], ["idle"]]);
});
