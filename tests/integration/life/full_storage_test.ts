/** What an app with `"compat": "full"` may keep in `data`: a disk that it floods is nobody else's harm. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { findProcessTools } from "../../../runtime/config/process_tools.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp } from "./admin_client.ts";
import { until } from "./until.ts";

const FLOODING = `
function tried(run) {
  try { run(); return "written"; } catch (error) { return error.message; }
}
const block = new Uint8Array(512 * 1024);
Deno.serve((request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/flood") for (let n = 0; n < 8; n++) Deno.writeFileSync("data/" + n, block);
  if (pathname === "/large") return new Response(tried(() => Deno.writeFileSync("data/large", new Uint8Array(3 << 20))));
  if (pathname === "/write") return new Response(tried(() => Deno.writeTextFileSync("data/small", "a few")));
  if (pathname === "/free") for (const { name } of Deno.readDirSync("data")) Deno.removeSync("data/" + name);
  // Until it is ended: what its answer says, nobody hears.
  if (pathname === "/files") for (let n = 0;; n++) Deno.writeTextFileSync("data/empty" + n, "");
  return new Response("ok");
});`;

const KEEPING = { isolation: "process", compat: "full", cpu_ms: 600_000, memory_mb: 256, storage_mb: 2 } as const;

/** @param owner of the app's folder; null for NANO's user */
async function expectBounds(env: Readonly<Record<string, string>>, owner: number | null = null): Promise<void> {
  await using project = await TempProject.create({
    flood: { files: { "main.ts": FLOODING }, config: KEEPING },
    other: { files: { "main.js": 'export default { fetch: () => new Response("here") };' } },
  }, { admin: ADMIN });
  if (owner !== null) {
    await Deno.chmod(project.dir, 0o755);
    await Deno.chown(`${project.dir}/apps/flood`, owner, owner);
  }
  await using nano = await NanoProcess.start(project.configFile, { env });
  const ask = async (path: string) => await (await nano.fetch("flood", path)).text();

  // One file by the kernel, at once.
  assertStringIncludes(await ask("/large"), "File too large");
  await ask("/free");
  // Whether it was full was looked at before that, or not.
  await until(async () => await ask("/write") === "written", "there is room");
  // All together as soon as they were looked at.
  assertEquals(await ask("/flood"), "ok");
  await until(async () => (await ask("/write")).includes("File too large"), "a write is refused");
  // A look in the middle of a flood sees a part of it, and one before that the file that was too large.
  const says = /^Its folder "data" holds [234] MiB, and storage_mb allows 2 MiB/;
  await nano.waitForEvent(({ event, text }) => event === "app_log" && says.test(String(text)));
  const shown = await until(async () => {
    const app = await adminApp(nano, "flood") as unknown as { data_folder: Record<string, number> };
    return app.data_folder["bytes"]! >= 4 * 1024 * 1024 && app;
  }, "all of it is shown");
  assertEquals([shown.data_folder["max_bytes"], shown.data_folder["max_entries"]], [2 * 1024 * 1024, 512]);
  assertEquals(await ask("/free"), "ok");
  await until(async () => await ask("/write") === "written", "there is room again");

  // Files of nothing take no bytes, and end it.
  const [end] = await Promise.all([
    nano.waitForEvent(({ event, app }) => event === "app_exit" && app === "flood"),
    ask("/files").catch(() => {}),
  ]);
  assertEquals(end["reason"], "terminated");
  assertStringIncludes(String(end["detail"]), 'its folder "data" holds ');
  assertStringIncludes(String(end["detail"]), "storage_mb of 2 MiB allows 512");
  assertEquals(await (await nano.fetch("other")).text(), "here");
}

Deno.test("All that an app keeps in data is bounded: writes are refused, then it ends, and others serve", async () => {
  await expectBounds({});
});

Deno.test("The same holds where there are no namespaces", async () => {
  await expectBounds({ NANO_NAMESPACES: "0" });
});

const machine = await findProcessTools();
const WITH_USERS = "tools" in machine && machine.tools.withoutUsers === null;
if (!WITH_USERS) console.log("this machine lets NANO start nothing as the owner of an app's folder: not tested");

Deno.test({
  name: "The same holds as the owner of the app's folder",
  ignore: !WITH_USERS,
  fn: () => expectBounds({}, 1_600_000_001),
});

Deno.test("Where files are no part of the app's walls, temporary ones are bounded by its end", async () => {
  const code = `Deno.serve(() => {
    const block = new Uint8Array(1 << 20);
    for (let n = 0;; n++) Deno.writeFileSync(Deno.env.get("TMPDIR") + "/" + n, block);
  });`;
  await using project = await TempProject.create({
    flood: { files: { "main.ts": code }, config: { ...KEEPING, storage_mb: 64 } },
  });
  await using nano = await NanoProcess.start(project.configFile, { env: { NANO_NAMESPACES: "0" } });
  const [end] = await Promise.all([
    nano.waitForEvent(({ event, app }) => event === "app_exit" && app === "flood"),
    nano.fetch("flood").then((response) => response.body?.cancel(), () => {}),
  ]);
  assertStringIncludes(String(end["detail"]), "its folder for temporary files holds ");
});
