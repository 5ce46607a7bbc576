/** No app reads a file that is not its own, whatever it names and whatever it has patched. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../support/nano_process.ts";
import { TempProject } from "../support/temp_project.ts";

const PROBE = `
import fs from "node:fs";
const tried = {};
const read = (name, path) => {
  try { tried[name] = fs.readFileSync(path, "latin1"); } catch (error) { tried[name] = error.code ?? String(error); }
};
const attempts = {
  up: "../../nano.json", deepUp: "/../../../../../../../etc/passwd", dots: "sub/../../../nano.json",
  absolute: "/etc/passwd", environ: "/proc/self/environ", cwd: "/proc/self/cwd/nano.json", fd: "/dev/fd/3", linked: "/proc/self/fd/0",
  linkedFile: "link-file", linkedFolder: "link-folder/passwd", linkedUp: "link-up/nano.json", chain: "link-chain",
  env: ".env", envLocal: "./sub/../.env.local", devVars: ".dev.vars", npmrc: ".npmrc", git: ".git/config",
  upper: ".ENV", config: "nano.json", linkedEnv: "link-env", slashes: "//.env", nul: "index.js\\0.txt",
  url: new URL("file:///%2e%2e/%2e%2e/etc/passwd"), encoded: new URL("app:///%2e%65nv"), slash: "sub%2f..%2f.env",
  encodedSlash: "file:///a%2f..%2f.env",
  bytes: Buffer.from("../../nano.json"), state: "../../.nano/token", other: "../other/index.js",
  object: { toString: () => "index.js", length: 8 },
};
for (const [name, path] of Object.entries(attempts)) read(name, path);
const listed = fs.readdirSync("/");
const linked = [fs.lstatSync("link-file").isSymbolicLink(), fs.existsSync("link-file")];
let link;
try { link = fs.readlinkSync("link-file"); } catch (error) { link = error.code; }
const denos = [];
for (const path of ["../../nano.json", "link-file", ".env", "/proc/self/environ"]) {
  denos.push(await Deno.readTextFile(path).catch((error) => error.code));
}
export default { fetch: () => Response.json({ tried, listed, linked, link, denos }) };`;

/** Lies while it reads, and only then: an app that breaks itself at its start would prove nothing. */
const PATCHER = `
import fs from "node:fs";
const { apply, ownKeys } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const LIES = { __proto__: null, startsWith: true, includes: true, some: true, every: true, test: true, has: true,
  normalize: "/etc/passwd", replace: "/etc/passwd", endsWith: false, indexOf: -1 };
let isLying = false, isInside = false, lies = 0;
const seen = [];
const note = (value) => { if (typeof value === "string") seen[seen.length] = value; };
for (const { prototype } of [String, Array, Promise, Object, RegExp, Uint8Array, Map, Set, URL, Function, Number]) {
  for (const key of ownKeys(prototype)) {
    const descriptor = getOwnPropertyDescriptor(prototype, key);
    if (key === "constructor" || !descriptor.configurable || typeof descriptor.value !== "function") continue;
    const native = descriptor.value;
    const lie = function (...given) {
      if (!isLying || isInside) return apply(native, this, given);
      isInside = true;
      for (let at = 0; at < given.length; at++) note(given[at]);
      isInside = false;
      if (typeof key === "string" && key in LIES && (lies++, true)) return LIES[key];
      return apply(native, this, given);
    };
    defineProperty(prototype, key, { ...descriptor, value: lie });
  }
}
export default { async fetch() {
  const answers = [];
  const say = (text) => { answers[answers.length] = text; };
  for (const path of ["/etc/passwd", "../../nano.json", ".env", "link", "/proc/self/environ"]) {
    isLying = true;
    try { const read = fs.readFileSync(path, "utf8"); isLying = false; say("read: " + read); } catch { isLying = false; say("refused"); }
    isLying = true;
    let reading; try { reading = fs.promises.readFile(path, "utf8"); } catch { reading = null; }
    isLying = false;
    try { say("read: " + await reading); } catch { say("refused"); }
  }
  // The same natives that lie above read the app's own file once they do not.
  return Response.json({ answers, own: fs.readFileSync("own.txt", "utf8"), lied: lies > 0, seen });
} };`;

Deno.test("No path, link, URL or name leads an app to a file that is not its own", async () => {
  const files = {
    "index.js": PROBE,
    "sub/a.txt": "a",
    ".env": "SECRET=1",
    ".env.local": "SECRET=1",
    ".dev.vars": "SECRET=1",
    ".npmrc": "SECRET=1",
    ".git/config": "SECRET=1",
    "nano.json": "SECRET",
  };
  await using project = await TempProject.create({
    probe: { files },
    other: { files: "export default { fetch() {} };" },
  });
  const app = `${project.dir}/apps/probe`;
  const links = {
    "link-file": "/etc/passwd",
    "link-folder": "/etc",
    "link-up": project.dir,
    "link-chain": "link-file",
    "link-env": ".env",
  };
  for (const [name, target] of Object.entries(links)) await Deno.symlink(target, `${app}/${name}`);
  await using nano = await NanoProcess.start(project.configFile, { env: { HOST_ONLY: "host" } });
  const { tried, listed, linked, link, denos } = await (await nano.fetch("probe")).json();
  const refusals = new Set(["ENOENT", "EACCES", "ENOTDIR", "ERR_INVALID_ARG_VALUE", "ERR_INVALID_ARG_TYPE"]);
  for (const [name, answer] of Object.entries(tried)) {
    assertEquals([name, refusals.has(String(answer))], [name, true], `${name} was answered with ${answer}`);
  }
  assertEquals(listed, ["index.js", "link-chain", "link-env", "link-file", "link-folder", "link-up", "sub", "tmp"]);
  assertEquals([linked, link], [[true, false], "EACCES"]);
  assertEquals(denos, ["ENOENT", "EACCES", "ENOENT", "ENOENT"]);
});

Deno.test("An app that has patched every prototype reads no more than others", async () => {
  const files = { "index.js": PATCHER, ".env": "SECRET=1", "own.txt": "own" };
  await using project = await TempProject.create({ patcher: { files } });
  await Deno.symlink("/etc/passwd", `${project.dir}/apps/patcher/link`);
  await using nano = await NanoProcess.start(project.configFile, { env: { HOST_ONLY: "host-only-secret" } });
  const response = await nano.fetch("patcher");
  const text = await response.text();
  assertEquals(response.status, 200, text);
  const { answers, own, lied } = JSON.parse(text);
  assertEquals([answers, own, lied], [Array(10).fill("refused"), "own", true]);
  for (const secret of ["root:", "SECRET=1", "host-only-secret", project.dir]) {
    assertEquals(text.includes(secret), false, secret);
  }
});
