/** What npm packages take for granted of Deno and Node while they are loaded. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
import timed from "timed";
import { createRequire } from "node:module";
import fonts from "fonts";
const require = createRequire(import.meta.url);
import { performance as hooked } from "node:perf_hooks";
export default { fetch: () => Response.json({
  args: Deno.args,
  build: [Deno.build.os === process.platform, typeof Deno.build.arch, typeof Deno.version.deno],
  loop: [hooked.eventLoopUtilization(), hooked === performance, hooked.timerify(timed) === timed],
  timers: timed(),
  required: [fonts, require("timed") === timed, require("./data.json").port, typeof require("node:" + "path").join],
  own: typeof setTimeout(() => {}, 0),
}) };`;
const TIMED = `"use strict";
module.exports = () => {
  const timer = setTimeout(() => {}, 60_000).unref();
  clearTimeout(timer);
  return [timer.hasRef(), typeof timer];
};`;

Deno.test("An app finds what packages ask of Deno and Node while they are loaded", async () => {
  await using project = await TempProject.create({
    needs: {
      files: {
        "index.js": APP,
        "node_modules/timed/package.json": '{ "name": "timed", "version": "1.0.0" }',
        "node_modules/timed/index.js": TIMED,
        "data.json": '{"port":80}',
        "node_modules/fonts/package.json": '{ "type": "module", "imports": { "#font/*": "./fonts/*.cjs" } }',
        "node_modules/fonts/index.js":
          'import { createRequire as make } from "module"; const load = make(import.meta.url); export default load("#font/serif");',
        "node_modules/fonts/fonts/serif.cjs": "module.exports = 'serif';",
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("needs")).json(), {
    args: [],
    build: [true, "string", "string"],
    loop: [{ idle: 0, active: 0, utilization: 0 }, true, true],
    timers: [false, "object"],
    required: ["serif", true, 80, "function"],
    own: "number",
  });
});

const DATAGRAMS = `
import { createSocket } from "node:dgram";
const metrics = createSocket("udp4");
export default { async fetch() {
  const told = [];
  metrics.send("unheard:1|c", 8125, "127.0.0.1");
  const sent = await new Promise((resolve) => metrics.send("a:1|c", 8125, "127.0.0.1", resolve));
  told.push(sent.code, sent.message);
  const other = createSocket({ type: "udp6" });
  told.push((await new Promise((resolve) => other.on("error", resolve).bind(0))).syscall);
  for (const call of [() => createSocket("udp5"), () => other.address(), () => other.remoteAddress()]) {
    try { call(); } catch (error) { told.push(error.code); }
  }
  told.push(await new Promise((resolve) => other.close(() => resolve("closed"))));
  return Response.json(told);
} };`;

Deno.test("A client of metrics is loaded, and hears that no datagram leaves", async () => {
  await using project = await TempProject.create({ datagrams: { files: DATAGRAMS } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("datagrams")).json(), [
    "EPERM",
    'Cannot call node:dgram.Socket.send: it reaches past the isolate; apps with "compat": "full" may',
    "bind",
    "ERR_SOCKET_BAD_TYPE",
    "EBADF",
    "ERR_SOCKET_DGRAM_NOT_CONNECTED",
    "closed",
  ]);
});

const PROTOTYPES = `
function Kept(run) {
  const promise = new Promise(run);
  promise.__proto__ = Kept.prototype;
  return promise;
}
Kept.__proto__ = Promise;
Kept.prototype.__proto__ = Promise.prototype;
Kept.prototype.done = () => "done";
const thrown = (call) => { try { return call(); } catch (error) { return error.name; } };
const { get, set, enumerable } = Object.getOwnPropertyDescriptor(Object.prototype, "__proto__");
export default { fetch: async () => Response.json([
  Kept.resolve(1).done(), await Kept.resolve(1), new Kept(() => {}) instanceof Promise,
  ({}).__proto__ === Object.prototype, Object.create(null).__proto__, (1).__proto__ === Number.prototype, enumerable,
  Object.keys(JSON.parse('{"__proto__":1}')), ({ __proto__: null }) instanceof Object,
  thrown(() => set.call(Object.freeze({}), {})), thrown(() => get.call(undefined)), thrown(() => set.call(1, {})) ?? null,
  ({ __proto__: { a: 1 } }).a, (() => { const one = {}; one.__proto__ = "text"; return one.__proto__ === Object.prototype; })(),
]) };`;

Deno.test("Packages set and read prototypes by __proto__, as in Node and Workers", async () => {
  await using project = await TempProject.create({ old: { files: PROTOTYPES } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("old")).json(), [
    ...["done", 1, true],
    ...[true, null, true, false],
    ...[["__proto__"], false],
    ...["TypeError", "TypeError", null],
    ...[1, true],
  ]);
});

const ASKING = `
export default { fetch: async () => Response.json([
  ...await Promise.all(["net", "env", "run", "sys", "other"].map(async (name) => (await Deno.permissions.query({ name })).state)),
  Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state, Deno.permissions.requestSync({ name: "read" }).state,
  Deno.memoryUsage().heapUsed > 0, Deno.unrefTimer(setTimeout(() => {})) ?? null,
  self.constructor.name,
]) };`;

Deno.test("Libraries for Deno ask what they may, and where they run, and hear it", async () => {
  await using project = await TempProject.create({ asking: { files: ASKING } });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("asking")).json(), [
    ...["denied", "granted", "denied", "denied", "denied"],
    ...["denied", "denied", true, null, "Object"],
  ]);
});
