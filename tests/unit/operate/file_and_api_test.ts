/** Edits of nano.json against changes by the API, where no request is needed to see what comes of them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BenchScene, BY, refused } from "./bench_scene.ts";

Deno.test("A change by the API holds for its keys also after the operator edits them; the others follow the file", async () => {
  await using scene = await BenchScene.create({ blog: { env: { WORD: "file 1" } } });
  await scene.operator.apps.change("blog", { env: { WORD: "api" } }, BY);
  await scene.edit({ blog: { env: { WORD: "file 2", MORE: "x" }, cpu_ms: 4000 } });
  assertEquals(scene.app("blog")!.env, { WORD: "api", MORE: "x" });
  assertEquals(scene.app("blog")!.cpuMs, 4000);
  await scene.operator.apps.reset("blog", BY);
  assertEquals(scene.app("blog")!.env, { WORD: "file 2", MORE: "x" });
});

Deno.test("A change that comes not to fit is set aside whole, and a change of it that fits brings it back", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.operator.apps.change("blog", { hostname: "shop.example", env: { WORD: "api" } }, BY);
  await scene.edit({ blog: {}, shop: { hostname: "shop.example" } });
  assertEquals([scene.app("blog")!.hostnames, scene.app("blog")!.env], [["blog"], {}]);
  assertEquals(scene.aside(), ['blog: "hostname" of app "shop" is "shop.example": already taken by hostname']);
  await refused("CONFLICT", () => scene.operator.apps.change("blog", { cpu_ms: 4000 }, BY));
  await scene.operator.apps.change("blog", { hostname: "blog.example" }, BY);
  assertEquals([scene.app("blog")!.env, scene.aside()], [{ WORD: "api" }, []]);
});

Deno.test("An app may be added under the name of a removed one; nano.json wins again once its entry is edited", async () => {
  await using scene = await BenchScene.create({ blog: { env: { FROM: "file" } }, shop: {} });
  await scene.operator.apps.remove("blog", BY);
  await scene.operator.apps.add({ name: "blog", path: "./apps/shop", env: { FROM: "api" } }, BY);
  await scene.restart();
  assertEquals([scene.app("blog")!.env["FROM"], scene.operator.apps.originOf("blog").source], ["api", "api"]);
  await scene.edit({ blog: { env: { FROM: "file" }, cpu_ms: 4000 }, shop: {} });
  assertEquals([scene.app("blog")!.env["FROM"], scene.aside().length], ["file", 1]);
});

Deno.test("A mistake in nano.json that is not in force yet does not come in force by a change", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  await scene.write({ blog: {}, sick: {} }, { sick: "failing" });
  await scene.operator.apps.change("blog", { env: { WORD: "api" } }, BY);
  assertEquals([scene.app("blog")!.env["WORD"], scene.app("sick")], ["api", null]);
  await refused("CONFIG_INVALID", () => scene.operator.reload(BY));
  assertEquals(scene.app("blog")!.env["WORD"], "api");
});

Deno.test("What is left of an app that nano.json no longer names is set aside, and comes back with it", async () => {
  await using scene = await BenchScene.create({ blog: {}, shop: {} });
  await scene.deploy("blog", "deployed");
  await scene.edit({ shop: {} });
  assertEquals([scene.app("blog"), scene.aside()], [null, ["blog: nano.json no longer names this app"]]);
  await scene.restart();
  await scene.edit({ blog: {}, shop: {} });
  assertMatch(scene.app("blog")!.path, /versions\/blog\/v1$/);
  // An app that is added under the name is another one: it serves its own path.
  await scene.edit({ shop: {} });
  await scene.operator.apps.add({ name: "blog", path: "./apps/shop" }, BY);
  assertMatch(scene.app("blog")!.path, /apps\/shop$/);
  assertEquals(scene.operator.versions.list("blog").map(({ role }) => role), ["kept"]);
});

Deno.test("An app that is set aside can be removed with its versions, or added anew on another host", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const taken = { blog: { hostname: ["one.example", "two.example"] } };
  await scene.deploy("one", "one", { create: { hostnames: ["one.example"] } });
  await scene.deploy("two", "two", { create: { hostnames: ["two.example"] } });
  await scene.edit(taken);
  assertEquals(scene.aside().length, 2);
  await scene.operator.apps.remove("one", BY);
  assertEquals([scene.bench.store.keptApps().map(({ name }) => name), scene.folders("one")], [["two"], []]);
  await scene.deploy("two", "three", { create: { hostnames: ["three.example"] } });
  assertEquals([scene.app("two")!.hostnames, scene.aside()], [["three.example"], []]);
  await refused("NOT_FOUND", () => scene.operator.apps.remove("one", BY));
});

Deno.test("A removal that has ended is forgotten on the disk too, also when the entry went away", async () => {
  await using scene = await BenchScene.create({ blog: {}, shop: {} });
  await scene.operator.apps.remove("blog", BY);
  assertEquals(scene.bench.store.keptApps().length, 1);
  await scene.restart();
  assertEquals([scene.app("blog"), scene.bench.store.keptApps().length], [null, 1]);
  await scene.edit({ shop: {} });
  assertEquals(scene.bench.store.keptApps(), []);
  await scene.edit({ blog: {}, shop: {} });
  assert(scene.app("blog") !== null);
});

Deno.test("Variables that a change takes away together stay away when another change brings some", async () => {
  await using scene = await BenchScene.create({ blog: { env: { A: "file", B: { from_file: "nano.json" } } } });
  await scene.operator.apps.change("blog", { env: null }, BY);
  assertEquals(scene.app("blog")!.env, {});
  await scene.operator.apps.change("blog", { env: { B: "api", C: "api" } }, BY);
  assertEquals(scene.app("blog")!.env, { B: "api", C: "api" });
  await scene.restart();
  assertEquals(scene.app("blog")!.env, { B: "api", C: "api" });
  await scene.operator.apps.reset("blog", BY);
  assertEquals(scene.app("blog")!.env["A"], "file");
});

Deno.test("A removed app of nano.json is back once its entry is edited, and an edit back does not remove it again", async () => {
  await using scene = await BenchScene.create({ blog: {}, shop: {} });
  await scene.operator.apps.remove("blog", BY);
  await scene.edit({ blog: {}, shop: { cpu_ms: 4000 } });
  await scene.restart();
  assertEquals([scene.app("blog"), scene.app("shop")!.cpuMs], [null, 4000]);
  await scene.edit({ blog: { cpu_ms: 4000 }, shop: {} });
  assertEquals(scene.app("blog")!.cpuMs, 4000);
  await scene.edit({ blog: {}, shop: {} });
  await scene.restart();
  assert(scene.app("blog") !== null);
});
