/** An app in a process of its own does what one in a thread does: it answers, streams, stores, calls, reloads, drains, parks. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { repeats } from "../../support/repeats.ts";
import { RESERVE, TempProject } from "../../support/temp_project.ts";
import { zipOf } from "../admin/admin_scene.ts";
import { FRAME, FrameClient } from "../sockets/frame_client.ts";
import { isolateFolders, isolateProcesses, isRunning, ofKernel } from "./host_threads.ts";
import { until } from "./until.ts";

const TOKEN = "process-apps-0123456789abcdef";
const OWN = { isolation: "process", cpu_ms: 600_000 };

const app = (version: string) =>
  `import { readFileSync } from "node:fs";
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/echo") return new Response(request.body, { headers: { "x-method": request.method } });
    if (pathname === "/down") {
      let left = Number(searchParams.get("chunks"));
      return new Response(new ReadableStream({ pull(to) {
        if (left-- === 0) to.close(); else to.enqueue(new Uint8Array(50_000).fill(left));
      } }));
    }
    if (pathname === "/socket") {
      const pair = new WebSocketPair();
      pair[1].accept();
      pair[1].addEventListener("message", ({ data }) => pair[1].send(typeof data === "string" ? "${version} " + data : data));
      return new Response(null, { status: 101, webSocket: pair[0] });
    }
    if (pathname === "/kv") {
      await env.NS.put("key", new Uint8Array(100_000).fill(7));
      return Response.json(new Uint8Array(await env.NS.get("key", "arrayBuffer")).reduce((sum, one) => sum + one, 0));
    }
    if (pathname === "/rpc") return new Response(await env.OTHER.greet({ name: "Ada", bytes: new Uint8Array([1, 2]) }));
    if (pathname === "/file") return new Response(readFileSync(new URL("./text.txt", import.meta.url), "utf8"));
    if (pathname === "/out") return new Response(String((await fetch("http://127.0.0.1:9/").catch((error) => error)).name));
    if (pathname === "/slow") { console.log("holds"); await new Promise((done) => setTimeout(done, 700)); }
    return new Response("${version}");
  },
};`;
const OTHER = `import { WorkerEntrypoint } from "cloudflare:workers";
export default class extends WorkerEntrypoint { greet({ name, bytes }) { return name + bytes.length; } }`;

Deno.test("An app in a process of its own does what one in a thread does", async (test) => {
  await using project = await TempProject.create({
    app: {
      files: { "index.js": app("one"), "text.txt": "of the file" },
      config: { ...OWN, bindings: { NS: { kv: "ns" }, OTHER: { service: "other" } } },
    },
    other: { files: { "index.js": OTHER }, config: OWN },
    sleeper: { files: { "index.js": app("sleeper") }, config: { ...OWN, idle_timeout_ms: 200 } },
  }, { ...RESERVE, admin: { hostname: "127.0.0.1", port: 0, token: TOKEN } });
  await using nano = await NanoProcess.start(project.configFile);
  const text = async (path: string, init: RequestInit = {}) => await (await nano.fetch("app", path, init)).text();
  const admin = async (method: string, path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(new URL(path, nano.adminUrl!), { ...init, method, headers });
    return { status: response.status, json: await response.json() };
  };

  await test.step("bodies go in and come out, whole and streamed", async () => {
    const body = new Uint8Array(3_000_000).map((_, at) => at * 7);
    const response = await nano.fetch("app", "/echo", { method: "PUT", body });
    assertEquals([response.status, response.headers.get("x-method")], [200, "PUT"]);
    assertEquals(new Uint8Array(await response.arrayBuffer()), body);
    assertEquals(await text("/echo", { method: "POST", body: "ä\u{1f600}" }), "ä\u{1f600}");
    const down = new Uint8Array(await (await nano.fetch("app", "/down?chunks=200")).arrayBuffer());
    assertEquals([down.length, down[0], down.at(-1)], [10_000_000, 199, 0]);
  });

  await test.step("a WebSocket takes and gives texts and bytes", async () => {
    using client = await FrameClient.open({ port: nano.port, host: "app", path: "/socket" });
    await client.send(FRAME.TEXT, "text");
    assertEquals(await client.readText(), "one text");
    await client.send(FRAME.BINARY, new Uint8Array(200_000).fill(5));
    let frame = await client.read();
    while (frame?.op === FRAME.PING) frame = await client.read();
    assertEquals([frame?.op, frame?.data], [FRAME.BINARY, new Uint8Array(200_000).fill(5)]);
  });

  await test.step("bindings, methods of another app, files of its own, and the way out", async () => {
    assertEquals(await text("/kv"), "700000");
    assertEquals(await text("/rpc"), "Ada2");
    assertEquals(await text("/file"), "of the file");
    // Loopback is closed to it, by its policy.
    assertMatch(await text("/out"), /Error/);
  });

  await test.step("a reload swaps its process, and lets what it holds end", async () => {
    const before = isolateProcesses(nano.pid);
    const slow = text("/slow");
    await nano.waitForEvent((record) => record["text"] === "holds");
    await project.writeFile("app", "index.js", app("two"));
    await until(async () => await text("/") === "two", "the new code serves");
    assertEquals(await slow, "one");
    await until(() => before.some((pid) => !isRunning(pid)), "the old process is gone");
  });

  await test.step("a deploy and its rollback", async () => {
    const deployed = await admin("POST", "/admin/apps/app/versions", {
      body: zipOf({ "index.js": app("three"), "text.txt": "of the version" }),
    });
    assertEquals([deployed.status, await text("/"), await text("/file")], [201, "three", "of the version"]);
    const bad = await admin("POST", "/admin/apps/app/versions", { body: zipOf("throw new Error('no')") });
    assertEquals([bad.status >= 400, await text("/")], [true, "three"]);
  });

  await test.step("a parked one has no process, and wakes", async () => {
    const parked = async () => (await admin("GET", "/admin/apps/sleeper")).json;
    await until(async () => (await parked()).state === "idle", "it is parked");
    assertEquals((await parked()).isolation, "process");
    assertEquals(await (await nano.fetch("sleeper")).text(), "sleeper");
  });

  await test.step("its end is told as that of a thread, and it serves again", async () => {
    const from = nano.events.length;
    const slow = text("/slow");
    await nano.waitForEvent((record) => record["text"] === "holds", undefined, from);
    const { status } = await admin("POST", "/admin/apps/app/restart");
    assertEquals([status, await slow], [200, "three"]);
    await nano.waitForEvent(
      ({ event, app, reason }) => event === "app_exit" && app === "app" && reason === "drained",
      undefined,
      from,
    );
    assertEquals(await text("/"), "three");
  });
});

Deno.test("Processes killed at random moments under load cost only requests with a code, and leave nothing behind", async () => {
  const KILLS = repeats(30, 1_000);
  // After each end an app waits twice as long as before: of five the last wait is 3.2 s.
  const APPS = Array.from({ length: 10 }, (_, at) => `app${at}`);
  await using project = await TempProject.create({
    ...Object.fromEntries(
      APPS.map((name) => [name, { files: { "index.js": app("here"), "text.txt": "" }, config: OWN }]),
    ),
    calm: { files: { "index.js": app("calm"), "text.txt": "" }, config: { isolation: "worker" } },
  }, RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  const descriptors = () => [...Deno.readDirSync(`/proc/${nano.pid}/fd`)].length;
  const serve = () =>
    until(async () => {
      const texts = await Promise.all(APPS.map(async (name) => await (await nano.fetch(name)).text()));
      return texts.every((text) => text === "here");
    }, "all serve");
  await serve();
  const whole = () =>
    until(() => isolateProcesses(nano.pid).length === APPS.length + 1, "all serve, one is in reserve");
  await whole();
  const before = descriptors();
  const told = new Map<string, number>();
  let isOver = false;
  const load = async (hosts: readonly string[], path: string) => {
    for (let at = 0; !isOver; at++) {
      const host = hosts[at % hosts.length]!;
      const sight = await nano.fetch(host, path).then(async (response) => {
        const code = response.headers.get("nano-error");
        const whole = await response.text().then(() => "", () => " cut");
        return `${host.replace(/\d+/, "")} ${response.status} ${code ?? ""}${whole}`;
      }, (error) => `${host} ${error}`);
      told.set(sight, (told.get(sight) ?? 0) + 1);
    }
  };
  const loads = [load(APPS, "/"), load(APPS, "/down?chunks=20"), load(APPS, "/echo"), load(["calm"], "/")];
  const folders = new Set<string>();
  let random = 1;
  for (let kill = 0; kill < KILLS; kill++) {
    random = random * 16_807 % 2_147_483_647;
    const found = await until(() => {
      const all = isolateFolders(nano.pid);
      return all.length > 0 && all;
    }, "a process is there");
    for (const { folder } of found) folders.add(folder);
    try {
      Deno.kill(found[random % found.length]!.process, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
    // A moment of its own for each: of a boot, a load, an answer, a wait.
    await new Promise((done) => setTimeout(done, random % 97));
  }
  isOver = true;
  await Promise.all(loads);
  await serve();
  console.log(`${KILLS} kills: ${JSON.stringify(Object.fromEntries([...told].sort()))}`);
  const right = /^(calm 200 |app 200 ( cut)?|app 502 APP_TERMINATED|app 503 APP_UNAVAILABLE|app 503 APP_OVERLOADED)$/;
  assertEquals([...told.keys()].filter((sight) => !right.test(sight)), []);
  await whole();
  const living = new Set(isolateFolders(nano.pid).map(({ folder }) => folder));
  for (const folder of folders) {
    if (!living.has(folder)) await until(() => !exists(folder), `${folder} is gone`);
  }
  await until(() => descriptors() <= before + 5, `no more descriptors than the ${before} before`);
  // Whose parent had ended belongs to process 1, or whoever reaps.
  const orphans = [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).filter(({ name }) => {
    const line = ofKernel(`/proc/${name}/cmdline`) ?? "";
    return [...folders].some((folder) => !living.has(folder) && line.includes(folder)) && isRunning(Number(name));
  });
  assertEquals(orphans.map(({ name }) => name), []);
  assert(folders.size >= 5, `${folders.size} processes had their turn`);
});

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path) !== null;
  } catch {
    return false;
  }
}
