/** Versions as records, folders and roles: what is kept, what is refused, what is recorded. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { KEPT_VERSIONS } from "../../../runtime/operate/version_changes.ts";
import { BenchScene, BY, refused } from "./bench_scene.ts";

const PREVIEW = { target: { preview: { suffix: null } } } as const;

/** Versions of an app, newest first, with their roles. */
function roles(scene: BenchScene, app = "blog"): string[] {
  return scene.operator.versions.list(app).map(({ version, role }) => `${version} ${role}`);
}

Deno.test("The newest versions are kept, and those that serve or served before, on the disk as in the list", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.deploy("blog", "1");
  await scene.deploy("blog", "2");
  // Only looked at, so that v2 and v1 stay what serves and served.
  for (let count = 3; count <= 13; count++) await scene.deploy("blog", `${count}`, PREVIEW);
  const newest = Array.from({ length: KEPT_VERSIONS }, (_, index) => `v${13 - index} preview`);
  assertEquals(roles(scene), [...newest, "v2 active", "v1 kept"]);
  assertEquals(scene.folders("blog"), roles(scene).map((one) => one.split(" ")[0]!).sort());
  assertEquals([scene.app("v3--blog"), scene.app("v4--blog") === null], [null, false]);
  assertEquals(await scene.operator.versions.rollback("blog", null, BY), "v1");
});

Deno.test("Deploys to the same app at the same time all come through, one after the other", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const views = await Promise.all(Array.from({ length: 8 }, (_, index) => scene.deploy("blog", `text ${index}`)));
  assertEquals(views.map(({ version }) => version).sort(), Array.from({ length: 8 }, (_, index) => `v${index + 1}`));
  assertEquals(views.map(({ role }) => role), Array(8).fill("active"));
  assertEquals(roles(scene).filter((one) => one.endsWith("active")).length, 1);
  const { deployed } = scene.operator.apps.originOf("blog");
  const last = views.findIndex(({ version }) => version === deployed);
  assertEquals(await Deno.readTextFile(`${scene.app("blog")!.path}/index.ts`), `text ${last}`);
});

Deno.test("A deploy to an app that is not there is refused before it is read, unless it makes the app", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const how = { ...BY, create: null, target: "all", note: "" } as const;
  let cancelled = 0;
  const unread = () => new ReadableStream<Uint8Array>({ cancel: () => void cancelled++ });
  const create = { hostnames: ["shop.example"] };
  await refused("NOT_FOUND", () => scene.operator.versions.deploy("shop", unread(), how));
  const { message } = await refused("CONFLICT", () => scene.operator.versions.rollback("blog", null, BY));
  assertEquals(message, 'Cannot roll back app "blog": no version served before the code from its path');
  const late = { ...how, ifMatch: '"0000000000000000"' };
  await refused("PRECONDITION_FAILED", () => scene.operator.versions.deploy("blog", unread(), late));
  await refused(
    "USAGE",
    () => scene.operator.versions.deploy("shop", unread(), { ...how, create, target: { percent: 5 } }),
  );
  await refused("USAGE", () => scene.operator.versions.deploy("blog", unread(), { ...how, target: { percent: 101 } }));
  assertEquals(cancelled, 4);

  await scene.deploy("shop", "fine", { create });
  assertEquals([scene.app("shop")!.hostnames, scene.operator.apps.originOf("shop").source], [["shop.example"], "api"]);
  await scene.deploy("plain", "fine", { create: { hostnames: [] } });
  assertEquals(scene.app("plain")!.hostnames, ["plain"]);
  await refused("CONFLICT", () => scene.deploy("two", "fine", { create }));
  assertEquals([scene.folders("two"), scene.app("two")], [[], null]);
  // It has no path of its own to go back to, and nothing served before.
  await refused("NOT_FOUND", () => scene.operator.versions.rollback("shop", "path", BY));
  await refused("CONFLICT", () => scene.operator.versions.rollback("shop", null, BY));
  await scene.restart();
  assertEquals(scene.operator.apps.originOf("shop").deployed, "v1");
  await scene.operator.apps.remove("shop", BY);
  assertEquals([scene.app("shop"), scene.folders("shop")], [null, []]);
});

Deno.test("A version that cannot be bundled or started is refused, with its files, and its number is not given again", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.deploy("blog", "1");
  for (const text of ["broken", "failing"]) {
    assertMatch((await refused("CONFIG_INVALID", () => scene.deploy("blog", text))).message, /deploy to app "blog"/);
    await refused("CONFIG_INVALID", () => scene.deploy("blog", text, PREVIEW));
    await refused("CONFIG_INVALID", () => scene.deploy("blog", text, { target: { percent: 10 } }));
  }
  assertEquals([roles(scene), scene.folders("blog")], [["v1 active"], ["v1"]]);
  assertEquals((await scene.deploy("blog", "2")).version, "v8");
  assertEquals(scene.recent(3).map((line) => line.slice(0, 40)), [
    "version.deploy blog: null",
    "version.deploy blog: Cannot deploy to ap",
    "version.deploy blog: Cannot deploy to ap",
  ]);
});

Deno.test("A rollback goes to what served before, to any version, to the path, and ends a rollout first", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const back = (version: string | null) => scene.operator.versions.rollback("blog", version, BY);
  await refused("CONFLICT", () => back(null));
  await refused("NOT_FOUND", () => back("v1"));
  await refused("CONFLICT", () => back("path"));
  await scene.deploy("blog", "1");
  assertEquals(await back(null), "path");
  assertEquals(await back(null), "v1");
  await scene.deploy("blog", "2", { target: { percent: 20 } });
  assertEquals(scene.operator.apps.originOf("blog").rollout, { version: "v2", percent: 20 });
  assertEquals(scene.app("v2--blog")!.hostnames, ["v2--blog"]);
  assertEquals(await back(null), "v1");
  assertEquals([scene.operator.apps.originOf("blog").rollout, scene.app("v2--blog")], [null, null]);
  assertEquals(roles(scene), ["v2 kept", "v1 active"]);
  assertEquals(await back("v2"), "v2");
  assertEquals(await back(null), "v1");
  await refused("CONFLICT", () => back("v1"));
});

Deno.test("A rollout moves between 0 and 100 percent, and nothing else", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const rollout = (version: string, percent: number) => scene.operator.versions.rollout("blog", version, percent, BY);
  await scene.deploy("blog", "1");
  await scene.deploy("blog", "2", { target: { percent: 5 } });
  await rollout("v2", 50);
  assertEquals([roles(scene), scene.operator.apps.originOf("blog").rollout?.percent], [
    ["v2 rollout", "v1 active"],
    50,
  ]);
  for (const percent of [-1, 100.5, Number.NaN, Infinity]) await refused("USAGE", () => rollout("v2", percent));
  await refused("NOT_FOUND", () => rollout("v9", 10));
  await refused("CONFLICT", () => rollout("v1", 10));
  await refused("CONFLICT", () => scene.operator.versions.remove("blog", "v2", BY));
  await rollout("v2", 0);
  assertEquals(roles(scene), ["v2 kept", "v1 active"]);
  await rollout("v2", 30);
  await rollout("v2", 100);
  assertEquals(roles(scene), ["v2 active", "v1 kept"]);
  assertEquals(await scene.operator.versions.rollback("blog", null, BY), "v1");
  // Removing the version app ends its rollout.
  await rollout("v2", 30);
  await scene.operator.apps.remove("v2--blog", BY);
  assertEquals([roles(scene), scene.operator.apps.originOf("blog").rollout], [["v2 kept", "v1 active"], null]);
  await scene.deploy("blog", "3", { target: { percent: 100 } });
  await scene.deploy("blog", "4", { target: { percent: 0 } });
  assertEquals(roles(scene), ["v4 kept", "v3 active", "v2 kept", "v1 kept"]);
});

Deno.test("A version that does not serve can be removed; what served before is forgotten with it", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.deploy("blog", "1");
  await scene.deploy("blog", "2");
  const remove = (version: string) => scene.operator.versions.remove("blog", version, BY);
  await refused("CONFLICT", () => remove("v2"));
  await refused("NOT_FOUND", () => remove("v9"));
  await remove("v1");
  assertEquals([roles(scene), scene.folders("blog")], [["v2 active"], ["v2"]]);
  await refused("CONFLICT", () => scene.operator.versions.rollback("blog", null, BY));
});

Deno.test("A rollout that fails more often than the rest is ended, recorded and told, whatever nano.json says", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.deploy("blog", "1");
  await scene.deploy("blog", "2", { target: { percent: 20 } });
  await Deno.writeTextFile(`${scene.dir}/nano.json`, "half an edit");
  const request = {
    event: "request",
    method: "GET",
    path: "/",
    bytes: 0,
    durationMs: 1,
    requestId: "x",
    end: "done",
  } as const;
  for (let count = 0; count < 5; count++) {
    scene.bench.emit({ ...request, app: "blog", status: 200, code: null });
    scene.bench.emit({ ...request, app: "v2--blog", status: 500, code: "APP_EXCEPTION" });
  }
  await scene.bench.generations.settled;
  assertEquals([scene.operator.apps.originOf("blog").rollout, roles(scene)], [null, ["v2 kept", "v1 active"]]);
  const [entry] = scene.operator.history({ app: "blog", before: null, limit: 1 });
  assertEquals([entry!.action, entry!.actor, entry!.error], ["version.return", "nano", null]);
  assertEquals(
    entry!.detail,
    'v2 of app "blog" gets no requests any more: 5 of 5 requests failed, against 0 of 5 of the others',
  );
  assert(scene.bench.events.some((one) => one.event === "operator_change" && one.action === "version.return"));
});

Deno.test("A rollout whose version fails for good is ended", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.deploy("blog", "1", { target: { percent: 20 } });
  const failure = { event: "app_failed", app: "v1--blog", reason: "boot_failed", error: "no luck\nat x" } as const;
  scene.bench.emit({ ...failure, app: "blog" });
  await scene.bench.generations.settled;
  assert(scene.operator.apps.originOf("blog").rollout !== null);
  scene.bench.emit(failure);
  await scene.bench.generations.settled;
  assertEquals(scene.operator.apps.originOf("blog").rollout, null);
  assertMatch(scene.operator.history({ app: "blog", before: null, limit: 1 })[0]!.detail, /: it failed: no luck$/);
});

Deno.test("While NANO goes away every change is refused, and nothing of it is recorded", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const { operator } = scene;
  await scene.deploy("blog", "1");
  scene.bench.draining = true;
  await refused("APP_DRAINING", () => operator.apps.add({ name: "shop", path: "./apps/blog" }, BY));
  await refused("APP_DRAINING", () => operator.apps.change("blog", { cpu_ms: 4000 }, BY));
  await refused("APP_DRAINING", () => operator.apps.remove("blog", BY));
  await refused("APP_DRAINING", () => operator.apps.restart("blog", BY));
  await refused("APP_DRAINING", () => operator.versions.rollback("blog", "path", BY));
  await refused("APP_DRAINING", () => scene.deploy("blog", "2"));
  await refused("APP_DRAINING", () => operator.reload(BY));
  assertEquals(scene.recent(5), ["version.deploy blog: null"]);
});

Deno.test("The history goes back page by page, of one app or of all", async () => {
  await using scene = await BenchScene.create({ blog: {}, shop: {} });
  for (let count = 0; count < 3; count++) {
    await scene.operator.apps.change("blog", { env: { COUNT: `${count}` } }, BY);
    await scene.operator.apps.change("shop", { env: { COUNT: `${count}` } }, BY);
  }
  const ids = (filter: { app: string | null; before: number | null; limit: number }) =>
    scene.operator.history(filter).map(({ id }) => id);
  assertEquals(ids({ app: null, before: null, limit: 4 }), [6, 5, 4, 3]);
  assertEquals(ids({ app: null, before: 3, limit: 4 }), [2, 1]);
  assertEquals(ids({ app: "blog", before: null, limit: 2 }), [5, 3]);
  assertEquals(ids({ app: "none", before: null, limit: 2 }), []);
});

Deno.test("The tag changes with configuration, code and rollout, and with nothing else", async () => {
  await using scene = await BenchScene.create({ blog: {}, shop: {} });
  const { operator } = scene;
  const tags = [operator.apps.tagOf("blog")];
  const next = async (work: Promise<unknown>) => {
    await work;
    tags.push(operator.apps.tagOf("blog"));
  };
  await next(operator.apps.change("blog", { env: { A: "1" } }, BY));
  await next(scene.deploy("blog", "1"));
  await next(scene.deploy("blog", "2", { target: { percent: 5 } }));
  await next(operator.versions.rollout("blog", "v2", 6, BY));
  assertEquals(new Set(tags).size, tags.length);
  await operator.apps.change("shop", { env: { A: "1" } }, BY);
  await operator.apps.restart("blog", BY);
  await operator.reload(BY);
  assertEquals(operator.apps.tagOf("blog"), tags.at(-1));
  await operator.versions.rollback("blog", null, BY);
  await operator.versions.rollback("blog", "path", BY);
  assertEquals(operator.apps.tagOf("blog"), tags[1]);
  // A preview runs beside the app and changes nothing of it, but has a tag of its own.
  await scene.deploy("blog", "3", PREVIEW);
  assertEquals(operator.apps.tagOf("blog"), tags[1]);
  const byTag = (ifMatch: string) => operator.apps.remove("v3--blog", { actor: "test", ifMatch });
  await refused("PRECONDITION_FAILED", () => byTag(operator.apps.tagOf("blog")));
  await byTag(operator.apps.tagOf("v3--blog"));
  assertEquals(scene.app("v3--blog"), null);
  await refused("NOT_FOUND", () => Promise.resolve().then(() => operator.apps.tagOf("none")));
});

Deno.test("What a change wrote is in force only when it is on the disk", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const { store } = scene.bench;
  const commit = store.commit.bind(store);
  store.commit = (change) => {
    if ((change.apps?.length ?? 0) > 0) throw new Error("the disk is full");
    commit(change);
  };
  let message = "";
  await scene.deploy("blog", "1").catch((error) => message = error.message);
  assertEquals(message, "the disk is full");
  assertEquals([scene.operator.apps.originOf("blog").deployed, scene.folders("blog")], [null, []]);
  assertMatch(scene.app("blog")!.path, /apps\/blog$/);
  assertEquals(scene.recent(1), ["version.deploy blog: the disk is full"]);
  store.commit = commit;
  assertEquals((await scene.deploy("blog", "2")).role, "active");
});
