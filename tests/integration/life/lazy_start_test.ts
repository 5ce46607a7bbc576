/** Lazy apps: nothing of them is read or booted before their first request, which waits for it. */
import { assertEquals } from "@std/assert";
import { type LogRecord, NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp, adminReload, adminRestart, readyz } from "./admin_client.ts";
import { until } from "./until.ts";

const hello = (text: string) => `export default { fetch: () => new Response("${text}") };`;
const LAZY = { start: "lazy" };

async function start() {
  const project = await TempProject.create({
    eager: { files: { "index.js": hello("eager") } },
    lazy: { files: { "index.js": hello("lazy") }, config: LAZY },
    broken: { files: { "index.js": "export default {" }, config: LAZY },
    restarted: { files: { "index.js": hello("restarted") }, config: LAZY },
  }, { admin: ADMIN });
  const nano = await NanoProcess.start(project.configFile);
  const state = async (name: string) => {
    const { state, version } = await adminApp(nano, name);
    return [state, version !== null];
  };
  const text = async (name: string) => await (await nano.fetch(name)).text();
  return {
    project,
    nano,
    state,
    text,
    async [Symbol.asyncDispose]() {
      await nano[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

Deno.test("A lazy app comes up by its first requests, which wait for it, and is as any other from then on", async () => {
  await using scene = await start();
  const { nano, project, state, text } = scene;
  assertEquals(await Promise.all(["eager", "lazy", "broken"].map(state)), [
    ["running", true],
    ["idle", false],
    ["idle", false],
  ]);
  assertEquals((await readyz(nano)).httpStatus, 200);
  assertEquals(await Promise.all(Array.from({ length: 5 }, () => text("lazy"))), Array(5).fill("lazy"));
  assertEquals(await state("lazy"), ["running", true]);
  assertEquals(nano.events.filter((record) => isOf(record, "lazy", "app_ready")).length, 1);
  await project.writeFile("lazy", "index.js", hello("edited"));
  await until(async () => await text("lazy") === "edited", "the edit is served");
});

Deno.test("A lazy app that cannot work says so at its first request, and is mended by an edit", async () => {
  await using scene = await start();
  const { nano, project, state, text } = scene;
  const refused = await nano.fetch("broken");
  assertEquals([refused.status, (await refused.json()).code], [503, "APP_FAILED"]);
  assertEquals(await state("broken"), ["failed", false]);
  assertEquals((await readyz(nano)).httpStatus, 200);
  await project.writeFile("broken", "index.js", hello("mended"));
  await until(async () => await text("broken") === "mended", "the edit is served");
});

Deno.test("Lazy apps stay as they are over reloads, come with them, and boot when they are restarted by hand", async () => {
  await using scene = await start();
  const { nano, project, state, text } = scene;
  await project.writeFile("lazy", "index.js", hello("edited before it was asked for"));
  await project.setApp("late", { files: { "index.js": hello("late") }, config: LAZY });
  await until(
    () => nano.events.some(({ event, added }) => event === "config_reload" && String(added) === "late"),
    "it came",
  );
  assertEquals((await adminReload(nano)).status, 200);
  assertEquals(await Promise.all(["lazy", "broken"].map(state)), [["idle", false], ["idle", false]]);
  assertEquals([await text("lazy"), await text("late")], ["edited before it was asked for", "late"]);
  assertEquals([await adminRestart(nano, "restarted"), await state("restarted")], [200, ["running", true]]);
  assertEquals([await adminRestart(nano, "broken") >= 400, await state("broken")], [true, ["idle", false]]);
  assertEquals((await nano.stop()).code, 0);
});

function isOf(record: LogRecord, app: string, event: string): boolean {
  return record.event === event && record["app"] === app;
}
