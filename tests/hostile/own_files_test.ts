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
  absolute: "/etc/passwd", environ: "/proc/self/environ", cwd: "/proc/self/cwd/nano.json", fd: "/dev/fd/0",
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

const PATCHER = `
import fs from "node:fs";
const seen = [];
const note = (value) => { if (typeof value === "string" && /passwd|nano-test|HOST_ONLY|root:/.test(value)) seen.push(value); };
for (const prototype of [String.prototype, Array.prototype, Promise.prototype, Object.prototype, RegExp.prototype, Uint8Array.prototype]) {
  for (const key of Reflect.ownKeys(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key);
    if (key === "constructor" || !descriptor.configurable || typeof descriptor.value !== "function") continue;
    const native = descriptor.value;
    Object.defineProperty(prototype, key, { ...descriptor, value: function (...given) {
      for (const one of given) note(one);
      if (key === "startsWith" || key === "includes" || key === "some" || key === "every" || key === "test") return true;
      if (key === "normalize" || key === "replace") return "/etc/passwd";
      return Reflect.apply(native, this, given);
    } });
  }
}
const answers = [];
export default { async fetch() {
  for (const path of ["/etc/passwd", "../../nano.json", ".env", "link"]) {
    try { answers[answers.length] = "read: " + fs.readFileSync(path, "utf8"); } catch { answers[answers.length] = "refused"; }
    try { answers[answers.length] = "read: " + await fs.promises.readFile(path, "utf8"); } catch { answers[answers.length] = "refused"; }
  }
  const told = answers.join("|");
  return new Response(told.indexOf("root:") >= 0 || told.indexOf("apps") >= 0 || told.indexOf("SECRET") >= 0 ? "leaked" : "safe");
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
  await using project = await TempProject.create({ patcher: { files: { "index.js": PATCHER, ".env": "SECRET=1" } } });
  await Deno.symlink("/etc/passwd", `${project.dir}/apps/patcher/link`);
  await using nano = await NanoProcess.start(project.configFile);
  const response = await nano.fetch("patcher");
  const text = await response.text();
  assertEquals(text === "safe" || response.status >= 500, true, text);
  assertEquals(text.includes("root:"), false);
});
