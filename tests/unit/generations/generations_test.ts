/** Tests how the first generation is put in force and its units take their places. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { Generations } from "../../../runtime/generations/generations.ts";
import type { Router } from "../../../runtime/http/router.ts";
import type { AppStateName, ExitReason } from "../../../runtime/lifecycle.ts";
import type { AppUnit, Generation } from "../../../runtime/generations/reload.ts";
import { appConfig, nanoConfig } from "../runtime/app_config.ts";
import { settle } from "../runtime/fake_clock.ts";

class Unit implements AppUnit {
  readonly pending = 0;
  readonly openSockets = 0;
  state: AppStateName = "starting";
  prepared: Promise<void> | null = null;
  stops = 0;

  constructor(readonly app: AppConfig, readonly version: string | null) {}

  fetch(): void {}
  start(): Promise<void> {
    this.state = "running";
    return Promise.resolve();
  }
  stop(): Promise<ExitReason> {
    this.stops++;
    return Promise.resolve("drained");
  }
  snapshot(): never {
    throw new Error("nobody looks at it here");
  }
}

const A = appConfig({ name: "a" });
const B = appConfig({ name: "b" });

/** Generations of fakes whose bundles come when a test says so. */
function bench() {
  const router: { now: Router | null } = { now: null };
  const again: string[] = [];
  const bundles: (() => void)[] = [];
  const generations: Generations = new Generations(nanoConfig([A, B]), {
    reloadTools: () => ({
      bundle: (app) =>
        new Promise((resolve) => {
          bundles.push(() =>
            resolve({ entry: "", modules: {}, version: `${app.name}2`, inputs: [], warnings: [], assets: null })
          );
        }),
      supervise: (app, { version }) => new Unit(app, version),
      broken: (app) => new Unit(app, null),
    }),
    openPorts: () => ({ commit() {}, discard() {} }),
    route: (next) => router.now = next,
    beforeBoot: () => Promise.resolve(),
    onChange: () => {},
    again: (app) => again.push(app),
    emit: () => {},
  });
  const standIns = [A, B].map((app) => new Unit(app, null));
  const units = new Map(standIns.map((unit): [string, AppUnit] => [unit.app.name, unit]));
  const first: Generation = { config: nanoConfig([A, B]), units, inputs: new Map() };
  generations.begin(first);
  return { generations, router, again, bundles, standIns };
}

Deno.test("Generations.begin() routes to what stands in, adopt() to what was made of it, with its files", () => {
  const { generations, router, standIns } = bench();
  assertStrictEquals(router.now!.match("a"), standIns[0]!);
  const made = new Unit(A, "v1");
  generations.adopt(new Map([[standIns[0]!, { unit: made, inputs: ["/srv/shared.ts"] }]]));
  assertStrictEquals(router.now!.match("a"), made);
  assertStrictEquals(router.now!.match("b"), standIns[1]!);
  assertStrictEquals(generations.target("a"), made);
  assertEquals(generations.present.inputs.get("a"), ["/srv/shared.ts"]);
  assertEquals(standIns.map(({ stops }) => stops), [0, 0], "who stood in only passes on: its end would be the unit's");
});

Deno.test("A unit takes its place also when a change that was under way knows only who stood in for it", async () => {
  const { generations, bundles, standIns } = bench();
  const options = { strict: true, only: new Set(["b"]) };
  const change = generations.queue(() => generations.advance(nanoConfig([A, B]), options));
  await settle();
  const made = new Unit(A, "v1");
  generations.adopt(new Map([[standIns[0]!, { unit: made, inputs: ["/srv/shared.ts"] }]]));
  bundles[0]!();
  assertEquals((await change).changed, ["b"]);
  assertStrictEquals(generations.unit("a"), made);
  assertEquals([generations.unit("b")!.version, generations.present.inputs.get("a")], ["b2", ["/srv/shared.ts"]]);
  assertEquals([standIns[1]!.stops, made.stops], [1, 0]);
});

Deno.test("What is edited while its code is being read is looked at again once that is known, and holds nobody up", async () => {
  const { generations, again, standIns } = bench();
  const prepared = Promise.withResolvers<void>();
  standIns[0]!.prepared = prepared.promise;
  for (let round = 0; round < 2; round++) {
    const options = { strict: true, only: new Set(["a"]) };
    const summary = await generations.queue(() => generations.advance(nanoConfig([A, B]), options));
    assertEquals(summary, { added: [], removed: [], changed: [], unchanged: ["a", "b"] });
  }
  assertEquals(again, []);
  prepared.resolve();
  await settle();
  assertEquals(again, ["a"]);
});
