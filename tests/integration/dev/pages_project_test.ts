/** Cloudflare Pages projects: functions/ as routes, _worker.js as a file and as a folder, _routes.json. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const tells = (name: string) =>
  `(c) => Response.json({ at: "${name}", params: c.params, path: c.functionPath, data: c.data })`;
const FUNCTIONS = {
  "functions/index.ts": `export const onRequestGet = ${tells("index")};`,
  "functions/_middleware.js": `export const onRequest = [
    async ({ data, next, env }) => {
      data.seen = ["top"];
      const response = await next();
      response.headers.set("x-top", env.WORD);
      return response;
    },
    ({ data, next }) => { data.seen.push("top 2"); return next(); },
  ];`,
  "functions/api/_middleware.ts": `export async function onRequest({ data, next }) {
    data.seen.push("api");
    try { return await next(); } catch (error) { return new Response("caught " + error.message, { status: 500 }); }
  }`,
  "functions/api/users/[id].ts": `import { part } from "../../../lib/part";
    export const onRequestGet = ${tells("user")};
    export const onRequestPost = async ({ request }) => new Response(part + " " + await request.text(), { status: 201 });
    export const onRequest = ({ request }) => new Response("any " + request.method);`,
  "functions/api/users/me.js": `export const onRequest = ${tells("me")};`,
  "functions/api/throws.js": `export const onRequest = () => { throw new Error("on purpose"); };`,
  "functions/files/[[path]].js": `export const onRequest = ${tells("files")};`,
  "functions/pages.js": `export const onRequest = ({ env }) => Response.json([env.CF_PAGES, env.CF_PAGES_URL]);`,
  "functions/pass.js": `export const onRequest = ({ next }) => next("/page.txt");`,
  "functions/later.js": `export const onRequest = ({ waitUntil, passThroughOnException }) => {
    waitUntil(Promise.resolve()); passThroughOnException(); throw new Error("never seen");
  };`,
  "lib/part.ts": `export const part = "shared";`,
};

Deno.test("functions/ answer by their file names, with middlewares above them and the files behind", async () => {
  await using project = await TempProject.create({
    shop: {
      files: {
        ...FUNCTIONS,
        "wrangler.toml": 'name = "shop"\npages_build_output_dir = "site"\n[vars]\nWORD = "word"\n',
        "site/page.txt": "a page",
        "site/index.html": "never",
        "site/404.html": "not here",
        "site/later": "the file",
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const ask = async (path: string, init?: RequestInit) => {
    const response = await nano.fetch("shop", path, init);
    return { status: response.status, text: await response.text(), top: response.headers.get("x-top") };
  };
  const json = async (path: string) => JSON.parse((await ask(path)).text);
  const seen = ["top", "top 2"];
  assertEquals(await json("/"), { at: "index", params: {}, path: "/", data: { seen } });
  assertEquals(await json("/api/users/17"), {
    at: "user",
    params: { id: "17" },
    path: "/api/users/17",
    data: { seen: [...seen, "api"] },
  });
  assertEquals((await json("/api/users/me/")).at, "me");
  assertEquals((await json("/files/a/b%20c")).params, { path: ["a", "b%20c"] });
  assertEquals([(await json("/files")).params, (await json("/files/")).params], [{}, {}]);
  const posted = await ask("/api/users/1", { method: "POST", body: "body" });
  assertEquals(posted, { status: 201, text: "shared body", top: "word" });
  assertEquals((await ask("/api/users/1", { method: "DELETE" })).text, "any DELETE");
  assertEquals(await ask("/api/throws"), { status: 500, text: "caught on purpose", top: "word" });
  assertEquals(await ask("/page.txt"), { status: 200, text: "a page", top: "word" });
  assertEquals((await ask("/pass")).text, "a page");
  assertEquals(await json("/pages"), ["1", "https://shop"]);
  assertEquals((await ask("/later")).text, "the file");
  assertEquals(await ask("/nothing"), { status: 404, text: "not here", top: "word" });
  const check = await NanoProcess.spawn(["check", "--config", project.configFile]);
  await using _check = check;
  await check.status();
  assertStringIncludes(check.strayLines.join("\n"), "begins in functions: it holds the functions of a Pages project");
});

Deno.test("Functions without a middleware leave other paths to the files, and _routes.json decides where it is there", async () => {
  const files = {
    "functions/api/[id].js": `export const onRequest = ({ params }) => new Response("function " + params.id);`,
    "public/index.html": "page",
    "public/api/x": "file",
    "public/api/static/y": "static",
    "functions/other.js": `export const onRequest = () => new Response("other");`,
  };
  const lost = { "public/404.html": "lost", "public/deep/404.html": "lost deep" };
  await using project = await TempProject.create({
    plain: { files },
    routed: {
      files: { ...files, "public/_routes.json": '{ "version": 1, "include": ["/api/*"], "exclude": ["/api/x"] }' },
    },
    lost: {
      files: {
        ...files,
        ...lost,
        "functions/index/[[all]].js": `export const onRequest = ({ params }) => new Response(params.all + "");`,
        "public/_routes.json": '{ "version": 1, "include": ["/index/*", "/other"], "exclude": ["/index/no/"] }',
      },
    },
    built: {
      files: { "wrangler.jsonc": '{ "pages_build_output_dir": "dist" }', "dist/index.html": "page", "index.js": "" },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const text = async (app: string, path: string) =>
    await (await nano.fetch(app, path, { headers: { accept: "image/png" } })).text();
  assertEquals([await text("plain", "/"), await text("plain", "/api/x")], ["page", "function x"]);
  // As Pages has it without a 404.html, for whatever is asked.
  assertEquals([await text("plain", "/somewhere"), await text("built", "/some/where.png")], ["page", "page"]);
  assertEquals([await text("plain", "/other"), await text("routed", "/other")], ["other", "page"]);
  assertEquals([await text("lost", "/api/x"), await text("lost", "/deep/er/x")], ["file", "lost deep"]);
  // A rule for what is below a path is for that path too, and a slash at the end does not count
  assertEquals([await text("lost", "/index"), await text("lost", "/index/a/b")], ["undefined", "a,b"]);
  assertEquals([await text("lost", "/other/"), await text("lost", "/index/no")], ["other", "lost"]);
  assertEquals([await text("routed", "/api/x"), await text("routed", "/api/z")], ["file", "function z"]);
});

Deno.test("_worker.js is the app of the folder that it lies in, as a file and as a folder", async () => {
  const worker = (from: string) =>
    `import { word } from ${JSON.stringify(from)};
    export default { async fetch(request, env) {
      if (new URL(request.url).pathname.startsWith("/api/")) return new Response(word);
      return await env.ASSETS.fetch(request);
    } };`;
  const site = { "index.html": "page", "a.txt": "file", "_routes.json": '{ "include": ["/api/*"] }' };
  await using project = await TempProject.create({
    file: { files: { ...site, "_worker.js": worker("./part.js"), "part.js": "export const word = 'file';" } },
    folder: {
      files: {
        ...site,
        "_worker.js/index.js": worker("./part.js"),
        "_worker.js/part.js": "export const word = 'folder';",
      },
    },
    built: {
      files: {
        "wrangler.jsonc": '{ "pages_build_output_dir": "dist" }',
        "dist/_worker.js": worker("../part.js"),
        "part.js": "export const word = 'built';",
        "dist/a.txt": "file",
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const text = async (app: string, path: string) => await (await nano.fetch(app, path)).text();
  for (const app of ["file", "folder", "built"]) {
    assertEquals([app, await text(app, "/api/x"), await text(app, "/a.txt")], [app, app, "file"]);
    // Not its code, but what is said of any path without a file
    assertEquals(await text(app, "/_worker.js"), app === "built" ? "" : "page");
  }
});
