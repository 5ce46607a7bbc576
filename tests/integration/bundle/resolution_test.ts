/** Apps as people have them, served: CommonJS of tsc, workspaces, and what NODE_ENV they see. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";

const TSC = `"use strict"; Object.defineProperty(exports, "__esModule", { value: true });
exports.scheduled = scheduled;
async function scheduled() { console.log("scheduled by tsc"); }
exports.default = { async fetch() { return new Response("from tsc"); } };`;
const NODE_ENV = `export default { fetch: (_, env) => Response.json([
  process.env.NODE_ENV, process.env["NODE_" + "ENV"], "NODE_ENV" in process.env, env.NODE_ENV ?? null,
  Object.keys(process.env).includes("NODE_ENV"),
]) };`;

Deno.test("What tsc made of an app is an app, and NODE_ENV is production unless the app says otherwise", async () => {
  await using project = await TempProject.create({
    tsc: {
      files: { "package.json": '{"main":"dist/index.js"}', "dist/index.js": TSC },
      config: { crons: [{ schedule: "0 0 1 1 *" }] },
    },
    bare: {
      files: { "index.cjs": "", "index.js": "exports.__esModule = true; exports.fetch = () => new Response('bare');" },
    },
    env: { files: { "index.js": NODE_ENV } },
    own: { files: { "index.js": NODE_ENV }, config: { env: { NODE_ENV: "staging" } } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const text = async (host: string) => await (await nano.fetch(host, "/")).text();
  assertEquals([await text("tsc"), await text("bare")], ["from tsc", "bare"]);
  assert(!nano.events.some((event) => JSON.stringify(event).includes("exports no scheduled")), "its job is found");
  assertEquals(JSON.parse(await text("env")), ["production", "production", true, null, false]);
  assertEquals(JSON.parse(await text("own")), ["staging", "staging", true, "staging", true]);
});

Deno.test("An app of a workspace under nano dev sees NODE_ENV development, and an edit of a package beside it", async () => {
  await using project = await TempProject.create({});
  const write = async (path: string, text: string) => {
    const file = `${project.dir}/repo/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  };
  await write("pnpm-workspace.yaml", "packages: ['apps/*', 'packages/*']\n");
  await write("packages/al/package.json", '{"name":"al","main":"i.js"}');
  await write("packages/al/i.js", "module.exports = 'first';");
  await write("apps/site/package.json", "{}");
  await write(
    "apps/site/index.ts",
    "import a from 'al'; export default { fetch: () => new Response(a + process.env.NODE_ENV) };",
  );
  await Deno.mkdir(`${project.dir}/repo/apps/site/node_modules`);
  await Deno.symlink("../../../packages/al", `${project.dir}/repo/apps/site/node_modules/al`);
  await using nano = await NanoProcess.spawn(["dev", `${project.dir}/repo/apps/site`, "--port", "0"]);
  const serving = await until(
    () => nano.strayLines.find((line) => line.startsWith("Serving ")),
    "the URL is printed",
    120_000,
  );
  const url = serving.match(/http:\/\/\S+/)![0];
  const text = async () => await (await fetch(url)).text();
  assertEquals(await text(), "firstdevelopment");
  await write("packages/al/i.js", "module.exports = 'second';");
  await until(async () => await text() === "seconddevelopment", "the edit beside the app is served");
});

Deno.test("nano check says where an app begins and why; an app's root is checked", async () => {
  await using project = await TempProject.create({
    site: { files: { "package.json": '{"main":"dist/x.js"}', "src/index.ts": "" } },
    vite: { files: { "index.html": '<script type="module" src="/src/main.ts"></script>', "src/main.ts": "" } },
  });
  const check = async () => {
    const nano = await NanoProcess.spawn(["check", "--config", project.configFile]);
    await using _ = nano;
    const { code } = await nano.status();
    return { code, out: nano.strayLines.join("\n") };
  };
  const { code, out } = await check();
  assertEquals(code, 0);
  assertStringIncludes(
    out,
    'begins in src/index.ts: the first conventional name that there is; "main" of package.json',
  );
  assertStringIncludes(out, 'run "npm run build" there');
  await project.setApp("site", { config: { root: "apps/vite" } });
  const refused = await check();
  assert(refused.code === 3);
});
