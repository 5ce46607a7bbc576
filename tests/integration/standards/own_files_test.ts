/** An app reads its own folder and nothing else, by node:fs and by Deno; what it writes lies in its memory. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const READER = `
import fs from "node:fs";
import { readFile, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
const here = dirname(fileURLToPath(import.meta.url));
const code = (call) => { try { return call(); } catch (error) { return error.code; } };
export default { async fetch() {
  const streamed = [];
  for await (const part of fs.createReadStream("/views/long.txt")) streamed.push(part.length);
  const handle = await open("views/short.txt");
  const two = Buffer.alloc(2);
  fs.readSync(handle.fd, two, 0, 2, 1);
  await handle.close();
  return Response.json({
    byUrl: fs.readFileSync(new URL("./views/short.txt", import.meta.url), "utf8"),
    byHere: await readFile(join(here, "views/short.txt"), "utf8"),
    byCallback: await new Promise((resolve) => fs.readFile("views/short.txt", "utf8", (_, text) => resolve(text))),
    byDeno: [await Deno.readTextFile("views/short.txt"), Deno.readTextFileSync("/views/short.txt")],
    long: fs.readFileSync("/views/long.txt").length, streamed: streamed.reduce((sum, one) => sum + one, 0),
    part: two.toString(),
    listed: fs.readdirSync("/views", { withFileTypes: true }).map((one) => [one.name, one.isFile()]),
    deep: (await readdir("/", { recursive: true })).filter((name) => name.endsWith(".txt")),
    stat: [fs.statSync("views").isDirectory(), fs.statSync("views/short.txt", { bigint: true }).size === 5n],
    missing: [code(() => fs.statSync("nope")), fs.existsSync("nope"), fs.statSync("nope", { throwIfNoEntry: false }) ?? null],
    wrong: [code(() => fs.readFileSync("/views")), code(() => fs.readdirSync("index.js")), code(() => fs.readFileSync(3000))],
    write: [code(() => fs.writeFileSync("/views/new.txt", "x")), code(() => fs.mkdirSync("/new")), code(() => fs.rmSync("index.js"))],
    shape: await readFile("nope").catch(({ message, errno, syscall, path }) => [message, errno, syscall, path]),
  });
} };`;

Deno.test("An app reads its own files by every call of node:fs and Deno, and writes none", async () => {
  const long = "0123456789".repeat(60_000);
  await using project = await TempProject.create({
    reader: { files: { "index.js": READER, "views/short.txt": "short", "views/long.txt": long } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const response = await nano.fetch("reader");
  assertEquals(await response.json(), {
    byUrl: "short",
    byHere: "short",
    byCallback: "short",
    byDeno: ["short", "short"],
    long: 600_000,
    streamed: 600_000,
    part: "ho",
    listed: [["long.txt", true], ["short.txt", true]],
    deep: ["views/long.txt", "views/short.txt"],
    stat: [true, true],
    missing: ["ENOENT", false, null],
    wrong: ["EISDIR", "ENOTDIR", "EBADF"],
    write: ["EROFS", "EROFS", "EROFS"],
    shape: ["ENOENT: no such file or directory, open 'nope'", -2, "open", "nope"],
  });
});

const TEMPORARY = `
import fs from "node:fs";
const code = (call) => { try { return call() ?? null; } catch (error) { return error.code; } };
export default { async fetch(request) {
  if (new URL(request.url).pathname === "/seen") return Response.json(fs.readdirSync("/tmp"));
  const dir = fs.mkdtempSync("/tmp/work-");
  fs.writeFileSync(dir + "/a", "one");
  fs.appendFileSync(dir + "/a", " two");
  fs.renameSync(dir + "/a", dir + "/b");
  const text = fs.readFileSync(dir + "/b", "utf8");
  const full = code(() => fs.writeFileSync("/tmp/big", Buffer.alloc(10 * 1024 * 1024)));
  const bits = [];
  let count = 0;
  for (; count < 64; count++) if (code(() => fs.writeFileSync("/tmp/bit" + count, Buffer.alloc(1024 * 1024))) === "ENOSPC") break;
  fs.rmSync(dir, { recursive: true });
  for (const name of fs.readdirSync("/tmp")) if (name !== "bit0") fs.unlinkSync("/tmp/" + name);
  const again = code(() => fs.writeFileSync("/tmp/again", Buffer.alloc(4 * 1024 * 1024)));
  return Response.json({ text, full, count, again, gone: fs.existsSync(dir) });
} };`;

Deno.test("/tmp lies in an app's memory: bounded, given back, and nobody else's", async () => {
  await using project = await TempProject.create({
    one: { files: TEMPORARY, config: { external_mb: 16 } },
    two: { files: TEMPORARY },
  });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("one")).json(), {
    text: "one two",
    full: "ENOSPC",
    count: 7,
    again: null,
    gone: false,
  });
  assertEquals(await (await nano.fetch("one", "/seen")).json(), ["again", "bit0"]);
  assertEquals(await (await nano.fetch("two", "/seen")).json(), []);
});

const ALL = `
import { builtinModules, createRequire, isBuiltin } from "node:module";
import { fileURLToPath, format, parse } from "node:url";
import { inspect } from "node:sys";
const require = createRequire(import.meta.url);
export default { async fetch() {
  const wrong = [];
  for (const name of builtinModules) {
    const full = name.startsWith("node:") ? name : "node:" + name;
    const imported = (await import(full).catch((error) => ({ default: error.message }))).default;
    if (imported !== process.getBuiltinModule(full)) wrong.push(["getBuiltinModule", name]);
    if (imported !== require(full)) wrong.push(["require", name]);
    if (!isBuiltin(full)) wrong.push(["isBuiltin", name]);
  }
  return Response.json({ wrong, enough: builtinModules.length > 60, json: require("./data.json"),
    names: [typeof format, typeof parse, typeof inspect, fileURLToPath("app:///a%20b")] });
} };`;

Deno.test("Every name of builtinModules gives one module, by import, require and getBuiltinModule", async () => {
  await using project = await TempProject.create({ all: { files: { "index.js": ALL, "data.json": '{"a":1}' } } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("all")).json(), {
    wrong: [],
    enough: true,
    json: { a: 1 },
    names: ["function", "function", "function", "/a b"],
  });
});

const META = `
Deno.cron("nightly", "0 3 * * *", () => {});
export default { fetch() {
  let exit;
  try { Deno.exit(3); } catch (error) { exit = error.message; }
  const { MODE, PROD, DEV, BASE_URL, SSR } = import.meta.env;
  return Response.json([MODE, PROD, DEV, BASE_URL, SSR, import.meta.resolve("./a b.txt"), exit]);
} };`;

Deno.test("import.meta.env says what Vite says, Deno.exit ends nothing, and a Deno.cron that never runs is told", async () => {
  await using project = await TempProject.create({ meta: { files: { "index.js": META } } });
  await using nano = await NanoProcess.start(project.configFile);
  const answer = await (await nano.fetch("meta")).json();
  assertEquals(answer.slice(0, 6), ["production", true, false, "/", true, "file:///a%20b.txt"]);
  assertStringIncludes(answer[6], "Cannot call Deno.exit(3)");
  await nano.waitForEvent(({ event, text }) => event === "app_log" && String(text).startsWith('Deno.cron("nightly")'));
});

/** `(module)`, the shortest there is. */
const EMPTY_WASM = "new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])";
const FETCHER = `
const beside = (name) => new URL(name, import.meta.url);
const told = (promise) => promise.then(() => "answered", (error) => error instanceof TypeError);
export default { async fetch() {
  const answer = await fetch(beside("./views/short.txt?v=1"));
  await Deno.writeFile("/tmp/made.wasm", ${EMPTY_WASM});
  const made = await WebAssembly.instantiateStreaming(fetch("file:///tmp/made.wasm"));
  return Response.json({
    answer: [answer.status, answer.ok, new URL(answer.url).pathname, await answer.text()],
    empty: await (await fetch(beside("./views/empty.txt"))).text(),
    temporary: [await Deno.makeTempFile({ prefix: "a-", suffix: ".txt" }), Deno.makeTempDirSync({ prefix: "b-" })]
      .map((path) => path.replace(/-[^-.]+/, "-…")),
    wasm: made.instance instanceof WebAssembly.Instance,
    refused: await Promise.all([
      told(fetch(beside("./nope.txt"))), told(fetch("file:///etc/passwd")), told(fetch(beside("./views"))),
      told(fetch(beside("./.env"))), told(fetch(beside("./views/short.txt"), { method: "POST", body: "x" })),
    ]),
    aborted: await fetch(beside("./views/short.txt"), { signal: AbortSignal.abort("why") }).catch((why) => why),
  });
} };`;

Deno.test("An app fetches its own files by their URLs, as Deno has it, and no others", async () => {
  const files = { "index.js": FETCHER, "views/short.txt": "short", "views/empty.txt": "", ".env": "A=1" };
  await using project = await TempProject.create({ fetcher: { files } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("fetcher")).json(), {
    answer: [200, true, "/views/short.txt", "short"],
    empty: "",
    temporary: ["/tmp/a-….txt", "/tmp/b-…"],
    wasm: true,
    refused: [true, true, true, true, true],
    aborted: "why",
  });
});

const MADE = `
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const load = (name) => { try { return require("lib/locale/" + name); } catch (error) { return error.code; } };
export default { fetch: () => Response.json(["fr", "de.js", "xx"].map(load)) };`;

Deno.test("A require that an ES module made for itself finds the files of a package that a sum may name", async () => {
  await using project = await TempProject.create({
    one: {
      files: {
        "index.js": MADE,
        "package.json": '{"type":"module","dependencies":{"lib":"1"}}',
        "node_modules/lib/package.json": '{"name":"lib","version":"1.0.0"}',
        "node_modules/lib/locale/fr.js": 'module.exports = "bonjour";',
        "node_modules/lib/locale/de.js": 'module.exports = "hallo";',
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("one", "/")).json(), ["bonjour", "hallo", "MODULE_NOT_FOUND"]);
});
