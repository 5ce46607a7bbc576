/** Tests how the first generation comes up. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/events.ts";
import { FirstStart, type Prepared } from "../../../runtime/generations/first_start.ts";
import { PreparingUnit } from "../../../runtime/units/preparing_unit.ts";
import type { AppUnit, UnitCode } from "../../../runtime/generations/reload.ts";
import { Stage } from "../app/stage.ts";
import { FakeCall } from "../app/fake_call.ts";
import { appConfig, nanoConfig } from "../runtime/app_config.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const CODE: UnitCode = { version: "v1", inputs: ["/srv/shared.ts"] };

const QUIET = { emit: () => {} };

/** A first start whose code comes when a test says so; each app has a supervisor among fakes. */
function bench(names: readonly string[]) {
  const clock = new FakeClock();
  const codes = new Map(names.map((name) => [name, Promise.withResolvers<UnitCode>()]));
  const urgent = new Map<string, () => boolean>();
  const stages = new Map<string, Stage>();
  const adopted: ReadonlyMap<AppUnit, Prepared>[] = [];
  const unitOf = (app: AppConfig): AppUnit => {
    const stage = new Stage({ name: app.name });
    stages.set(app.name, stage);
    return stage.supervisor;
  };
  const first = new FirstStart(nanoConfig(names.map((name) => appConfig({ name }))), {
    clock,
    bundle: (app, isUrgent) => {
      urgent.set(app.name, isUrgent!);
      return codes.get(app.name)!.promise;
    },
    supervise: (app) => unitOf(app),
    broken: (app, error) => new BrokenUnit(app, error),
    standIn: (app, make) => new PreparingUnit(app, make, { clock, emit: () => {} }),
    adopt: (prepared) => adopted.push(prepared),
  });
  const seen: string[] = [];
  first.prepared.then(() => seen.push("prepared"));
  first.quicklyOver.then(() => seen.push("quickly over"));
  first.over.then(() => seen.push("over"));
  return { clock, codes, urgent, stages, adopted, first, seen };
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
  const { clock, codes, stages, adopted, first } = bench(["a", "b", "c"]);
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
  first[Symbol.dispose]();
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
