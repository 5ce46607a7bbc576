/** A Workers project is an app as its folder is: wrangler's file says where it begins and what it finds. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";

const TELLS = `import { part } from "../lib/part";
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/env") {
      const { WORD, LIST, FLAG, SECRET } = env;
      return Response.json({ WORD, LIST, FLAG, SECRET: SECRET ?? null, process: process.env.WORD ?? null });
    }
    if (pathname === "/kv") return new Response(await env.CACHE.get("x"));
    if (pathname === "/file") return env.FILES.fetch(new URL("/page.html", request.url));
    if (pathname.startsWith("/api/")) return new Response("api " + pathname);
    return new Response(part + " " + pathname);
  },
  scheduled({ cron }) {
    if (cron !== "* * * * *") throw new Error("There is no such job");
  },
};`;

const JSONC = `{
  // a comment
  "name": "shop", "main": "src/worker.ts", "compatibility_date": "2026-01-01",
  "vars": { "WORD": "top", "LIST": [1, { "a": null }], "FLAG": true },
  "vectorize": [
    { "binding": "CACHE", "id": "1" },
  ],
  "assets": { "directory": "./public", "binding": "FILES", "run_worker_first": ["/api/*", "!/api/docs/*"] },
  "triggers": { "crons": ["*/5 * * * *"] },
  "routes": ["shop.test/*", { "pattern": "www.shop.test", "custom_domain": true }],
  "env": { "staging": { "vars": { "WORD": "staged" } } },
}`;
const TOML = `
name = "shop"
main = "src/worker.ts"
routes = [ "shop.test/*", { pattern = "www.shop.test", custom_domain = true } ]
[vars]
WORD = "top"
LIST = [1, { a = "b" }]
FLAG = true
[[vectorize]]
binding = "CACHE"
id = "1"
[assets]
directory = "./public"
binding = "FILES"
run_worker_first = [ "/api/*", "!/api/docs/*" ]
[triggers]
crons = ["*/5 * * * *"]
`;

const files = (config: Record<string, string>): TempApp => ({
  files: {
    ...config,
    "src/worker.ts": TELLS,
    "lib/part.ts": `export const part = "whole project";`,
    "public/page.html": "a page",
    "public/api/docs/x.html": "docs",
    "public/api/list": "never",
    "index.ts": `export default { fetch: () => new Response("not this one") };`,
  },
});

/** One whose files have a page for what is missing. */
const pagesProject = (assets: string, handling = "404-page"): TempApp => ({
  files: {
    "wrangler.json": `{ "main": "w.js", "compatibility_date": "2026-01-01", ` +
      `"assets": { "directory": "out", "binding": "ASSETS", ${assets} "not_found_handling": "${handling}" } }`,
    "w.js": `export default { fetch: async (request, env) => request.url.endsWith("/own")
      ? new Response(await (await env.ASSETS.fetch("http://x/none")).text()) : new Response("the app") };`,
    "out/404.html": "lost",
    "out/index.html": "the page",
  },
});

for (const [name, config] of [["wrangler.jsonc", JSONC], ["wrangler.toml", TOML]] as const) {
  Deno.test(`A folder with ${name} is served as it is`, async () => {
    await using project = await TempProject.create({ shop: files({ [name]: config }) });
    await using nano = await NanoProcess.start(project.configFile);
    const text = async (path: string, host = "shop") => await (await nano.fetch(host, path)).text();
    assertEquals(await text("/x"), "whole project /x");
    assertEquals(await text("/x", "shop.test"), "whole project /x");
    assertEquals(await text("/x", "www.shop.test"), "whole project /x");
    const env = JSON.parse(await text("/env"));
    assertEquals([env.WORD, env.FLAG, env.LIST[0], env.SECRET, env.process], ["top", true, 1, null, "top"]);
    assertEquals([await text("/page.html"), await text("/file")], ["a page", "a page"]);
    assertEquals([await text("/api/list"), await text("/api/docs/x.html")], ["api /api/list", "docs"]);
    const refused = await nano.fetch("shop", "/kv");
    await refused.body?.cancel();
    assertEquals([refused.status, refused.headers.get("nano-error")], [500, "APP_EXCEPTION"]);
    const line = name.endsWith("c") ? 6 : 9;
    const told = `env.CACHE is a Vectorize index, which NANO does not have (${name}, line ${line})`;
    const warning = await nano.waitForEvent(({ event, text }) => event === "warning" && /CACHE/.test(String(text)));
    assertStringIncludes(String(warning["text"]), told);
    const log = await nano.waitForEvent(({ event, text }) => event === "app_log" && /CACHE/.test(String(text)));
    assertStringIncludes(String(log["text"]), "Cannot use env.CACHE: it is a Vectorize index");
    assert(nano.events.some(({ event }) => event === "app_ready"));
  });
}

Deno.test("nano.json wins over the project's file, and its mistakes stay its own", async () => {
  const broken = `{ "main": "src/worker.ts", "vars": { "WORD": }`;
  await using project = await TempProject.create({
    own: {
      ...files({ "wrangler.jsonc": JSONC.replace("shop.test/*", "own.test/*").replace("www.shop.test", "w.own.test") }),
      config: { env: { WORD: "own", LIST: "text" }, hostname: ["mine.test"], crons: [] },
    },
    ignored: { ...files({ "wrangler.jsonc": broken }), config: { wrangler: false } },
    broken: files({ "wrangler.jsonc": broken }),
    unbuilt: files({ "wrangler.jsonc": `{ "main": "dist/worker.js" }` }),
    site: { files: { "wrangler.json": `{ "assets": { "directory": "out" } }`, "out/index.html": "built", "a.ts": "" } },
    patterns: pagesProject('"run_worker_first": ["/api/*"],'),
    navigated: pagesProject(""),
    single: pagesProject("", "single-page-application"),
    "single-patterns": pagesProject('"run_worker_first": ["/api/*"],', "single-page-application"),
    "single-site": {
      files: {
        "wrangler.json": `{ "assets": { "directory": "out", "not_found_handling": "single-page-application" } }`,
        "out/index.html": "the page",
      },
    },
    named: {
      files: {
        "wrangler.json": `{ "assets": { "directory": "out", "html_handling": "none" } }`,
        "out/page.html": "page",
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const env = JSON.parse(await (await nano.fetch("mine.test", "/env")).text());
  assertEquals([env.WORD, env.LIST, env.FLAG], ["own", "text", true]);
  const other = await nano.fetch("own.test");
  await other.body?.cancel();
  assertEquals(other.status, 404);
  assertEquals(await (await nano.fetch("ignored")).text(), "not this one");
  assertEquals(await (await nano.fetch("site", "/")).text(), "built");
  const source = await nano.fetch("site", "/a.ts");
  await source.body?.cancel();
  assertEquals(source.status, 404);
  assertEquals(await (await nano.fetch("named", "/page.html")).text(), "page");
  for (
    const [app, mode, answer] of [
      ["patterns", "cors", "lost"],
      ["patterns", "navigate", "lost"],
      ["navigated", "cors", "the app"],
      ["navigated", "navigate", "lost"],
      ["single", "cors", "the app"],
      ["single", "navigate", "the page"],
      ["single-patterns", "cors", "the page"],
      ["single-site", "cors", "the page"],
    ] as const
  ) {
    // What a client accepts says nothing in a Workers project
    const headers = { "sec-fetch-mode": mode, accept: mode === "cors" ? "text/html" : "*/*" };
    const missing = await nano.fetch(app, "/nowhere", { headers });
    assertEquals([missing.status, await missing.text()], [answer === "lost" ? 404 : 200, answer], `${app} ${mode}`);
  }
  assertEquals(await (await nano.fetch("patterns", "/api/x")).text(), "the app");
  assertEquals(await (await nano.fetch("single", "/own")).text(), "the page", "env.ASSETS answers so whoever asks");
  const unnamed = await nano.fetch("named", "/page");
  await unnamed.body?.cancel();
  assertEquals(unnamed.status, 404);
  const reasons = nano.events.filter(({ event }) => event === "app_failed").map(({ app, error }) => `${app} ${error}`);
  assert(
    reasons.some((text) => /^broken .*wrangler\.jsonc, line 1, column 46: found "}" instead of a value/.test(text)),
    reasons.join("\n"),
  );
  assert(
    reasons.some((text) => /^unbuilt .*"main" of wrangler\.jsonc is "dist\/worker\.js", which does not/.test(text)),
  );
});

Deno.test("An edit of the project's file takes effect, and nano check shows the merge", async () => {
  await using project = await TempProject.create({ shop: files({ "wrangler.jsonc": JSONC }) });
  await using nano = await NanoProcess.start(project.configFile);
  const word = async () => JSON.parse(await (await nano.fetch("shop", "/env")).text()).WORD;
  assertEquals(await word(), "top");
  await Deno.writeTextFile(`${project.dir}/apps/shop/wrangler.jsonc`, JSONC.replace(`"top"`, `"edited"`));
  await until(async () => await word() === "edited", "the edit is served");

  const check = await NanoProcess.spawn(["check", "--config", project.configFile]);
  await using _check = check;
  await check.status();
  const told = check.strayLines.join("\n");
  assertStringIncludes(told, "with wrangler.jsonc: main src/worker.ts, assets public, env WORD, LIST, FLAG, crons");
  assertStringIncludes(
    told,
    "wrangler.jsonc, line 6: env.CACHE is a Vectorize index, which NANO does not have; keep vectors in a database",
  );
});

Deno.test("nano dev serves a project with its secrets, and an environment of its file", async () => {
  await using project = await TempProject.create({
    shop: files({ "wrangler.jsonc": JSONC, ".dev.vars": `SECRET="from the desk"\n`, ".env": "SECRET=other" }),
  });
  for (const [args, word] of [[[], "top"], [["--env", "staging"], "staged"]] as const) {
    await using dev = await NanoProcess.spawn(["dev", `${project.dir}/apps/shop`, "--port", "0", ...args]);
    const serving = await until(() => dev.strayLines.find((line) => line.startsWith("Serving ")), "a URL");
    const url = /http:\S+/.exec(serving)![0];
    const env = await (await fetch(`${url}env`)).json();
    assertEquals([env.WORD, env.SECRET], [word, "from the desk"]);
    // As at wrangler's server
    for (const [cron, status, text] of [["*+*+*+*+*", 200, "ok"], ["", 500, "exception"]] as const) {
      const run = await fetch(`${url}cdn-cgi/handler/scheduled?cron=${cron}`);
      assertEquals([run.status, await run.text()], [status, text]);
    }
    await dev.stop();
  }
});

Deno.test("--build runs the project's build command; without it the error and nano check name the command", async () => {
  const command = "mkdir -p dist && cp src/built.js dist/worker.js && echo made";
  await using project = await TempProject.create({
    shop: {
      files: {
        "wrangler.jsonc": JSON.stringify({ main: "dist/worker.js", build: { command } }),
        "src/built.js": `export default { fetch: () => new Response("built") };`,
      },
    },
  });
  const folder = `${project.dir}/apps/shop`;
  const check = await NanoProcess.spawn(["check", "--config", project.configFile]);
  await using _check = check;
  await check.status();
  const told = check.strayLines.join("\n");
  assertStringIncludes(told, `"main" of wrangler.jsonc is "dist/worker.js", which does not exist; it is built by`);
  assertStringIncludes(told, `built by ${JSON.stringify(command)}, which is run by hand, or by --build`);
  await using dev = await NanoProcess.spawn(["dev", folder, "--port", "0", "--build"]);
  const serving = await until(() => dev.strayLines.find((line) => line.startsWith("Serving ")), "a URL");
  assertEquals(await (await fetch(/http:\S+/.exec(serving)![0])).text(), "built");
  await dev.stop();
  await Deno.writeTextFile(`${folder}/wrangler.jsonc`, JSON.stringify({ main: "x.js", build: { command: "exit 3" } }));
  await using failing = await NanoProcess.spawn(["dev", folder, "--port", "0", "--build"]);
  assertEquals((await failing.status()).code, 1);
});
