/** What packages written for Node find in an app, and what they must never find. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { OFFERED } from "../../../runtime/bundle/node_stubs.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
import process, { env, exit as named, getuid, loadEnvFile, nextTick } from "node:process";
import channels from "node:diagnostics_channel";
import { setTimeout as nodeTimer } from "node:timers";

const results = {
  async exits() {
    const { exit } = process;
    const told = (call) => { try { call(); return "lives"; } catch (error) { return error.name + ": " + error.message; } };
    const heard = [];
    for (const name of ["exit", "beforeExit"]) process.on(name, (code) => heard.push(code));
    const plain = [told(() => process.exit()), told(() => process.exit(1)), told(() => exit("2")), told(() => named(3))];
    process.exitCode = 4;
    const coded = [told(() => process.exit()), told(() => process.exit(0)), told(() => process.reallyExit(5))];
    return { plain, coded, exitCode: process.exitCode, heard };
  },
  async imports(names) {
    const seen = {};
    for (const name of names) {
      seen[name] = await import("node:" + name).then(() => "offered", (error) => error.name + ": " + error.message);
    }
    return seen;
  },
  async process() {
    process.stdout.write("first half, ");
    process.stderr.write("bad\\n");
    process.stdout.write("100%d\\n", "utf8", () => {});
    process.emitWarning("careful", "DeprecationWarning");
    process.env.ADDED = 1;
    const ticked = await new Promise((resolve) => nextTick(resolve, "ticked"));
    const refused = [];
    for (const name of ["kill", "abort", "chdir", "binding", "dlopen", "seteuid"]) {
      try { process[name]("x"); refused.push(name + " ran"); } catch (error) { refused.push(error.message); }
    }
    const { UV_EOF } = process.binding("uv");
    const harmless = [UV_EOF, process.binding("http_parser").methods[1], process.chdir("/"), process.chdir("./")];
    const { modules, napi, uv } = process.versions;
    const memory = process.memoryUsage();
    return {
      isGlobal: process === globalThis.process && env === process.env && process !== undefined,
      env: { ...env }, deno: Deno.env.get("ADDED"), ticked, refused, harmless, hasVersions: Number(modules) > 46 && Number(napi) > 0 && typeof uv === "string",
      version: /^v\\d+\\.\\d+\\.\\d+$/.test(process.version) && process.version === "v" + process.versions.node,
      nano: process.versions.nano === navigator.userAgent.slice(5),
      hrtime: typeof process.hrtime.bigint() === "bigint" && process.hrtime().length === 2,
      cwd: process.cwd(), platform: process.platform, uptime: process.uptime() >= 0,
      memory: memory.heapUsed > 0 && memory.rss >= memory.heapTotal,
      chained: process.on("SIGTERM", () => {}).once("exit", () => {}).off("exit", () => {}) === process,
      asks: [getuid(), process.getgroups(), loadEnvFile() ?? null, process.resourceUsage().maxRSS > 0,
        process.constrainedMemory(), process.allowedNodeEnvironmentFlags.size, process.report.getReport().header],
      builtin: typeof process.getBuiltinModule("fs")?.readFileSync,
      text: String(process), buffer: Buffer.from("aé").toString("hex"), global: global === globalThis,
    };
  },
  async timers() {
    const fired = [];
    const kept = nodeTimer(() => fired.push("cleared by the global function"), 0);
    clearTimeout(kept);
    await new Promise((resolve) => nodeTimer(resolve, 5));
    return { object: typeof kept, fired };
  },
  async publish(text) {
    channels.channel("between apps").publish(text);
    return true;
  },
  async subscribe() {
    channels.subscribe("between apps", (message) => heard.push(message));
    return true;
  },
  async heard() {
    return heard;
  },
};
const heard = [];
export default { async fetch(request) {
  const { call, given } = await request.json();
  return Response.json(await results[call](given));
} };`;

const WITHOUT = `
export default { fetch: async () => {
  const seen = {};
  for (const name of ["Buffer", "global", "process", "setImmediate", "clearImmediate"]) seen[name] = name in globalThis;
  const name = "node:buffer";
  return Response.json({ seen, imported: await import(name).then(() => "offered", (error) => error.message) });
} };`;

const LISTENING = `
const heard = [];
const note = (name) => (...given) => heard.push([name, ...given.map((one) => one instanceof Error ? one.message : typeof one === "object" ? one.constructor.name : one)]);
export default { async fetch(request) {
  const path = new URL(request.url).pathname;
  if (path === "/heard") return Response.json(heard);
  if (path === "/deaf") process.removeAllListeners("unhandledRejection");
  if (path === "/none") process.removeAllListeners();
  if (path === "/first") {
    for (const name of ["unhandledRejection", "uncaughtException", "warning", "own"]) process.on(name, note(name));
    process.emitWarning("careful");
    note("emitted")(process.emit("own", 1), process.emit("nobody"), process.listenerCount("own"), process.eventNames().length);
  }
  Promise.reject(new Error("rejected " + path));
  if (path === "/first") setTimeout(() => { throw new Error("thrown"); });
  await new Promise((resolve) => setTimeout(resolve, 5));
  return new Response("lives");
} };`;

async function call<Result>(nano: NanoProcess, app: string, name: string, given?: unknown): Promise<Result> {
  const response = await nano.fetch(app, "/", { method: "POST", body: JSON.stringify({ call: name, given }) });
  const text = await response.text();
  assertEquals(response.status, 200, text);
  return JSON.parse(text);
}

Deno.test("an app gets harmless Node modules and globals of its own, and nothing that reaches the host", async () => {
  await using project = await TempProject.create({
    one: { files: { "index.js": APP }, config: { env: { GIVEN: "text" } } },
    two: { files: { "index.js": APP } },
    without: { files: { "index.js": WITHOUT }, config: { node_compat: false } },
  });
  await using nano = await NanoProcess.start(project.configFile, { env: { HOST_ONLY: "host" } });

  const offered = [...OFFERED];
  const imports = await call<Record<string, string>>(nano, "one", "imports", offered);
  for (const name of offered) assertEquals([name, imports[name]], [name, "offered"]);

  assertEquals(await call(nano, "one", "process"), {
    isGlobal: true,
    env: { GIVEN: "text", ADDED: "1" },
    deno: "1",
    ticked: "ticked",
    refused: ["kill", "abort", "chdir", "binding", "dlopen", "seteuid"]
      .map((name) => `Cannot call process.${name}: it reaches past the isolate; apps with "compat": "full" may`),
    hasVersions: true,
    harmless: [-4095, "GET", null, null],
    version: true,
    nano: true,
    hrtime: true,
    cwd: "/",
    platform: Deno.build.os,
    uptime: true,
    memory: true,
    chained: true,
    asks: [-1, [], null, true, 0, 0, { glibcVersionRuntime: "2.27" }],
    builtin: "function",
    text: "[object process]",
    buffer: "61c3a9",
    global: true,
  });
  const logged = (text: string, level: string) =>
    nano.waitForEvent((record) => record.event === "app_log" && record["level"] === level && record["text"] === text);
  await logged("first half, 100%d", "info");
  await logged("bad", "error");
  await logged("(node) DeprecationWarning: careful", "warn");

  const exits = (code: number) =>
    `TypeError: Cannot call process.exit(${code}): it reaches past the isolate; only the request fails`;
  assertEquals(await call(nano, "one", "exits"), {
    plain: [exits(0), exits(1), exits(2), exits(3)],
    coded: [exits(4), exits(0), exits(5).replace("exit", "reallyExit")],
    exitCode: 4,
    heard: [],
  });

  assertEquals(await call(nano, "one", "timers"), { object: "object", fired: [] });

  // A diagnostics channel of one app is none of another's.
  await call(nano, "two", "subscribe");
  await call(nano, "one", "subscribe");
  await call(nano, "one", "publish", "from one");
  assertEquals(await call(nano, "one", "heard"), ["from one"]);
  assertEquals(await call(nano, "two", "heard"), []);

  const without = await (await nano.fetch("without")).json();
  assertEquals(Object.values(without.seen), [false, false, false, false, false]);
  assertStringIncludes(without.imported, `Cannot import "node:buffer": "node_compat" of the app is off`);
  assert(!JSON.stringify(nano.events).includes("HOST_ONLY"));
});

Deno.test("process is an emitter, and its listeners hear what nobody caught, which the log hears without them", async () => {
  await using project = await TempProject.create({ one: { files: { "index.js": LISTENING } } });
  await using nano = await NanoProcess.start(project.configFile);
  for (const path of ["/first", "/deaf", "/none"]) {
    assertEquals(await (await nano.fetch("one", path)).text(), "lives");
  }
  assertEquals(await (await nano.fetch("one", "/heard")).json(), [
    ["own", 1],
    ["emitted", true, false, 1, 4],
    ["warning", "careful"],
    ["unhandledRejection", "rejected /first", "Promise"],
    ["uncaughtException", "thrown", "uncaughtException"],
    ["uncaughtException", "rejected /deaf", "unhandledRejection"],
  ]);
  await nano.waitForEvent((record) => record.event === "app_log" && String(record["text"]).includes("rejected /none"));
  const logged = nano.events.filter((record) => record.event === "app_log").map((record) => String(record["text"]));
  assert(!logged.some((text) => text.includes("rejected /first") || text.includes("thrown")), logged.join("\n"));
});
