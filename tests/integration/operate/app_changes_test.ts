/** Apps that are added, changed, reset, removed, restarted and drained while NANO runs, with real requests. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { BY, OperateScene, refusalOf, saying } from "./operate_scene.ts";

const ENV_APP = `export default { fetch: (_, env) => new Response(env.WORD ?? "no word") };\n`;

Deno.test("An app that is added serves at once, and after a restart of NANO", async () => {
  await using scene = await OperateScene.create({ blog: saying("blog"), shop: saying("shop") });
  await scene.project.removeApp("shop");
  await scene.operations.reload(BY);
  assertEquals(await scene.text("shop.example"), "404 APP_NOT_FOUND");

  const name = await scene.operations.apps.add({ hostname: "Shop.Example", path: "./apps/shop" }, BY);
  assertEquals(name, "shop");
  assertEquals(await scene.text("shop.example"), "shop");
  assertEquals(scene.operations.apps.originOf("shop"), {
    source: "api",
    versionOf: null,
    overrides: null,
    deployed: null,
    previous: null,
    rollout: null,
  });
  assertEquals(scene.operations.apps.originOf("blog").source, "file");

  await scene.restart();
  assertEquals([await scene.text("shop.example"), await scene.text("blog")], ["shop", "blog"]);
  assertEquals(scene.operations.setAside(), []);
});

Deno.test("A change holds for the keys it names, is kept, and is undone by a reset", async () => {
  await using scene = await OperateScene.create({
    blog: { files: ENV_APP, config: { env: { WORD: "from the file", OTHER: "x" }, cpu_ms: 4000 } },
  });
  const { operations } = scene;
  await operations.apps.change("blog", { env: { WORD: "changed" }, timeout_ms: 5000 }, BY);
  assertEquals(await scene.text("blog"), "changed");
  await operations.apps.change("blog", { env: { OTHER: null }, hostname: ["blog", "blog.example"] }, BY);
  assertEquals(operations.apps.originOf("blog").overrides, {
    env: { WORD: "changed", OTHER: null },
    timeout_ms: 5000,
    hostname: ["blog", "blog.example"],
  });
  assertEquals(scene.nano.config.apps[0]!.env, { WORD: "changed" });
  assertEquals(scene.nano.config.apps[0]!.cpuMs, 4000);
  await scene.restart();
  assertEquals(await scene.text("blog.example"), "changed");

  await scene.operations.apps.reset("blog", BY);
  assertEquals(await scene.text("blog"), "from the file");
  assertEquals(scene.operations.apps.originOf("blog").overrides, null);
  assertEquals(await scene.text("blog.example"), "404 APP_NOT_FOUND");
});

/** Answers once the request's body has ended, and tells when it has begun. */
const ECHO = `export default { fetch: async (request) => {
  console.log("begun");
  return new Response(await request.text());
} };\n`;

/** A request to an app that ends when the test says so. */
async function openRequest(scene: OperateScene, host: string) {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const begun = scene.event("app_log", ({ app, text }) => app === host && text === "begun");
  const answer = scene.fetch(host, "/", { method: "POST", body: body.readable })
    .then(async (response) => `${response.status} ${(await response.text()).slice(0, 40)}`);
  await writer.write(new TextEncoder().encode("finished"));
  await begun;
  return { answer, finish: () => writer.close() };
}

Deno.test("A removed app finishes its requests, answers APP_DRAINING meanwhile, then 404, and stays away", async () => {
  await using scene = await OperateScene.create({ slow: ECHO, blog: saying("blog") });
  const request = await openRequest(scene, "slow");
  const draining = scene.event("app_drain_start", ({ app }) => app === "slow");
  const removed = scene.operations.apps.remove("slow", BY);
  await draining;
  assertEquals(await scene.text("slow"), "503 APP_DRAINING");
  assertEquals(scene.states(), { blog: "running" });
  // Other changes do not wait for it.
  await scene.operations.apps.add({ name: "other", path: "./apps/blog" }, BY);
  await request.finish();
  assertEquals(await request.answer, "200 finished");
  assertEquals(await removed, { drainedRequests: 1, forcedClosed: 0 });
  assertEquals(await scene.text("slow"), "404 APP_NOT_FOUND");
  await refusalOf("NOT_FOUND", () => scene.operations.apps.remove("slow", BY));

  await scene.restart();
  assertEquals(scene.states(), { blog: "running", other: "running" });
  assertEquals(await scene.text("slow"), "404 APP_NOT_FOUND");
});

Deno.test("What a removal cannot finish within the app's drain_timeout_ms is cut and counted", async () => {
  await using scene = await OperateScene.create({ slow: { files: ECHO, config: { drain_timeout_ms: 50 } } });
  const request = await openRequest(scene, "slow");
  assertEquals(await scene.operations.apps.remove("slow", BY), { drainedRequests: 0, forcedClosed: 1 });
  assertMatch(await request.answer, /^50[0-9] /);
  await request.finish().catch(() => {});
});

Deno.test("A drained app answers APP_DRAINING until it is restarted", async () => {
  await using scene = await OperateScene.create({ slow: ECHO, blog: saying("blog") });
  const request = await openRequest(scene, "slow");
  const drained = scene.operations.apps.drain("slow", BY);
  assertEquals(scene.states()["slow"], "draining");
  await request.finish();
  assertEquals([await request.answer, await drained], ["200 finished", { drainedRequests: 1, forcedClosed: 0 }]);
  assertEquals(await scene.text("slow"), "503 APP_DRAINING");
  // A reload finds nothing to do, a change of another app neither.
  await scene.operations.reload(BY);
  await scene.operations.apps.change("blog", { cpu_ms: 4000 }, BY);
  assertEquals(await scene.text("slow"), "503 APP_DRAINING");
  await scene.operations.apps.restart("slow", BY);
  const again = await openRequest(scene, "slow");
  await again.finish();
  assertEquals(await again.answer, "200 finished");
  await refusalOf("NOT_FOUND", () => scene.operations.apps.drain("none", BY));
  await refusalOf("NOT_FOUND", () => scene.operations.apps.restart("none", BY));
});

Deno.test("A restart gives an app another isolate; one that cannot start leaves the old one serving", async () => {
  const counting = "let count = 0;\nexport default { fetch: () => new Response(String(++count)) };\n";
  await using scene = await OperateScene.create({ app: counting });
  assertEquals([await scene.text("app"), await scene.text("app")], ["1", "2"]);
  await scene.operations.apps.restart("app", BY);
  assertEquals(await scene.text("app"), "1");
  await scene.project.writeFile("app", "index.ts", "throw new Error('at start');\n");
  const refused = await refusalOf("APP_FAILED", () => scene.operations.apps.restart("app", BY));
  assertMatch(refused.message, /^Cannot restart app "app": .*at start/);
  assertEquals(await scene.text("app"), "2");
});

Deno.test("A job runs when it is asked for, and its failure is told", async () => {
  const jobs = `export default {
  fetch: () => new Response("x"),
  scheduled(event) { if (event.cron === "1 1 1 1 *") throw new Error("no luck"); console.log("worked"); },
};\n`;
  const crons = [{ schedule: "0 0 1 1 *", name: "good" }, { schedule: "1 1 1 1 *", name: "bad" }];
  await using scene = await OperateScene.create({ app: { files: jobs, config: { crons } } });
  assertEquals(await scene.operations.apps.runCron("app", "good", BY), true);
  assertEquals(await scene.operations.apps.runCron("app", "bad", BY), false);
  await refusalOf("NOT_FOUND", () => scene.operations.apps.runCron("app", "none", BY));
  await refusalOf("NOT_FOUND", () => scene.operations.apps.runCron("none", "good", BY));
  const [none, bad, good] = scene.operations.history({ app: "app", before: null, limit: 10 }).map((one) => one.detail);
  assertMatch(none!, /^Cannot run "none"/);
  assertMatch(good!, /went well/);
  assertMatch(bad!, /failed/);
});

Deno.test("Every change is in the history and in the log, without a value of a variable", async () => {
  await using scene = await OperateScene.create({ blog: ENV_APP });
  const { operations } = scene;
  await operations.apps.change("blog", { env: { WORD: "s3cret-one" } }, BY);
  await refusalOf("CONFIG_INVALID", () => operations.apps.change("blog", { env: { WORD: ["s3cret-two"] } }, BY));
  await refusalOf(
    "CONFIG_INVALID",
    () => operations.apps.add({ name: "x", path: "./none", env: { A: "s3cret-3" } }, BY),
  );
  await refusalOf("CONFIG_INVALID", () => operations.apps.add({ name: "x", path: "./apps/blog", env: "s3cret-4" }, BY));
  await refusalOf("CONFIG_INVALID", () => operations.apps.change("blog", { env: { "a b": "s3cret-5" } }, BY));
  await operations.apps.remove("blog", BY);
  const entries = operations.history({ app: null, before: null, limit: 500 });
  assertEquals(entries.map(({ action, error }) => `${action} ${error === null}`), [
    "app.remove true",
    "app.change false",
    "app.add false",
    "app.add false",
    "app.change false",
    "app.change true",
  ]);
  assert(entries.every(({ actor, at, detail }) => actor === "test" && at > 1e12 && detail !== ""));
  const told = scene.events.filter(({ event }) => event === "operator_change");
  assertEquals(told.length, entries.length);
  await scene.stop();
  assertEquals(scene.log.match(/"event":"operator_change"/g)?.length, entries.length);
  assertEquals((JSON.stringify(entries) + scene.log).match(/s3cret[^"]*/g), null);
});

Deno.test("An app that was added is watched like any other", async () => {
  await using scene = await OperateScene.create({ blog: saying("blog") }, { watch: true });
  await scene.project.writeFile("shop", "index.ts", saying("first"));
  await scene.operations.apps.add({ name: "shop", path: "./apps/shop" }, BY);
  assertEquals(await scene.text("shop"), "first");
  const reloaded = scene.event("config_reload", ({ changed }) => changed.includes("shop"));
  await scene.project.writeFile("shop", "index.ts", saying("second"));
  await reloaded;
  assertEquals(await scene.text("shop"), "second");
});
