/** Apps with `"compat": "full"`: Deno itself runs them, in what NANO gives them of the host. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findProcessTools } from "../../../runtime/config/process_tools.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";

const FULL: TempApp["config"] = { isolation: "process", compat: "full", cpu_ms: 600_000, memory_mb: 256 };

const TRIES = `
import fs from "node:fs";
import os from "node:os";
import { DatabaseSync } from "node:sqlite";
function tried(run: () => unknown): unknown {
  try { return run(); } catch (error) { return (error as Error).name; }
}
let worker: Worker | null = null;
export function answer(request: Request): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/worker") {
    worker ??= new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(20);
    return promise.then((data) => Response.json(data));
  }
  if (pathname === "/socket") {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onmessage = ({ data }) => socket.send("echo " + data);
    return response;
  }
  if (pathname === "/inner") {
    return fetch("http://127.0.0.1:9/").then(() => new Response("reached"), (error) => new Response(error.message));
  }
  if (pathname === "/stray") setTimeout(() => { throw new Error("stray"); }, 0);
  return Response.json({
    folder: Deno.cwd() === import.meta.dirname,
    own: tried(() => Deno.readTextFileSync("views/page.txt")),
    data: tried(() => {
      const db = new DatabaseSync("data/count.db");
      db.exec("create table if not exists visits (n integer)");
      db.exec("insert into visits values (1)");
      const count = db.prepare("select count(*) as count from visits").get()!.count;
      db.close();
      return count;
    }),
    temporary: tried(() => { const made = Deno.makeTempFileSync(); Deno.removeSync(made); return made.startsWith(os.tmpdir()); }),
    own_write: tried(() => Deno.writeTextFileSync("views/new.txt", "") ?? "written"),
    other_file: tried(() => Deno.readTextFileSync("/etc/passwd")),
    hidden: tried(() => Deno.readTextFileSync(".npmrc")),
    run: tried(() => new TextDecoder().decode(new Deno.Command("echo", { args: ["run"] }).outputSync().stdout)),
    listen: tried(() => Deno.listen({ port: 0 })),
    environment: Object.keys(process.env).sort(),
    value: process.env.OWN,
    cores: os.cpus().length > 0,
    exists: fs.existsSync("views"),
  });
}`;
const FILES = {
  "main.ts": `import { answer } from "./answer.ts";\nif (import.meta.main) Deno.serve({ port: 8000 }, answer);\n`,
  "answer.ts": TRIES,
  "worker.ts": "self.onmessage = ({ data }) => self.postMessage(data + 1);\n",
  "views/page.txt": "a page",
  ".npmrc": "//registry.example/:_authToken=secret",
};
const GIVEN = ["HOME", "LANG", "LC_ALL", "NODE_ENV", "NO_COLOR", "OWN", "PATH", "TMPDIR", "TZ"];

/** What is answered to "hello". */
async function echoOf(url: string): Promise<string> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.onopen = () => socket.send("hello");
  socket.onmessage = ({ data }) => resolve(String(data));
  socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
  try {
    return await promise;
  } finally {
    const closed = new Promise((done) => socket.onclose = done);
    socket.close();
    await closed;
  }
}

/** @param owner of the app's folder; null for NANO's user */
async function expectAllOfDeno(env: Readonly<Record<string, string>>, owner: number | null = null): Promise<void> {
  const config = { ...FULL, env: { OWN: "value" } };
  await using project = await TempProject.create({ own: { files: FILES, config } }, { default_app: "own" });
  if (owner !== null) {
    await Deno.chmod(project.dir, 0o755);
    await Deno.chown(`${project.dir}/apps/own`, owner, owner);
  }
  await using nano = await NanoProcess.start(project.configFile, { env: { ...env, NANO_TEST_SECRET: "of the host" } });
  const expected = {
    ...{ folder: true, own: "a page", data: 1, temporary: true, cores: true, exists: true },
    ...{ other_file: "NotCapable", hidden: "NotCapable", run: "NotCapable", listen: "NotCapable" },
    ...{ environment: GIVEN, value: "value" },
  };
  const { own_write, ...told } = await (await nano.fetch("own")).json();
  // A program that is not there may be told as such before the permission for it is asked for.
  assertEquals({ ...told, run: told.run === "NotFound" ? "NotCapable" : told.run }, expected);
  // By permission, unless the folder lies where all may be written to; then by the kernel.
  assert(own_write !== "written", own_write);
  assertEquals((await (await nano.fetch("own")).json()).data, 2);
  assertEquals(await (await nano.fetch("own", "/worker")).json(), 21);
  assertStringIncludes(await (await nano.fetch("own", "/inner")).text(), 'the policy "public" allows no');
  assertEquals(await echoOf(`${nano.url.replace("http", "ws")}/socket`), "echo hello");
}

Deno.test("An app with all of Deno has workers, SQLite, files, and a folder to write; nothing else of the host", async () => {
  await expectAllOfDeno({});
});

Deno.test("The same holds where there are no namespaces, by Deno's permissions alone", async () => {
  await expectAllOfDeno({ NANO_NAMESPACES: "0" });
});

const machine = await findProcessTools();
const WITH_USERS = "tools" in machine && machine.tools.withoutUsers === null;
if (!WITH_USERS) console.log("this machine lets NANO start nothing as the owner of an app's folder: not tested");

Deno.test({
  name: "The same holds as the owner of the app's folder, with namespaces and without",
  ignore: !WITH_USERS,
  async fn() {
    await expectAllOfDeno({}, 1_600_000_001);
    await expectAllOfDeno({ NANO_NAMESPACES: "0" }, 1_600_000_001);
  },
});

Deno.test("An uncaught error ends it as Deno has it, and it is started again with what it has written", async () => {
  await using project = await TempProject.create({ own: { files: FILES, config: FULL } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals((await (await nano.fetch("own", "/stray")).json()).data, 1);
  const { detail, reason } = await nano.waitForEvent(({ event }) => event === "app_exit");
  assertEquals([reason, detail], ["uncaught_error", "Error: stray"]);
  await nano.waitForEvent(({ event, attempt }) => event === "app_starting" && attempt !== undefined);
  let ready = 0;
  await nano.waitForEvent(({ event }) => event === "app_ready" && ++ready === 2);
  assertEquals((await (await nano.fetch("own")).json()).data, 2);
});

Deno.test("What keeps it from starting is told in Deno's words, without a path of the host", async () => {
  await using project = await TempProject.create({
    missing: { files: { "main.ts": 'import "./gone.ts";\n' }, config: FULL },
    throwing: { files: { "main.ts": 'throw new TypeError("not today");\n' }, config: FULL },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const errors = new Map(
    nano.events.filter(({ event }) => event === "app_failed").map(({ app, error }) => [app, String(error)]),
  );
  assertStringIncludes(errors.get("missing")!, 'Cannot start app "missing": Module not found "gone.ts"');
  assertStringIncludes(errors.get("throwing")!, "not today");
  for (const error of errors.values()) assert(!error.includes(project.dir), error);
});

Deno.test("What begins in no file of its own, as the server around a build of Next.js, finds the packages of its folder", async () => {
  const files = {
    "package.json": JSON.stringify({ scripts: { build: "next build" }, dependencies: { next: "16" } }),
    ".next/required-server-files.json": '{"config":{"name":"shop"}}',
    "node_modules/next/package.json": '{"name":"next","main":"index.js"}',
    "node_modules/next/index.js": "globalThis.isHooked = true;",
    "node_modules/next/dist/server/lib/start-server.js": `exports.startServer = async ({ dir, config, port }) => {
      const { NODE_ENV, __NEXT_PRIVATE_STANDALONE_CONFIG: kept } = process.env;
      const told = [dir === process.cwd(), config, JSON.parse(kept), NODE_ENV, isHooked];
      require("node:http").createServer((request, response) => response.end(JSON.stringify(told))).listen(port);
    };`,
  };
  const config = { ...FULL, env: { NODE_ENV: "development" } };
  await using project = await TempProject.create({ shop: { files, config } });
  await using nano = await NanoProcess.start(project.configFile);
  const { status, text } = await nano.fetch("shop").then(async (answer) => ({
    status: answer.status,
    text: await answer.text(),
  }));
  assertEquals([status, text], [200, '[true,{"name":"shop"},{"name":"shop"},"production",true]']);
});

const WITH_PROGRAMS = (await findProcessTools().then((found) => "tools" in found && found.tools.namespaces)) !== null;

Deno.test({
  name: "It starts the programs that are named, without a network, and they end with it",
  ignore: !WITH_PROGRAMS,
  async fn() {
    const files = {
      "main.ts": `Deno.serve(async () => {
        const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", "cat /proc/net/dev; ls /; exit 0"] }).output();
        return new Response(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
      });`,
    };
    await using project = await TempProject.create({ own: { files, config: { ...FULL, run: ["sh"] } } });
    await using nano = await NanoProcess.start(project.configFile);
    const text = await (await nano.fetch("own")).text();
    assertStringIncludes(text, "lo:");
    assert(!/eth|ens|enp/.test(text), text);
    assert(!text.split("\n").includes("root"), text);
  },
});
