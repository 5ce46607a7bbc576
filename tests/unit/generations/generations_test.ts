/** Tests how the first generation is put in force and its units take their places. */
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { Generations, type GenerationsTools } from "../../../runtime/generations/generations.ts";
import type { Router } from "../../../runtime/http/router.ts";
import type { AppStateName, ExitReason } from "../../../runtime/terms/lifecycle.ts";
import type { AppUnit, Generation } from "../../../runtime/generations/reload.ts";
import { appConfig, nanoConfig } from "../runtime/app_config.ts";
import { settle } from "../runtime/fake_clock.ts";

class Unit implements AppUnit {
  readonly pending = 0;
  readonly openSockets = 0;
  state: AppStateName = "starting";
  prepared: Promise<void> | null = null;
  stops = 0;
  /** Settles its stop. */
  readonly gone = Promise.withResolvers<ExitReason>();
  lingers = false;
  hangs = false;

  constructor(readonly app: AppConfig, readonly version: string | null) {}

  fetch(): void {}
  start(): Promise<void> {
    if (this.hangs) return new Promise(() => {});
    this.state = "running";
    return Promise.resolve();
  }
  stop(): Promise<ExitReason> {
    this.stops++;
    return this.lingers ? this.gone.promise : Promise.resolve("drained");
  }
  snapshot(): never {
    throw new Error("nobody looks at it here");
  }
}

const A = appConfig({ name: "a" });
const B = appConfig({ name: "b" });

/** Generations of fakes whose bundles come when a test says so. */
function bench(tools: Partial<GenerationsTools> = {}) {
  const router: { now: Router | null } = { now: null };
  const events: NanoEvent[] = [];
  const made: Unit[] = [];
  const ports: string[] = [];
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
      supervise: (app, { version }) => {
        const unit = new Unit(app, version);
        made.push(unit);
        return unit;
      },
      broken: (app) => new Unit(app, null),
      lazy: (app) => new Unit(app, null),
    }),
    openPorts: () => ({ commit: () => void ports.push("commit"), discard: () => void ports.push("discard") }),
    route: (next) => router.now = next,
    beforeBoot: () => Promise.resolve(),
    onChange: () => {},
    again: (app) => again.push(app),
    emit: (event) => events.push(event),
    ...tools,
  });
  const standIns = [A, B].map((app) => new Unit(app, null));
  const units = new Map(standIns.map((unit): [string, AppUnit] => [unit.app.name, unit]));
  const first: Generation = { config: nanoConfig([A, B]), units, inputs: new Map() };
  generations.begin(first);
  ports.length = 0;
  /** Changes to these apps, all of whose code is another. */
  const advance = (apps: readonly AppConfig[], keep?: () => void) => {
    const options = { strict: true, only: null, ...(keep === undefined ? {} : { keep }) };
    return generations.queue(async () => {
      const change = generations.advance(nanoConfig(apps), options);
      change.catch(() => {});
      await settle();
      for (const bundle of bundles.splice(0)) bundle();
      return await change;
    });
  };
  return { generations, router, again, bundles, standIns, events, made, ports, advance };
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

Deno.test("Generations.advance() routes to the new units in the same router, and makes another for other hosts", async () => {
  const a = appConfig({ name: "a", hostnames: ["a.test"] });
  const b = appConfig({ name: "b", hostnames: ["b.test"] });
  const { generations, router, advance } = bench();
  const routed = () => ["a.test", "b.test"].map((host) => router.now!.match(host));
  await advance([a, b]);
  const first = router.now;
  assertEquals(routed(), [generations.unit("a"), generations.unit("b")]);
  const before = routed();
  await advance([a, { ...b, env: { A: "1" } }]);
  assertStrictEquals(router.now, first);
  assertEquals(routed(), [generations.unit("a"), generations.unit("b")]);
  assertEquals([generations.target("b"), before[1] === routed()[1]], [generations.unit("b"), false]);
  await advance([a, { ...b, hostnames: ["c.test"] }]);
  assertEquals([router.now === first, ...routed()], [false, generations.unit("a"), null]);
  await advance([a]);
  assertEquals(generations.target("b"), null);
});

const FAULTS = ["onChange", "route", "commit of ports", "stop of an old unit"] as const;

for (const fault of FAULTS) {
  Deno.test(`Generations.advance() leaves what is in force alone when ${fault} throws afterwards, and finishes the rest`, async () => {
    let isArmed = false;
    const fail = () => {
      if (isArmed) throw new Error("boom");
    };
    const committed: string[] = [];
    const { generations, standIns, made, events, advance } = bench({
      ...(fault === "onChange" ? { onChange: fail } : {}),
      ...(fault === "route" ? { route: fail } : {}),
      openPorts: () => ({
        commit: () => {
          committed.push("commit");
          if (fault === "commit of ports") fail();
        },
        discard: () => void committed.push("discard"),
      }),
    });
    if (fault === "stop of an old unit") {
      standIns[0]!.stop = () => {
        throw new Error("boom");
      };
    }
    isArmed = true;
    committed.length = 0;
    // Another router is made for other hosts alone.
    const summary = await advance([A, { ...B, hostnames: ["moved.test"] }]);
    assertEquals(summary.changed, ["b", "a"]);
    assertEquals([generations.unit("a")!.version, generations.unit("b")!.version], ["a2", "b2"]);
    assertEquals(made.map(({ stops }) => stops), [0, 0], "they serve");
    assertEquals(standIns[1]!.stops, 1, "what was replaced drains all the same");
    assertEquals(committed, ["commit"]);
    assertEquals(events.filter(({ event }) => event === "warning"), [
      { event: "warning", text: "Cannot finish a change that is in force: boom" },
    ]);
  });
}

Deno.test("Generations.advance() changes nothing and ends what it started when the change cannot be kept", async () => {
  const { generations, router, made, ports, advance } = bench();
  const before = generations.present;
  const routes = router.now;
  const keep = () => {
    throw new NanoError("INTERNAL", "Cannot write the store: the disk is full");
  };
  await assertRejects(() => advance([A, B], keep), NanoError, "the disk is full");
  assertStrictEquals(generations.present, before);
  assertStrictEquals(router.now, routes);
  assertEquals([made.map(({ stops }) => stops), ports], [[1, 1], ["discard"]]);
});

Deno.test("Generations.advance() changes nothing when a port cannot be had", async () => {
  const { generations, bundles, advance } = bench({
    openPorts: (config) => {
      if (config.apps.length === 1) throw new NanoError("USAGE", "Cannot listen");
      return { commit() {}, discard() {} };
    },
  });
  const before = generations.present;
  await assertRejects(() => advance([A]), NanoError, "Cannot listen");
  assertStrictEquals(generations.present, before);
  assertEquals(bundles.length, 0, "no code was read for it");
});

Deno.test("An app that was removed answers for its host until it has drained, and only then it is told as removed", async () => {
  const { generations, router, standIns, events, advance } = bench();
  standIns[1]!.lingers = true;
  await advance([A]);
  assertStrictEquals(generations.target("b"), standIns[1]!);
  assertStrictEquals(router.now!.match("b"), standIns[1]!);
  assertEquals([generations.unit("b"), [...generations.stopping.keys()]], [null, [standIns[1]!]]);
  let ended = false;
  const end = generations.ended("b").then(() => ended = true);
  await settle();
  assertEquals([ended, events], [false, []]);
  standIns[1]!.gone.resolve("drained");
  await end;
  await settle();
  assertEquals([generations.target("b"), router.now!.match("b"), generations.stopping.size], [null, null, 0]);
  assertEquals(events, [{ event: "app_removed", app: "b" }]);
});

Deno.test("An app that comes back while its former self drains is not told as removed", async () => {
  const { generations, router, standIns, events, advance } = bench();
  standIns[1]!.lingers = true;
  await advance([A]);
  await advance([A, B]);
  assertStrictEquals(router.now!.match("b"), generations.unit("b"));
  standIns[1]!.gone.resolve("drained");
  await settle();
  assertEquals(events, []);
});

Deno.test("Generations.queue() runs one change at a time, and the next after one that failed", async () => {
  const { generations } = bench();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = generations.queue(async () => {
    order.push("first begins");
    await gate.promise;
    throw new Error("refused");
  });
  const second = generations.queue(() => Promise.resolve(order.push("second")));
  await settle();
  assertEquals(order, ["first begins"]);
  gate.resolve();
  await assertRejects(() => first, Error, "refused");
  await second;
  await generations.settled;
  assertEquals(order, ["first begins", "second"]);
});

Deno.test("Generations.adopt() puts the unit in force whoever throws: it is called by a timer, which would end the host", () => {
  let isArmed = false;
  const { generations, standIns, events } = bench({
    onChange: () => {
      if (isArmed) throw new Error("boom");
    },
  });
  isArmed = true;
  const made = new Unit(A, "v1");
  generations.adopt(new Map([[standIns[0]!, { unit: made, inputs: [] }]]));
  assertStrictEquals(generations.unit("a"), made);
  assertEquals(events.map(({ event }) => event), ["warning"]);
});

Deno.test("Generations.close() refuses the change whose apps still start, ends them, and lets a drain wait no longer", async () => {
  const made: Unit[] = [];
  const { generations, ports } = bench({
    reloadTools: () => ({
      bundle: ({ name }) =>
        Promise.resolve({
          entry: "",
          modules: {},
          version: `${name}2`,
          inputs: [],
          warnings: [],
          assets: null,
        }),
      supervise: (app, { version }) => {
        const unit = new Unit(app, version);
        unit.hangs = true;
        made.push(unit);
        return unit;
      },
      broken: (app) => new Unit(app, null),
      lazy: (app) => new Unit(app, null),
    }),
  });
  const before = generations.present;
  const options = { strict: true, only: null };
  const changes = [1, 2].map(() => generations.queue(() => generations.advance(nanoConfig([A, B]), options)));
  const refused = changes.map((change) => assertRejects(() => change, NanoError, "NANO is going away"));
  await settle();
  assertEquals(made.length, 2, "the second change waits for the first");
  generations.close();
  await generations.settled;
  await Promise.all(refused);
  assertStrictEquals(generations.present, before);
  assertEquals(made.map(({ stops }) => stops), [1, 1, 1, 1]);
  assertEquals(ports, ["discard", "discard"]);
});
