/** Apps in processes that flood descriptors, processes, temporary files or memory: they meet their bounds, others serve. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findProcessTools } from "../../runtime/config/process_tools.ts";
import { ADMIN, adminApp } from "../integration/life/admin_client.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { RESERVE, type TempApp, TempProject } from "../support/temp_project.ts";

const found = await findProcessTools();
const isWalled = "tools" in found && found.tools.namespaces !== null;

const FULL: TempApp["config"] = { isolation: "process", compat: "full", cpu_ms: 600_000, memory_mb: 256 };
const NEIGHBOUR: TempApp = { files: { "main.js": 'export default { fetch: () => new Response("here") };' } };

Deno.test("A flood of descriptors ends with an error for the app, which serves on when it has closed them", async () => {
  const code = `Deno.serve((request) => {
    const open = [];
    let error = "none";
    try { for (;;) open.push(Deno.openSync("main.js")); } catch (thrown) { error = thrown.message; }
    for (const file of open) file.close();
    return Response.json({ error, count: open.length });
  });`;
  await using project = await TempProject.create({
    flood: { files: { "main.js": code }, config: FULL },
    other: NEIGHBOUR,
  }, { admin: ADMIN });
  await using nano = await NanoProcess.start(project.configFile);
  for (let round = 0; round < 2; round++) {
    const { error, count } = await (await nano.fetch("flood")).json();
    assertStringIncludes(error, "Too many open files");
    assert(count < 1024, String(count));
  }
  assertEquals(await (await nano.fetch("other")).text(), "here");
  const { process } = await adminApp(nano, "flood") as unknown as { process: Record<string, unknown> };
  assertEquals([process["max_descriptors"], process["no_new_privileges"], process["oom_score"]], [1024, true, 700]);
  assertEquals([process["max_core_bytes"], process["filters_system_calls"]], [
    0,
    "tools" in found && found.tools.filtering.length > 0,
  ]);
});

Deno.test({
  name: "A flood of temporary files fills the 64 MiB that the app has, and nothing of the machine",
  ignore: !isWalled,
  async fn() {
    const code = `Deno.serve(() => {
      const block = new Uint8Array(1 << 20);
      let count = 0;
      try { for (;; count++) Deno.writeFileSync("/tmp/" + count, block); } catch (thrown) {
        for (let n = 0; n <= count; n++) Deno.removeSync("/tmp/" + n);
        return Response.json({ error: String(thrown), count });
      }
    });`;
    await using project = await TempProject.create({ flood: { files: { "main.js": code }, config: FULL } });
    await using nano = await NanoProcess.start(project.configFile);
    const { error, count } = await (await nano.fetch("flood")).json();
    assertStringIncludes(error, "No space left on device");
    assert(count >= 60 && count <= 65, String(count));
  },
});

Deno.test({
  name: "A flood of programs meets the bound of the app's namespace, from which only root is excepted",
  ignore: !isWalled,
  async fn() {
    // 600 that end by themselves, not one that doubles: where the bound does not hold, the machine must.
    const code = `Deno.serve(async () => {
      const script = "n=0; while [ $n -lt 600 ]; do sleep 20 & n=$((n+1)); done; echo all";
      const { stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script] }).output();
      return new Response(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
    });`;
    await using project = await TempProject.create({
      flood: { files: { "main.js": code }, config: { ...FULL, run: ["bash", "sleep"], timeout_ms: 120_000 } },
      other: NEIGHBOUR,
    });
    await using nano = await NanoProcess.start(project.configFile);
    const text = (await nano.fetch("flood")).text();
    assertEquals(await (await nano.fetch("other")).text(), "here");
    if (Deno.uid() !== 0) assertStringIncludes(await text, "Resource temporarily unavailable");
    else await text;
  },
});

Deno.test("Ten processes that hold more than all apps may together: the one most above its part ends, others serve", async () => {
  const APPS = Array.from({ length: 10 }, (_, at) => `app${at}`);
  const code = `const held = [];
  export default { fetch() {
    for (let n = 0; n < 12; n++) held.push(new Uint8Array(4 << 20).fill(1));
    return new Response("held");
  } };`;
  const config = { isolation: "process", cpu_ms: 600_000, memory_mb: 64, external_mb: 64 };
  await using project = await TempProject.create({
    ...Object.fromEntries(APPS.map((name) => [name, { files: { "main.js": code }, config }])),
    other: NEIGHBOUR,
  }, { ...RESERVE, max_memory_mb: 320 });
  await using nano = await NanoProcess.start(project.configFile);
  const told = await Promise.all(APPS.map(async (name) => {
    const response = await nano.fetch(name);
    await response.body?.cancel().catch(() => {});
    return response.headers.get("nano-error") ?? response.status;
  }));
  const mayBe = new Set<unknown>([200, "APP_OUT_OF_MEMORY", "APP_UNAVAILABLE"]);
  assertEquals(told.filter((one) => !mayBe.has(one)), []);
  const exit = await nano.waitForEvent(({ event, reason }) => event === "app_exit" && reason === "out_of_memory");
  assertStringIncludes(String(exit["detail"]), "all apps together held");
  assertEquals(await (await nano.fetch("other")).text(), "here");
});
