import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { findEntry } from "../../../runtime/bundle/find_entry.ts";
import { appFolder } from "./app_folder.ts";

async function refusal(path: string): Promise<NanoError> {
  const error = await assertRejects(() => findEntry(path), NanoError);
  assertEquals(error.code, "APP_FAILED");
  return error;
}

const ORDER = ["index", "main", "worker", "src/index", "src/main"].flatMap((stem) =>
  [".ts", ".tsx", ".js", ".jsx", ".mjs"].map((extension) => stem + extension)
);

Deno.test("findEntry() takes the conventional names in their order", async () => {
  await using app = await appFolder(Object.fromEntries(ORDER.map((name) => [name, ""])));
  for (const name of ORDER) {
    const why = "the first conventional name that there is";
    assertEquals(await findEntry(app.path), { kind: "module", root: app.path, file: app.at(name), why });
    await Deno.remove(app.at(name));
  }
});

Deno.test("findEntry() prefers main of package.json, with or without extension, as a file or a folder", async () => {
  await using app = await appFolder({ "index.ts": "", "lib/server.ts": "", "lib/index.js": "", "package.json": "{}" });
  assertEquals((await findEntry(app.path)).file, app.at("index.ts"));
  for (const main of ["lib/server.ts", "./lib/server", "lib/server"]) {
    await app.write("package.json", JSON.stringify({ main }));
    assertEquals((await findEntry(app.path)).file, app.at("lib/server.ts"));
  }
  await app.write("package.json", JSON.stringify({ main: "lib" }));
  assertEquals((await findEntry(app.path)).file, app.at("lib/index.js"));
});

Deno.test("findEntry() takes a file as it is, whatever its name, and its folder as the root", async () => {
  await using app = await appFolder({ "src/app.mts": "", "index.ts": "" });
  assertEquals(await findEntry(app.at("src/app.mts")), {
    kind: "module",
    root: app.at("src"),
    file: app.at("src/app.mts"),
    why: '"path" names it',
  });
});

Deno.test("findEntry() skips a folder that bears the name of an entry", async () => {
  await using app = await appFolder({ "index.ts/readme.txt": "", "index.js": "" });
  assertEquals((await findEntry(app.path)).file, app.at("index.js"));
});

Deno.test("findEntry() names what it looked for, and no path of the host", async () => {
  await using app = await appFolder({ "readme.txt": "" });
  const error = await refusal(app.path);
  for (const part of ["src/main", ".mjs", "package.json"]) assertStringIncludes(error.message, part);
  assertEquals(error.message.includes(app.path), false);
});

Deno.test("findEntry() goes on to the conventional names after a main that does not exist, and says so", async () => {
  await using app = await appFolder({ "package.json": '{"main":"dist/app.js"}', "src/index.ts": "" });
  const { file, why } = await findEntry(app.path);
  assertEquals(file, app.at("src/index.ts"));
  assertStringIncludes(why, '"main" of package.json is "dist/app.js", which does not exist');
  await Deno.remove(file);
  assertStringIncludes((await refusal(app.path)).message, '"dist/app.js", which does not exist');
});

Deno.test("findEntry() refuses a package.json that is no JSON or whose main is no text", async () => {
  await using app = await appFolder({ "package.json": "{", "index.ts": "" });
  assertStringIncludes((await refusal(app.path)).message, "package.json is no JSON");
  await app.write("package.json", '{"main":["a"]}');
  assertStringIncludes((await refusal(app.path)).message, '"main" of package.json is ["a"]');
});

Deno.test("findEntry() refuses a path that does not exist, with the path only in the cause", async () => {
  await using app = await appFolder({});
  const error = await refusal(app.at("blog"));
  assertStringIncludes(error.message, '"blog" does not exist');
  assertEquals(error.message.includes(app.path), false);
});

Deno.test("findEntry() refuses an entry outside the app's folder, by main or by symlink", async () => {
  await using app = await appFolder({ "secret.ts": "", "blog/package.json": '{"main":"../secret.ts"}' });
  assertStringIncludes((await refusal(app.at("blog"))).message, "lies outside the app's folder");
  await app.write("blog/package.json", "{}");
  await Deno.symlink(app.at("secret.ts"), app.at("blog/index.ts"));
  assertStringIncludes((await refusal(app.at("blog"))).message, "lies outside the app's folder");
});

Deno.test("findEntry() takes a folder without code but with index.html for a static site, and index.html itself", async () => {
  await using app = await appFolder({ "index.html": "<p>", "package.json": "{}", "style.css": "" });
  const site = { kind: "static", root: app.path, file: app.at("index.html") } as const;
  assertEquals(await findEntry(app.path), { ...site, why: "a page, and no code of a server" });
  assertEquals(await findEntry(app.at("index.html")), { ...site, why: '"path" names it' });
  await app.write("src/main.ts", "");
  assertEquals((await findEntry(app.path)).kind, "module");
  await app.write("package.json", '{"main":"absent.js"}');
  await Deno.remove(app.at("src/main.ts"));
  assertStringIncludes((await refusal(app.path)).message, '"absent.js", which does not exist');
});

Deno.test("findEntry() refuses an index.html that is a symlink to a place outside the folder", async () => {
  await using app = await appFolder({ "secret.html": "", "site/other.html": "" });
  await Deno.symlink(app.at("secret.html"), app.at("site/index.html"));
  assertStringIncludes((await refusal(app.at("site"))).message, '"index.html" lies outside the app\'s folder');
});

const VITE_PAGE = '<div id="root"></div><script type="module" src="/src/main.tsx"></script>';

Deno.test("findEntry() never serves a page that a build has yet to make, nor boots its code, and serves what was built", async () => {
  const main = 'import { createRoot } from "react-dom/client"; createRoot(document.getElementById("root")!).render(1);';
  await using app = await appFolder({ "index.html": VITE_PAGE, "src/main.tsx": main, "package.json": "{}" });
  const { message } = await refusal(app.path);
  assertStringIncludes(message, "/src/main.tsx is code for browsers that has to be built");
  assertStringIncludes(message, '"npm run build"');
  assertStringIncludes(message, "dist/");
  await app.write("dist/index.html", "<p>built");
  assertEquals(await findEntry(app.path), {
    kind: "static",
    root: app.at("dist"),
    file: app.at("dist/index.html"),
    why: "what the build made of /src/main.tsx; paths without a file get its index.html",
    singlePage: true,
  });
});

Deno.test("findEntry() begins in the server of a start script, not in what a page for browsers shares with it", async () => {
  await using app = await appFolder({
    "index.html": '<script type="module" src="/src/entry-client.js"></script>',
    "src/entry-client.js": 'import { createApp } from "./main.js"; createApp().mount("#app");',
    "src/main.js": 'import App from "./App.vue"; export function createApp() { return { app: createSSRApp(App) }; }',
    "server.js": 'import express from "express"; express().listen(5173);',
    "package.json": JSON.stringify({
      devDependencies: { vite: "^8.0.0" },
      scripts: { dev: "node server", preview: "cross-env NODE_ENV=production node server" },
    }),
  });
  assertEquals((await findEntry(app.path)).file, app.at("server.js"));
});

Deno.test("findEntry() knows the pages of Vite's JavaScript templates, and code without a page of its own", async () => {
  await using app = await appFolder({
    "vue/index.html": '<script type="module" src="/src/main.js"></script>',
    "vue/src/main.js": 'import { createApp } from "vue"; createApp(App).mount("#app")',
    "vue/package.json": '{"devDependencies":{"vite":"^7.0.0"}}',
    "svelte/index.html": '<script src="./src/main.ts" type=module></script>',
    "svelte/src/main.ts": 'export default mount(App, { target: document.getElementById("app")! });',
    "cra/public/index.html": "<div id=root>",
    "cra/src/index.js": 'ReactDOM.createRoot(document.getElementById("root")).render(<App />);',
    "cra/package.json": '{"dependencies":{"react-scripts":"5"}}',
  });
  assertStringIncludes((await refusal(app.at("vue"))).message, "/src/main.js is code for browsers");
  assertStringIncludes((await refusal(app.at("svelte"))).message, "./src/main.ts is code for browsers");
  assertStringIncludes((await refusal(app.at("cra"))).message, "src/index.js is code for browsers");
  await app.write("cra/build/index.html", "");
  assertEquals((await findEntry(app.at("cra"))).file, app.at("cra/build/index.html"));
});

Deno.test("findEntry() serves a page with a script of its own as a site, and a server beside pages as a server", async () => {
  await using app = await appFolder({
    "site/index.html": '<script src="main.js"></script>',
    "site/main.js": "console.log(1);",
    "server/public/index.html": '<script src="/index.js"></script>',
    "server/public/index.js": "document.body.textContent = 1;",
    "server/index.js": "export default { fetch: () => new Response() };",
    "both/index.html": VITE_PAGE,
    "both/index.ts": 'import { Hono } from "hono"; export default new Hono();',
    "both/src/main.tsx": "document.body;",
    "page/index.ts": 'export default { fetch: () => new Response("<script>document.querySelector(1)</script>") };',
  });
  const site = await findEntry(app.at("site"));
  assertEquals([site.kind, site.file], ["static", app.at("site/index.html")]);
  assertStringIncludes(site.why, "main.js is for browsers");
  for (const file of ["server/index.js", "both/index.ts", "page/index.ts"]) {
    assertEquals((await findEntry(app.at(file.split("/")[0]!))).file, app.at(file));
  }
});

Deno.test("findEntry() boots no code for browsers because main of package.json names it", async () => {
  await using app = await appFolder({
    "package.json": '{"main":"src/app.js","devDependencies":{"vite":"^7.0.0"}}',
    "index.html": '<script type="module" src="/src/app.js"></script>',
    "src/app.js": "document.body.append(1);",
  });
  assertStringIncludes((await refusal(app.path)).message, "/src/app.js is code for browsers that has to be built");
  await app.write("dist/index.html", "built");
  assertEquals((await findEntry(app.path)).file, app.at("dist/index.html"));
  await app.write("src/index.ts", "export default { fetch() {} };");
  assertEquals(
    (await findEntry(app.path)).why,
    'the first conventional name that there is; "main" of package.json is "src/app.js", which is code for browsers',
  );
  await app.write("package.json", '{"main":"server.js"}');
  await app.write("server.js", "export default { fetch: () => new Response('document.body') };");
  assertEquals((await findEntry(app.path)).file, app.at("server.js"));
});

Deno.test("findEntry() takes the file that a start script runs where there is nothing else", async () => {
  const scripts = JSON.stringify({ scripts: { start: "node ./bin/www" } });
  await using app = await appFolder({ "package.json": scripts, "bin/www": "", "app.js": "" });
  const why = "a start script of package.json runs it";
  assertEquals(await findEntry(app.path), { kind: "module", root: app.path, file: app.at("bin/www"), why });
  await app.write("index.js", "");
  assertEquals((await findEntry(app.path)).file, app.at("index.js"));
});

Deno.test("findEntry() takes the server that a build made before its pages, and the whole project as its root", async () => {
  for (const server of [".output/server/index.mjs", "build/index.js"]) {
    const files = { [server]: "", ".output/public/index.html": "", "src/app.html": "" };
    await using app = await appFolder({ ...files, "package.json": '{"scripts":{"build":"vite build"}}' });
    const why = "the server that a build made";
    assertEquals(await findEntry(app.path), { kind: "module", root: app.path, file: app.at(server), why });
  }
});

Deno.test("findEntry() takes the pages that a build made where no code of the project tells of them", async () => {
  for (const folder of ["dist", "build", "_site", "dist/client", "out", ".output/public"]) {
    const files = { [`${folder}/index.html`]: "", "package.json": '{"scripts":{"build":"astro build"}}' };
    await using app = await appFolder(files);
    const why = "the pages that a build made";
    const file = app.at(`${folder}/index.html`);
    assertEquals(await findEntry(app.path), { kind: "static", root: app.at(folder), file, why });
    await app.write("package.json", "{}");
    await refusal(app.path);
  }
});

Deno.test("findEntry() tells whoever has a build to run it, and whoever has run it what it made", async () => {
  await using app = await appFolder({ "package.json": '{"scripts":{"build":"make-all"}}' });
  const { message } = await refusal(app.path);
  for (const part of ['"npm run build"', 'set "path" to the file of the server']) assertStringIncludes(message, part);
  await app.write("dist/server/run.js", "");
  const built = (await refusal(app.path)).message;
  assertStringIncludes(built, "its build made dist/, where no server and no index.html is found");
  assertEquals(built.includes("npm run build"), false);
});
