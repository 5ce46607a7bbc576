/** Five hundred apps in one process, as the operator sees them. Sites of files alone need no isolate, so they cost no memory. */
import { assertEquals } from "@std/assert";
import { AdminScene } from "./admin_scene.ts";

const APPS = 500;
const CALLS = 4;

Deno.test("500 apps are listed whole, by state, by text and by page", async () => {
  await using scene = await AdminScene.create({});
  await Deno.mkdir(`${scene.project.dir}/site`);
  await Deno.writeTextFile(`${scene.project.dir}/site/index.html`, "<h1>Hello</h1>");
  const apps = Array.from(
    { length: APPS },
    (_none, at) => ({ name: `site-${at}`, path: "./site", hostname: `site-${at}.test` }),
  );
  const document = JSON.parse(await Deno.readTextFile(scene.project.configFile));
  await scene.project.writeRawConfig(JSON.stringify({ ...document, defaults: { start: "eager" }, apps }));
  const begin = performance.now();
  await scene.restart("SIGKILL");
  const startMs = performance.now() - begin;

  const measure = async (path: string, accept = "*/*") => {
    const times: number[] = [];
    let bytes = 0;
    for (let call = 0; call < CALLS; call++) {
      const from = performance.now();
      const { status, text } = await scene.ask("GET", path, { headers: { accept } });
      times.push(performance.now() - from);
      assertEquals(status, 200, path);
      bytes = text.length;
    }
    times.sort((one, other) => one - other);
    const [p50, max] = [times[CALLS / 2]!, times.at(-1)!];
    console.log(`    ${path}: p50 ${p50.toFixed(1)} ms, max ${max.toFixed(1)} ms, ${(bytes / 1024).toFixed(0)} KiB`);
  };
  console.log(`    start with ${APPS} apps: ${startMs.toFixed(0)} ms`);
  await measure("/admin/apps");
  await measure("/", "text/html");
  await measure("/metrics");
  await measure("/admin/config");
  const { apps: shown, total } = (await scene.ask("GET", "/admin/apps?state=running")).json;
  assertEquals([shown.length, total], [APPS, APPS]);
  assertEquals((await scene.ask("GET", "/admin/apps?q=site-499&limit=5")).json.apps.length, 1);
  const page = (await scene.ask("GET", "/admin/apps?limit=50&offset=100")).json;
  assertEquals([page.apps.length, page.apps[0].name, page.total], [50, "site-100", APPS]);
  assertEquals((await scene.ask("PATCH", "/admin/apps/site-7", { json: { timeout_ms: 1000 } })).status, 200);
  assertEquals(await scene.text("site-499.test"), "<h1>Hello</h1>");
});
