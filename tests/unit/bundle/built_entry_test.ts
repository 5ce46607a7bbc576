/** What builds of frameworks leave behind: which of it an app begins in, and what is said of the others. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { findEntry } from "../../../runtime/bundle/find_entry.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { appFolder } from "./app_folder.ts";

const manifest = (scripts: object, ...packages: readonly string[]) =>
  JSON.stringify({ scripts, dependencies: Object.fromEntries(packages.map((name) => [name, "1"])) });
const BUILD = { build: "vite build" };

Deno.test("The server that a framework made is an entry, with the files for browsers beside it", async () => {
  const made = {
    "@react-router/dev": ["build/server/index.js", "build/client"],
    "@remix-run/dev": ["build/server/index.js", "build/client"],
    "@tanstack/react-start": ["dist/server/server.js", "dist/client"],
    "@sveltejs/kit": [".svelte-kit/output/server/index.js", ".svelte-kit/output/client"],
  };
  for (const [name, [server, client]] of Object.entries(made)) {
    await using app = await appFolder({
      "package.json": manifest(BUILD, name),
      [server!]: "",
      [`${client}/x.css`]: "",
    });
    const entry = await findEntry(app.path);
    assertEquals([entry.kind, entry.file, entry.clientFiles], ["module", app.at(server!), app.at(client!)]);
    assertEquals(entry.root, app.path, "What it imports lies in the project");
  }
});

Deno.test("A server that a framework made to begin by itself finds the project's folder around it", async () => {
  const made = { "@astrojs/node": "dist/server/entry.mjs", waku: "dist/serve-node.js" };
  for (const [name, server] of Object.entries(made)) {
    await using app = await appFolder({
      "package.json": manifest(BUILD, name),
      [server]: "",
      "dist/client/index.html": "",
    });
    const { kind, file, root, source } = await findEntry(app.path);
    assertEquals([kind, file, root, source], ["module", app.at(server), app.path, undefined]);
  }
});

Deno.test("The pages of Gatsby are those of its build, and public/ of others is not taken for pages", async () => {
  await using app = await appFolder({ "package.json": manifest(BUILD, "gatsby"), "public/index.html": "" });
  const { kind, root } = await findEntry(app.path);
  assertEquals([kind, root], ["static", app.at("public")]);
  await app.write("package.json", manifest(BUILD, "react"));
  await assertRejects(() => findEntry(app.path), NanoError, 'run "npm run build" there');
});

Deno.test("Pages that SvelteKit has made are served as they are, not by the server that has rendered them", async () => {
  const packages = ["@sveltejs/kit", "@sveltejs/adapter-static"];
  const server = { ".svelte-kit/output/server/index.js": "", "build/index.html": "" };
  await using app = await appFolder({ "package.json": manifest(BUILD, ...packages), ...server });
  const { kind, root } = await findEntry(app.path);
  assertEquals([kind, root], ["static", app.at("build")]);
});

Deno.test("A project of Angular begins in the server that its build made, or else in its pages, never in its own code", async () => {
  const files = {
    "package.json": manifest({ build: "ng build", "serve:ssr:shop": "node dist/shop/server/server.mjs" }),
  };
  await using app = await appFolder({
    ...files,
    "src/index.html": "<app-root></app-root>",
    "src/main.ts": "bootstrapApplication(App, appConfig).catch((err) => console.error(err));",
  });
  await assertRejects(() => findEntry(app.path), NanoError, "src/main.ts is code for browsers that has to be built");
  await app.write("dist/shop/browser/index.html", "");
  assertEquals((await findEntry(app.path)).root, app.at("dist/shop/browser"));
  await app.write("dist/shop/server/server.mjs", "");
  assertEquals((await findEntry(app.path)).file, app.at("dist/shop/server/server.mjs"));
});

Deno.test("A framework whose build nothing can be made of here is named, with the way out", async () => {
  const name = "@builder.io/qwik-city";
  await using app = await appFolder({ "package.json": manifest(BUILD, name), "dist/q.js": "" });
  const { message } = await assertRejects(() => findEntry(app.path), NanoError);
  assertStringIncludes(message, "npm run qwik add");
  assertEquals(message.includes("npm run build"), false, message);
});

Deno.test("Next.js begins in its own server, which wants all of Deno and says so, unless its build made pages alone", async () => {
  await using app = await appFolder({ "package.json": manifest(BUILD, "next"), ".next/cache": "" });
  await assertRejects(() => findEntry(app.path), NanoError, 'run "npm run build" there, which makes .next');
  await app.write(".next/required-server-files.json", "{}");
  await using bundler = new Bundler({ cacheDir: null });
  const source = { name: "shop", path: app.path, nodeCompat: true } as const;
  const { message } = await assertRejects(() => bundler.bundle(source), NanoError);
  assertStringIncludes(message, 'set "isolation": "process" and "compat": "full"');
  const { place } = await bundler.bundle({ ...source, compat: "full" });
  assertEquals([place!.entry.split(",")[0], place!.folder], ["data:text/javascript", app.path]);
  await app.write("out/index.html", "");
  const { kind, root } = await findEntry(app.path);
  assertEquals([kind, root], ["static", app.at("out")]);
});

Deno.test("A page that code for browsers was built into answers paths of its own, unless the build made a 404.html", async () => {
  await using app = await appFolder({
    "package.json": manifest(BUILD, "vite"),
    "index.html": '<script type="module" src="/src/main.ts"></script>',
    "src/main.ts": "document.body.append(1);",
    "dist/index.html": "",
  });
  const { root, singlePage } = await findEntry(app.path);
  assertEquals([root, singlePage], [app.at("dist"), true]);
  await app.write("dist/404.html", "");
  assertEquals((await findEntry(app.path)).singlePage, undefined);
  await Deno.remove(app.at("dist/404.html"));
  assertEquals((await findEntry(app.at("dist"))).singlePage, undefined, "A folder of pages says nothing of routes");
});

Deno.test("The pages of a generator are found where its script makes them", async () => {
  for (
    const [script, tool, folder] of [
      ["vitepress build docs", "vitepress", "docs/.vitepress/dist"],
      ["vitepress build", "vitepress", ".vitepress/dist"],
      ["vitepress build --mpa", "vitepress", ".vitepress/dist"],
      ["vuepress build docs", "vuepress", "docs/.vuepress/dist"],
      ["vuepress-vite build src", "vuepress-vite", "src/.vuepress/dist"],
      ["hexo generate", "hexo", "public"],
      ["rspress build", "@rspress/core", "doc_build"],
    ] as const
  ) {
    const name = tool.endsWith("press") || tool.endsWith("vite") ? "docs:build" : "build";
    await using app = await appFolder({ "package.json": manifest({ [name]: script }, tool) });
    await app.write(`${folder}/index.html`, "");
    const { kind, root } = await findEntry(app.path);
    assertEquals([kind, root], ["static", app.at(folder)]);
  }
});

Deno.test("Code whose decorators are to have metadata begins in what a compiler made of it", async () => {
  const files = {
    "package.json": manifest({ build: "nest build", "start:prod": "node dist/main" }),
    "tsconfig.json": '{"compilerOptions":{"experimentalDecorators":true,"emitDecoratorMetadata":true}}',
    "src/main.ts": "",
  };
  await using app = await appFolder(files);
  assertEquals((await findEntry(app.path)).file, app.at("src/main.ts"));
  await app.write("dist/main.js", "");
  const { file, why } = await findEntry(app.path);
  assertEquals(file, app.at("dist/main.js"));
  assertStringIncludes(why, "which src/main.ts lacks");
  await app.write("tsconfig.json", "{}");
  assertEquals((await findEntry(app.path)).file, app.at("src/main.ts"), "All else is bundled from its source");
});

Deno.test("A plugin that fastify-cli starts gets a server around it, with the options of the script", async () => {
  const scripts = { start: "fastify start -l info -p 3001 -o app.js" };
  await using app = await appFolder({
    "package.json": JSON.stringify({ main: "app.js", scripts, dependencies: { fastify: "5", "fastify-cli": "8" } }),
    "app.js": "module.exports = async (fastify) => {};",
  });
  const { kind, file, source, why } = await findEntry(app.path);
  assertEquals([kind, file, why], ["module", app.at("app.js"), "fastify start of package.json registers it"]);
  for (const part of ['from "./app.js"', '{"level":"info"}', "plugin.options"]) assertStringIncludes(source!, part);
  await app.write("package.json", JSON.stringify({ main: "app.js", dependencies: { fastify: "5" } }));
  assertEquals((await findEntry(app.path)).source, undefined);
});
