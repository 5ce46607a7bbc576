/** Tests how one generation of apps follows another. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { AppConfig, NanoConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { Router } from "../../../runtime/http/router.ts";
import type { AppSnapshot } from "../../../runtime/terms/events.ts";
import type { AppStateName, ExitReason } from "../../../runtime/terms/lifecycle.ts";
import {
  type AppUnit,
  emptyGeneration,
  type Generation,
  prepareReload,
  type ReloadTools,
  routerOf,
  targetsOf,
  type UnitCode,
} from "../../../runtime/generations/reload.ts";
import { appConfig, nanoConfig } from "../runtime/app_config.ts";

/** An app that starts or fails as its test says. */
class FakeUnit implements AppUnit {
  readonly pending = 0;
  readonly openSockets = 0;
  state: AppStateName = "idle";
  prepared: Promise<void> | null = null;
  isUnread = false;
  stops: (number | undefined)[] = [];
  starts = 0;

  constructor(
    readonly app: AppConfig,
    readonly version: string | null,
    readonly begin: () => Promise<void>,
  ) {}

  fetch(): void {}

  async start(): Promise<void> {
    this.starts++;
    this.state = "starting";
    try {
      await this.begin();
      this.state = "running";
    } catch (error) {
      this.state = "failed";
      throw error;
    }
  }

  stop(timeoutMs?: number): Promise<ExitReason> {
    this.stops.push(timeoutMs);
    this.state = "stopped";
    return Promise.resolve("drained");
  }

  snapshot(): AppSnapshot {
    throw new Error("nobody looks at it here");
  }
}

/** A workshop of fakes: code versions and failures by app name. */
class Workshop implements ReloadTools<UnitCode> {
  readonly versions: Record<string, string> = {};
  readonly cannotBundle = new Set<string>();
  readonly cannotStart = new Set<string>();
  readonly neverStart = new Set<string>();
  readonly bundled: string[] = [];
  readonly made: FakeUnit[] = [];

  bundle(app: AppConfig): Promise<UnitCode> {
    this.bundled.push(app.name);
    if (this.cannotBundle.has(app.name)) {
      return Promise.reject(new NanoError("APP_FAILED", `no ${app.name}`, { details: [`${app.name}.ts:1`] }));
    }
    return Promise.resolve({ version: this.versions[app.name] ?? "v1", inputs: [`/apps/${app.name}/index.ts`] });
  }

  supervise(app: AppConfig, code: UnitCode): FakeUnit {
    return this.#make(app, code.version, () => {
      if (this.neverStart.has(app.name)) return new Promise(() => {});
      return this.cannotStart.has(app.name) ? Promise.reject(new Error(`${app.name} threw`)) : Promise.resolve();
    });
  }

  lazy(app: AppConfig): FakeUnit {
    const unit = this.#make(app, null, () => Promise.resolve());
    unit.isUnread = true;
    return unit;
  }

  broken(app: AppConfig, error: NanoError): FakeUnit {
    return this.#make(app, null, () => Promise.reject(error));
  }

  #make(app: AppConfig, version: string | null, begin: () => Promise<void>): FakeUnit {
    const unit = new FakeUnit(app, version, begin);
    this.made.push(unit);
    return unit;
  }
}

const STRICT = { strict: true, only: null } as const;
const TOLERANT = { strict: false, only: null } as const;

/** A generation of these apps, in force. */
async function inForce(shop: Workshop, config: NanoConfig): Promise<Generation> {
  const { next } = await prepareReload(emptyGeneration(config), config, shop, TOLERANT);
  shop.bundled.length = 0;
  return next;
}

const A = appConfig({ name: "a" });
const B = appConfig({ name: "b" });
const C = appConfig({ name: "c" });

function routed(generation: Generation, leaving: Iterable<AppUnit>): Router {
  return routerOf(generation, targetsOf(generation), leaving);
}

Deno.test("prepareReload() starts every app of the first generation and tells them as added", async () => {
  const shop = new Workshop();
  const config = nanoConfig([A, B]);
  const { next, summary, retired } = await prepareReload(emptyGeneration(config), config, shop, TOLERANT);
  assertEquals(summary, { added: ["a", "b"], removed: [], changed: [], unchanged: [] });
  assertEquals([...next.units.values()].map(({ state }) => state), ["running", "running"]);
  assertEquals(next.inputs.get("a"), ["/apps/a/index.ts"]);
  assertEquals(retired, []);
  assertStrictEquals(next.config, config);
});

Deno.test("prepareReload() keeps the unit of an app whose config and code are the same", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A, B]));
  shop.versions["b"] = "v2";
  const { next, summary, retired } = await prepareReload(present, nanoConfig([A, B]), shop, STRICT);
  assertStrictEquals(next.units.get("a"), present.units.get("a"));
  assertEquals(next.units.get("b")?.version, "v2");
  assertEquals(summary, { added: [], removed: [], changed: ["b"], unchanged: ["a"] });
  assertEquals(retired, [present.units.get("b")!]);
  assertEquals((present.units.get("a") as FakeUnit).starts, 1, "it was not started again");
  assertEquals((present.units.get("b") as FakeUnit).stops, [], "the old one serves until the new is in force");
});

Deno.test("prepareReload() replaces an app whose config changed though its code did not, adds and removes", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A, B]));
  const changed = appConfig({ name: "a", env: { X: "1" } });
  const { next, summary, retired } = await prepareReload(present, nanoConfig([C, changed]), shop, STRICT);
  assertEquals(summary, { added: ["c"], removed: ["b"], changed: ["a"], unchanged: [] });
  assertEquals([...next.units.keys()], ["c", "a"], "in the order of the configuration");
  assertEquals(retired.map(({ app }) => app.name), ["a", "b"]);
  assertEquals(next.inputs.has("b"), false);
});

Deno.test("prepareReload() bundles only the apps whose files changed, and those whose config did", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A, B, C]));
  const changed = appConfig({ name: "c", cpuMs: 1 });
  const options = { strict: true, only: new Set(["b"]) };
  const { next } = await prepareReload(present, nanoConfig([A, B, changed]), shop, options);
  assertEquals(shop.bundled, ["b", "c"]);
  assertEquals(next.inputs.get("a"), ["/apps/a/index.ts"], "what was known of it is kept");
  assertStrictEquals(next.units.get("a"), present.units.get("a"));
});

for (const how of ["cannotBundle", "cannotStart"] as const) {
  Deno.test(`prepareReload() refuses all when an app would break (${how}), and ends what it had started`, async () => {
    const shop = new Workshop();
    const present = await inForce(shop, nanoConfig([A, B]));
    const made = shop.made.length;
    shop.versions["a"] = shop.versions["b"] = "v2";
    shop[how].add("b");
    const config = nanoConfig([A, B]);
    const error = await assertRejects(() => prepareReload(present, config, shop, STRICT), NanoError);
    assertEquals([error.code, error.message], ["CONFIG_INVALID", "Cannot reload: 1 app(s) would break"]);
    const expected = how === "cannotBundle" ? ["no b", "b.ts:1"] : ['Cannot start app "b": b threw'];
    assertEquals(error.details, expected);
    for (const unit of shop.made.slice(made)) assertEquals(unit.stops, [0], unit.app.name);
    for (const unit of present.units.values()) assertEquals((unit as FakeUnit).stops, []);
  });
}

Deno.test("prepareReload() tells every app that would break, added ones too", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A]));
  shop.versions["a"] = "v2";
  shop.cannotStart.add("a").add("b");
  shop.cannotBundle.add("c");
  const config = nanoConfig([A, B, C]);
  const error = await assertRejects(() => prepareReload(present, config, shop, STRICT), NanoError);
  assertEquals([...error.details].sort(), [
    'Cannot start app "a": a threw',
    'Cannot start app "b": b threw',
    "c.ts:1",
    "no c",
  ]);
});

for (const state of ["failed", "backoff", "crash_loop"] as const) {
  Deno.test(`prepareReload() lets an app stay broken that was in ${state} before: others' changes take effect`, async () => {
    const shop = new Workshop();
    const present = await inForce(shop, nanoConfig([A, B]));
    (present.units.get("b") as FakeUnit).state = state;
    shop.versions["a"] = shop.versions["b"] = "v2";
    shop.cannotStart.add("b");
    const { next, summary } = await prepareReload(present, nanoConfig([A, B]), shop, STRICT);
    assertEquals([next.units.get("a")?.state, next.units.get("b")?.state], ["running", "failed"]);
    assertEquals(summary.changed, ["a", "b"]);
  });
}

Deno.test("prepareReload() mends an app whose code could not be bundled before", async () => {
  const shop = new Workshop();
  shop.cannotBundle.add("a");
  const present = await inForce(shop, nanoConfig([A]));
  assertEquals(present.units.get("a")?.state, "failed");
  shop.cannotBundle.clear();
  const { next, summary } = await prepareReload(present, nanoConfig([A]), shop, STRICT);
  assertEquals([next.units.get("a")?.state, summary.changed], ["running", ["a"]]);
});

Deno.test("prepareReload() of the first start tolerates broken apps and keeps them in view", async () => {
  const shop = new Workshop();
  shop.cannotBundle.add("a");
  shop.cannotStart.add("b");
  const next = await inForce(shop, nanoConfig([A, B, C]));
  assertEquals([...next.units.values()].map(({ state }) => state), ["failed", "failed", "running"]);
});

Deno.test("prepareReload() with patience takes an app that starts slowly as it is", async () => {
  const shop = new Workshop();
  shop.neverStart.add("a");
  const config = nanoConfig([A, B]);
  const { next } = await prepareReload(emptyGeneration(config), config, shop, { ...TOLERANT, patienceMs: 1 });
  assertEquals([...next.units.values()].map(({ state }) => state), ["starting", "running"]);
});

Deno.test("prepareReload() leaves an app alone whose code is being read, unless it changes itself, and says so", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A, B]));
  const preparing = present.units.get("a") as FakeUnit;
  preparing.prepared = new Promise(() => {});
  const { next, summary, postponed } = await prepareReload(present, nanoConfig([A, B]), shop, STRICT);
  assertEquals([shop.bundled, postponed, summary.unchanged], [["b"], [preparing], ["a", "b"]]);
  assertStrictEquals(next.units.get("a"), preparing);
  const others = await prepareReload(present, nanoConfig([A, B]), shop, { strict: true, only: new Set(["b"]) });
  assertEquals(others.postponed, [], "nothing of it was asked for");
  const changed = nanoConfig([appConfig({ name: "a", env: { X: "1" } }), B]);
  const replaced = await prepareReload(present, changed, shop, STRICT);
  assertEquals([replaced.postponed, replaced.retired], [[], [preparing]]);
});

Deno.test("prepareReload() lets an app fail whose code was never known: it served nobody before", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A, B]));
  const old = new FakeUnit(A, null, () => Promise.resolve());
  old.state = "starting";
  const units = new Map(present.units).set("a", old);
  shop.cannotStart.add("a");
  const options = { strict: true, only: null, force: new Set(["a"]) };
  const { next } = await prepareReload({ ...present, units }, nanoConfig([A, B]), shop, options);
  assertEquals(next.units.get("a")?.state, "failed");
});

Deno.test("PreparedReload.discard() ends what was started for nothing and nothing else", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A, B]));
  shop.versions["b"] = "v2";
  const { next, discard } = await prepareReload(present, nanoConfig([A, B, C]), shop, STRICT);
  await discard();
  assertEquals((next.units.get("b") as FakeUnit).stops, [0]);
  assertEquals((next.units.get("c") as FakeUnit).stops, [0]);
  for (const unit of present.units.values()) assertEquals((unit as FakeUnit).stops, []);
});

Deno.test("routerOf() routes to the generation, to its default app, and to apps that leave until their host is claimed", async () => {
  const shop = new Workshop();
  const old = await inForce(shop, nanoConfig([A, B]));
  const heir = appConfig({ name: "c", hostnames: ["a", "c"] });
  const next = await inForce(shop, nanoConfig([heir], { defaultApp: "c" }));
  const router = routed(next, old.units.values());
  assertStrictEquals(router.match("a"), next.units.get("c"), "the heir, not who leaves");
  assertStrictEquals(router.match("b"), old.units.get("b"));
  assertStrictEquals(router.match("nobody"), next.units.get("c"));
  assertStrictEquals(routed(await inForce(shop, nanoConfig([A])), []).match("nobody"), null);
  const missing = await inForce(shop, nanoConfig([A], { defaultApp: "gone" }));
  assertStrictEquals(routed(missing, []).match("nobody"), null);
  assert(routed(missing, []).match("a") !== null);
});

Deno.test("prepareReload() reads nothing of a lazy app until it is asked for, unless a change is to it alone", async () => {
  const lazy = appConfig({ name: "a", starts: "lazy" });
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([lazy, B]));
  assertEquals(shop.made.map(({ isUnread }) => isUnread), [true, false]);
  const unread = present.units.get("a");
  // A reload of all, one of its files, and one that changes it
  for (const options of [STRICT, { strict: true, only: new Set(["a"]) }]) {
    const { next } = await prepareReload(present, nanoConfig([lazy, B]), shop, options);
    assertStrictEquals(next.units.get("a"), unread);
  }
  const edited = { ...lazy, env: { A: "1" } };
  const all = await prepareReload(present, nanoConfig([edited, B]), shop, STRICT);
  assertEquals([all.next.units.get("a")!.isUnread, all.summary.changed, shop.bundled.includes("a")], [
    true,
    ["a"],
    false,
  ]);
  // By the admin API
  shop.cannotBundle.add("a");
  const alone = { strict: true, only: new Set<string>() };
  await assertRejects(() => prepareReload(present, nanoConfig([edited, B]), shop, alone), NanoError, "Cannot reload");
  shop.cannotBundle.delete("a");
  const changed = await prepareReload(present, nanoConfig([edited, B]), shop, alone);
  assertEquals([changed.next.units.get("a")!.version, changed.next.units.get("a")!.state], ["v1", "running"]);
  // It runs: from now on it is as any other
  shop.bundled.length = 0;
  await prepareReload(changed.next, nanoConfig([lazy, B]), shop, STRICT);
  assertEquals(shop.bundled.includes("a"), true);
});

Deno.test("prepareReload() lets an app that is new and that nobody asked for wait for its first request when it is lazy", async () => {
  const shop = new Workshop();
  const present = await inForce(shop, nanoConfig([A]));
  const both = nanoConfig([A, appConfig({ name: "b", starts: "lazy" })]);
  // By nano.json, by many changes of other nodes at once, and by a change of its own.
  const added = await prepareReload(present, both, shop, STRICT);
  const alone = { strict: true, only: new Set<string>() };
  const followed = await prepareReload(present, both, shop, { ...alone, isUnasked: true });
  assertEquals(followed.next.units.get("b")!.isUnread, true);
  assertEquals((await prepareReload(present, both, shop, alone)).next.units.get("b")!.isUnread, false);
  assertEquals([added.next.units.get("b")!.isUnread, added.summary.added], [true, ["b"]]);
});
