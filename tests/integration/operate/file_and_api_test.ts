/** Edits of nano.json against changes by the API, in every order. */
import { assertEquals, assertMatch } from "@std/assert";
import { BY, OperateScene, refusalOf, saying } from "./operate_scene.ts";

const WORD = `export default { fetch: (_, env) => new Response(env.WORD ?? "no word") };\n`;

/** What is set aside, as `app: reason`. */
function aside(scene: OperateScene): string[] {
  return scene.operations.setAside().map(({ app, reasons }) => `${app}: ${reasons.join("; ")}`);
}

Deno.test("nano.json wins when it comes to name an app that was added, which comes back when nano.json gives way", async () => {
  await using scene = await OperateScene.create({ blog: saying("blog"), file: saying("from nano.json") });
  const { project, operations } = scene;
  await project.removeApp("file");
  await scene.reload();
  await operations.apps.add({ name: "file", path: "./apps/blog" }, BY);
  assertEquals(await scene.text("file"), "blog");

  await project.setApp("file", {});
  await scene.reload();
  assertEquals(await scene.text("file"), "from nano.json");
  assertEquals(aside(scene), ["file: nano.json names an app of this name, and nano.json wins"]);
  const warnings = () => scene.log.match(/Kept changes of app \\"file\\" are set aside: nano.json names/g)?.length;
  assertEquals(warnings(), 1);
  await scene.reload();
  assertEquals(warnings(), 1, "once");
  assertEquals(operations.apps.originOf("file").source, "file");
  // The app that runs can be changed all the same, and keeps its change after the restart.
  await operations.apps.change("file", { cpu_ms: 4000 }, BY);
  await refusalOf("CONFLICT", () => operations.apps.add({ name: "file", path: "./apps/blog" }, BY));
  await scene.restart();
  assertEquals(await scene.text("file"), "from nano.json");
  assertEquals(scene.nano.config.apps.find(({ name }) => name === "file")!.cpuMs, 4000);
  assertEquals(warnings(), 2, "and at each start");

  await project.removeApp("file");
  await scene.reload();
  assertEquals(await scene.text("file"), "blog");
  assertEquals(aside(scene), []);
});

Deno.test("An added app whose host nano.json claims is set aside until then, and can be removed meanwhile", async () => {
  await using scene = await OperateScene.create({ blog: WORD });
  const { project, operations } = scene;
  for (const name of ["one", "two"]) {
    await operations.apps.add({ name, hostname: `${name}.example`, path: "./apps/blog", env: { WORD: name } }, BY);
  }
  await project.setApp("blog", { files: WORD, config: { hostname: ["one.example", "two.example"] } });
  const summary = await scene.reload();
  assertEquals([summary.removed, summary.changed], [["one", "two"], ["blog"]]);
  assertEquals(await scene.text("one.example"), "no word");
  assertEquals(aside(scene), [
    'one: hostname is "one.example": already taken by "hostname[0]" of app "blog"',
    'two: hostname is "two.example": already taken by "hostname[1]" of app "blog"',
  ]);
  await refusalOf("NOT_FOUND", () => operations.apps.change("one", { cpu_ms: 4000 }, BY));
  await operations.apps.remove("one", BY);
  assertEquals(aside(scene).length, 1);

  await project.setApp("blog", { files: WORD, config: { hostname: "blog" } });
  await scene.reload();
  assertEquals([await scene.text("one.example"), await scene.text("two.example")], ["404 APP_NOT_FOUND", "two"]);
  assertEquals(scene.states(), { blog: "running", two: "running" });
});

Deno.test("The default app cannot be removed, and what nano.json makes the default app comes back", async () => {
  await using scene = await OperateScene.create({ blog: saying("blog"), shop: saying("shop") }, {
    config: { default_app: "blog" },
  });
  const refused = await refusalOf("CONFIG_INVALID", () => scene.operations.apps.remove("blog", BY));
  assertMatch(refused.message, /^Cannot remove app "blog": default_app is "blog"/);
  assertEquals(await scene.text("unknown.example"), "blog");
  await scene.operations.apps.remove("shop", BY);
  await scene.project.writeConfig({ default_app: "shop" });
  await scene.reload();
  assertEquals(await scene.text("unknown.example"), "shop");
  assertMatch(aside(scene).join(), /^shop: default_app is "shop"/);
});

Deno.test("A broken nano.json holds up a reload and no change; the first sound one takes both", async () => {
  await using scene = await OperateScene.create({ blog: WORD });
  const { project, operations } = scene;
  await scene.deploy("blog", saying("v1"));
  await project.writeRawConfig('{ "apps": [ nonsense');
  await refusalOf("CONFIG_INVALID", () => operations.reload(BY));
  await refusalOf("CONFIG_INVALID", () => operations.previewReload());
  await operations.versions.rollback("blog", null, BY);
  await operations.apps.change("blog", { env: { WORD: "api" } }, BY);
  await operations.apps.add({ name: "shop", path: "./apps/blog" }, BY);
  assertEquals([await scene.text("blog"), await scene.text("shop")], ["api", "no word"]);
  assertEquals(operations.apps.tagOf("blog"), operations.apps.tagOf("blog"));
  await project.setApp("late", { files: saying("late") });
  const { added, unchanged } = await operations.previewReload();
  assertEquals([added, unchanged], [["late"], ["blog", "shop"]]);
  await scene.reload();
  assertEquals([await scene.text("blog"), await scene.text("late"), await scene.text("shop")], [
    "api",
    "late",
    "no word",
  ]);
});
