/** Apps that are added and changed: names that are made, what is refused and how it is recorded. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { BenchScene, BY, refused } from "./bench_scene.ts";

Deno.test("An app without a name is named after its host, else after its folder, and never as another one", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const add = (entry: Record<string, unknown>) => scene.operator.apps.add({ path: "./apps/blog", ...entry }, BY);
  assertEquals(await add({ hostname: "shop.example.com" }), "shop");
  assertEquals(await add({ hostname: ["shop.example.org", "x.example.org"] }), "shop-2");
  assertEquals(await add({ hostname: "*.Wild_Ones.example" }), "wild-ones");
  assertEquals(await add({ hostname: "__.example" }), "app");
  assertEquals(await add({}), "blog-2");
  assertEquals(await add({ hostname: "constructor" }), "constructor");
  const long = "a".repeat(63);
  assertEquals(await add({ hostname: `${long}.example` }), "a".repeat(50));
  // A name that is kept for an app which is set aside is taken too.
  await scene.edit({ blog: { hostname: ["blog", "shop.example.com"] } });
  assertEquals(scene.aside().length, 1);
  assertEquals(await add({ hostname: "shop.example.net" }), "shop-3");
});

Deno.test("An app that does not fit is refused with every mistake and changes nothing", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const before = scene.operator.apps.tagOf("blog");
  const add = (entry: Record<string, unknown>) => () => scene.operator.apps.add(entry, BY);
  const path = "./apps/blog";
  assertMatch((await refused("CONFLICT", add({ name: "blog", path }))).message, /there is an app of this name/);
  const taken = await refused("CONFLICT", add({ name: "two", hostname: "BLOG.", path }));
  assertEquals(taken.details, ['"hostname" of app "blog" is missing: its default "blog" is taken by hostname']);
  const wrong = await refused("CONFIG_INVALID", add({ name: "two", path: "./none", memory_mb: "x", hots: "y" }));
  assertEquals(wrong.details.length, 3, wrong.details.join("\n"));
  assertMatch(wrong.message, /^Cannot add app "two": /);
  // Its own hosts against each other are a mistake, and no conflict with somebody else.
  await refused("CONFIG_INVALID", add({ name: "two", hostname: ["a.example", "a.example"], path }));
  await refused("CONFIG_INVALID", add({ name: "Not A Name", path }));
  await scene.write({ blog: {}, sick: {} }, { sick: "failing" });
  const sick = await refused("CONFIG_INVALID", add({ name: "sick", path: "./apps/sick" }));
  assertMatch(sick.message, /^Cannot add app "sick": .*it is failing/);
  assertEquals([scene.app("two"), scene.app("sick"), scene.operator.apps.tagOf("blog")], [null, null, before]);
  assertEquals(scene.bench.store.keptApps(), []);
  assert(scene.recent(10).every((line) => /^app\.add .*: Cannot add app /.test(line)));
  assertEquals(scene.recent(10).length, 6);
});

Deno.test("A change of an added app changes its entry; a reset of it is refused, and so is another name", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const { operator } = scene;
  await operator.apps.add({ name: "shop", path: "./apps/blog", env: { WORD: "one" } }, BY);
  await operator.apps.change("shop", { env: { WORD: "two" } }, BY);
  assertEquals(scene.app("shop")!.env, { WORD: "two" });
  await operator.apps.change("shop", { env: null }, BY);
  assertEquals([scene.app("shop")!.env, operator.apps.originOf("shop").overrides], [{}, null]);
  await refused("CONFLICT", () => operator.apps.reset("shop", BY));
  await refused("CONFLICT", () => operator.apps.change("shop", { name: "store" }, BY));
  await operator.apps.change("shop", { name: "shop" }, BY);
  await refused("NOT_FOUND", () => operator.apps.change("store", { cpu_ms: 4000 }, BY));
  await refused("CONFIG_INVALID", () => operator.apps.change("shop", { path: null }, BY));
  await scene.restart();
  assertEquals(scene.app("shop")!.env, {});
});

Deno.test("A change with If-Match is made only while the app has that tag; of two with the same one wins", async () => {
  await using scene = await BenchScene.create({ blog: {} });
  const { operator } = scene;
  const word = () => scene.app("blog")!.env["WORD"];
  const change = (ifMatch: string, WORD: string) =>
    operator.apps.change("blog", { env: { WORD } }, { actor: "test", ifMatch });
  const first = operator.apps.tagOf("blog");
  assertMatch(first, /^"[0-9a-f]{16}"$/);
  await change(`"0000", ${first}`, "one");
  assertNotEquals(operator.apps.tagOf("blog"), first);
  const late = await refused("PRECONDITION_FAILED", () => change(first, "two"));
  assert(late.message.includes(operator.apps.tagOf("blog")), late.message);
  assertEquals(word(), "one");
  await change("*", "three");
  const tag = operator.apps.tagOf("blog");
  const both = await Promise.allSettled([change(tag, "four"), change(tag, "five")]);
  assertEquals([both.map(({ status }) => status), word()], [["fulfilled", "rejected"], "four"]);
});

Deno.test("A restart of an app that has failed says so again, and mends it once the cause is gone", async () => {
  await using scene = await BenchScene.create({ blog: {} }, { blog: "failing" });
  const error = await refused("APP_FAILED", () => scene.operator.apps.restart("blog", BY));
  assertEquals(error.message, 'Cannot restart app "blog": it is failing');
  await scene.write({ blog: {} });
  await scene.operator.apps.restart("blog", BY);
  assertEquals(scene.bench.generations.unit("blog")!.state, "running");
  await scene.write({ blog: {} }, { blog: "broken" });
  await refused("APP_FAILED", () => scene.operator.apps.restart("blog", BY));
  assertEquals(scene.bench.generations.unit("blog")!.state, "running");
});

Deno.test("What a reload would change is told without changing it", async () => {
  await using scene = await BenchScene.create({ same: {}, code: {}, gone: {}, keys: {}, sick: {} }, { sick: "broken" });
  await scene.operator.apps.add({ name: "added", path: "./apps/same" }, BY);
  await scene.write({ same: {}, code: {}, keys: { cpu_ms: 4000 }, sick: {}, fresh: {} }, {
    code: "other",
    sick: "broken",
  });
  const expected = {
    added: ["fresh"],
    removed: ["gone"],
    changed: ["keys", "code"],
    unchanged: ["same", "sick", "added"],
  };
  assertEquals(await scene.operator.previewReload(), expected);
  assertEquals(scene.app("fresh"), null);
});
