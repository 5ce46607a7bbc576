/** Calls of methods count as requests of the app that is called: they wake it, wait, drain, and end with it. */
import { assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const AUTH = (version: number) =>
  `import { WorkerEntrypoint } from "cloudflare:workers";
let count = 0;
export default class extends WorkerEntrypoint {
  version() { return ${version}; }
  count() { return ++count; }
  pause() { console.log("held"); return new Promise((resolve) => setTimeout(resolve, 1_000, ${version})); }
  hold() { console.log("held"); return new Promise(() => {}); }
  keep(bytes) { return new Promise((resolve) => setTimeout(() => resolve(bytes.length), 300)); }
  spin() { for (;;); }
  slow(value) { return new Promise((resolve) => setTimeout(() => resolve(value), 1)); }
}`;
const SHOP = `export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname.slice(1);
    if (path === "flood") {
      const all = await Promise.allSettled(Array.from({ length: 3000 }, (_, at) => env.AUTH.slow(at)));
      return Response.json(all.filter(({ value }, at) => value === at).length);
    }
    if (path === "heavy") {
      const bytes = new Uint8Array(20_000_000);
      const all = await Promise.allSettled(Array.from({ length: 16 }, () => env.AUTH.keep(bytes)));
      return Response.json(all.map(({ value, reason }) => value ?? reason.name));
    }
    if (path === "end") { env.AUTH.hold().catch(() => {}); await env.AUTH.version(); for (;;); }
    try { return Response.json(await env.AUTH[path]()); }
    catch (error) { return Response.json([error.name, error.message, error.code]); }
  },
};`;

async function scene(config: Readonly<Record<string, unknown>> = {}, shop: Readonly<Record<string, unknown>> = {}) {
  const project = await TempProject.create({
    shop: { files: { "index.js": SHOP }, config: { bindings: { AUTH: { service: "auth" } }, ...shop } },
    auth: { files: { "index.js": AUTH(1) }, config },
  });
  const nano = await NanoProcess.start(project.configFile);
  return {
    project,
    nano,
    json: async (path: string) => await (await nano.fetch("shop", `/${path}`)).json(),
    async [Symbol.asyncDispose]() {
      await nano[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

Deno.test("A call wakes a parked app", async () => {
  await using made = await scene({ idle_timeout_ms: 100 });
  const { nano, json } = made;
  assertEquals(await json("count"), 1);
  // It may have been parked before, too.
  await nano.waitForEvent(() => {
    const called = nano.events.findIndex(({ path }) => path === "/default/count");
    return called >= 0 && nano.events.slice(called).some(({ app, reason }) => app === "auth" && reason === "parked");
  });
  assertEquals(await json("count"), 1);
});

Deno.test("A call inside outlives a new version of its app, and those after it reach the new one", async () => {
  await using made = await scene();
  const { nano, project, json } = made;
  const held = json("pause");
  await nano.waitForEvent(({ event, text }) => event === "app_log" && text === "held");
  await project.setApp("auth", { files: { "index.js": AUTH(2) } });
  await nano.waitForEvent(({ event, app }) => event === "app_drain_start" && app === "auth");
  assertEquals(await json("version"), 2);
  assertEquals(await held, 1);
});

Deno.test("A call that a drain does not wait for ends with a code", async () => {
  await using made = await scene({ drain_timeout_ms: 100 });
  const { nano, project, json } = made;
  const held = json("hold");
  await nano.waitForEvent(({ event, text }) => event === "app_log" && text === "held");
  await project.setApp("auth", { files: { "index.js": AUTH(2) } });
  const [name, message, code] = await held;
  assertEquals([name, code], ["Error", "APP_DRAINING"]);
  assertMatch(message, /^Cannot call env\.AUTH\.hold: /);
});

Deno.test("A method that computes for ever ends its isolate, and its caller hears the code", async () => {
  await using made = await scene({ cpu_ms: 300 });
  const { json } = made;
  const [name, message, code] = await json("spin");
  assertEquals([name, code], ["Error", "APP_UNRESPONSIVE"]);
  assertMatch(message, /^Cannot call env\.AUTH\.spin: /);
  assertEquals(await json("version"), 1);
});

Deno.test("Thousands of calls at once wait for their turn, and all are answered", async () => {
  await using made = await scene();
  assertEquals(await made.json("flood"), 3000);
});

Deno.test("When the caller's isolate ends, its calls end as given up", async () => {
  await using made = await scene({}, { cpu_ms: 300 });
  const { nano } = made;
  const ended = await nano.fetch("shop", "/end");
  await ended.body?.cancel();
  assertEquals(ended.status, 504);
  const call = await nano.waitForEvent(({ event, path }) => event === "request" && path === "/default/hold");
  assertEquals([call["end"], call["status"]], ["client_gone", 499]);
  assertEquals(await made.json("version"), 1);
});

Deno.test("Arguments that the called app has no room for are refused, and it lives on", async () => {
  await using made = await scene({}, { memory_mb: 512 });
  const { nano, json } = made;
  const all: unknown[] = await json("heavy");
  assertEquals(all.length, 16);
  // 16 of 20 MB do not fit into 128 MB at once, however few come at once.
  assertEquals([...new Set(all)].filter((one) => one !== 20_000_000 && one !== "RangeError"), []);
  assertEquals(all.includes(20_000_000), true);
  assertEquals(await json("version"), 1);
  assertEquals(nano.events.filter(({ event }) => event === "app_exit"), []);
});
