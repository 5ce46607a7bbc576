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
    assertEquals(await findEntry(app.path), { kind: "module", root: app.path, file: app.at(name) });
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

Deno.test("findEntry() names a main that does not exist", async () => {
  await using app = await appFolder({ "package.json": '{"main":"dist/app.js"}', "index.ts": "" });
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
  assertEquals(await findEntry(app.path), site);
  assertEquals(await findEntry(app.at("index.html")), site);
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
