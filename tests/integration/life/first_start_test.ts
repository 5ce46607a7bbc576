/** Many apps come up, requested ones first, while a package registry keeps one of them waiting. */
import { assert, assertEquals } from "@std/assert";
import { HELD_TEXT, HeldRegistry } from "../../support/held_registry.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp, readyz } from "./admin_client.ts";
import { until } from "./until.ts";

const APPS = 40;

Deno.test("forty apps come up and serve while the packages of one do not come; that one follows when they do", async () => {
  await using registry = new HeldRegistry();
  const names = Array.from({ length: APPS }, (_, index) => `app-${index}`);
  const config = { memory_mb: 64 };
  const apps = names.map((name): [string, TempApp] => [
    name,
    { files: `export default { fetch: () => new Response("${name}") };`, config },
  ]);
  // The first in the file: it must not hold up those after it.
  const waiting: [string, TempApp] = ["waiting", { files: registry.appFiles, config }];
  await using project = await TempProject.create(Object.fromEntries([waiting, ...apps]), {
    admin: ADMIN,
    install: { registry: registry.url },
  });
  await using nano = await NanoProcess.start(project.configFile, { timeoutMs: 120_000, untilApps: false });
  await registry.asked;
  assertEquals(await (await fetch(`${nano.adminUrl}/livez`)).json(), { status: "alive" });
  const unready = await readyz(nano);
  assertEquals([unready.httpStatus, unready.status, unready.failed], [503, "starting", []]);
  assertEquals((await adminApp(nano, "waiting")).state, "starting");

  await until(() => ready(nano).size === APPS, "all apps but one are ready", 120_000);
  assert(!ready(nano).has("waiting"));
  const answers = await Promise.all(names.map(async (name) => await (await nano.fetch(name)).text()));
  assertEquals(answers, names);
  assert(nano.events.some(({ event }) => event === "app_start_queued"), "more boots than places");

  const late = await nano.fetch("waiting");
  assertEquals([late.status, late.headers.get("nano-error")], [503, "APP_UNAVAILABLE"]);
  assert(late.headers.has("retry-after"));
  await late.body?.cancel();

  registry.release();
  await nano.waitForEvent(({ event, app }) => event === "app_ready" && app === "waiting", 120_000);
  assertEquals(await (await nano.fetch("waiting")).text(), HELD_TEXT);
  assertEquals((await readyz(nano)).httpStatus, 200);
  // Ends of isolates for their memory are another matter.
  const wrong = ["boot_timeout", "isolate_timeout", "boot_failed", "drained"];
  assertEquals(nano.events.filter(({ event, reason }) => event === "app_exit" && wrong.includes(String(reason))), []);
  assertEquals((await nano.stop(60_000)).code, 0);
});

Deno.test("a stop does not wait for packages that do not come, and leaves no installer behind", async () => {
  await using registry = new HeldRegistry();
  await using project = await TempProject.create({ waiting: { files: registry.appFiles } }, {
    admin: ADMIN,
    install: { registry: registry.url },
  });
  await using nano = await NanoProcess.start(project.configFile, { timeoutMs: 120_000, untilApps: false });
  await registry.asked;
  // The pipes that it inherits: with an installer left behind, `stop()` would never see their end.
  assertEquals((await nano.stop(60_000)).code, 0);
  const left = [...Deno.readDirSync(`${project.dir}/apps/waiting`)].map(({ name }) => name).sort();
  assertEquals(left, ["index.ts", "package.json"]);
});

Deno.test("an admin port that is taken ends the start in one line, before any app has run", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const files = "console.log('I ran'); export default { fetch: () => new Response() };";
  await using project = await TempProject.create({ app: { files } }, { admin: { ...ADMIN, port } });
  await using nano = await NanoProcess.spawn(["start", "--no-guardian", "--config", project.configFile]);
  assertEquals((await nano.status()).code, 1);
  const lines = nano.stderr.trim().split("\n");
  assertEquals(lines, [
    `nano: Cannot listen on 127.0.0.1:${port} for the admin API: another process listens there (--admin-port N takes another port)`,
  ]);
  assertEquals(nano.events.filter(({ event }) => event === "app_starting" || event === "app_log"), []);
});

function ready(nano: NanoProcess): Set<unknown> {
  return new Set(nano.events.filter(({ event }) => event === "app_ready").map(({ app }) => app));
}
