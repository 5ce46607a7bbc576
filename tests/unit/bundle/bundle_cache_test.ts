import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { BundleCache } from "../../../runtime/bundle/bundle_cache.ts";
import { type AppBundle, Bundler } from "../../../runtime/bundle/bundler.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";

const MAP = "//# sourceMappingURL=";

async function bundle(app: AppFolder, path = "blog"): Promise<AppBundle> {
  await using bundler = new Bundler({ cacheDir: app.at("cache") });
  return await bundler.bundle({ name: "blog", path: app.at(path), nodeCompat: true });
}

async function cacheFiles(app: AppFolder): Promise<string[]> {
  const names = [];
  for await (const { name } of Deno.readDir(app.at("cache"))) names.push(name);
  return names.sort();
}

/** Puts a mark into the manifest that only an answer from the cache carries. */
async function mark(app: AppFolder, change: (manifest: Record<string, unknown>) => void): Promise<void> {
  const name = (await cacheFiles(app)).find((name) => name.endsWith(".json"))!;
  const manifest = JSON.parse(await Deno.readTextFile(app.at(`cache/${name}`)));
  change(manifest);
  await app.write(`cache/${name}`, JSON.stringify(manifest));
}

async function markWarning(app: AppFolder): Promise<void> {
  await mark(app, (manifest) => manifest.warnings = ["from the cache"]);
}

Deno.test("An unchanged app comes from the cache, the same in all but the work", async () => {
  await using app = await appFolder({ "blog/index.ts": 'export * from "./a.ts";', "blog/a.ts": "export const a = 1;" });
  const first = await bundle(app);
  assertEquals(await bundle(app), first);
  await markWarning(app);
  assertEquals(await bundle(app), { ...first, warnings: ["from the cache"] });
});

Deno.test("A file that was touched but holds the same text does not invalidate the cache", async () => {
  await using app = await appFolder({ "blog/index.ts": "export default 1;" });
  await bundle(app);
  await markWarning(app);
  await Deno.utime(app.at("blog/index.ts"), 1, 1);
  assertEquals((await bundle(app)).warnings, ["from the cache"]);
});

Deno.test("A file with other text of the same size and the same mtime invalidates the cache", async () => {
  await using app = await appFolder({ "blog/index.ts": 'export * from "./a.ts";', "blog/a.ts": "export const a = 1;" });
  await Deno.utime(app.at("blog/a.ts"), 1, 1);
  const first = await bundle(app);
  await app.write("blog/a.ts", "export const a = 2;");
  await Deno.utime(app.at("blog/a.ts"), 1, 1);
  const second = await bundle(app);
  assertNotEquals(second.version, first.version);
  assertStringIncludes(second.modules[second.entry]!.split(MAP)[0]!, "a = 2");
});

Deno.test("A new file that changes what an import means invalidates the cache", async () => {
  await using app = await appFolder({
    "blog/index.ts": 'export * from "./lib/a";',
    "blog/lib/a.js": "export const a = 1;",
  });
  await bundle(app);
  await app.write("blog/lib/a.ts", "export const a = 2;");
  assertStringIncludes((await bundle(app)).modules["app:///index.js"]!.split(MAP)[0]!, "a = 2");
});

Deno.test("package.json and tsconfig.json of the app and of its packages invalidate the cache", async () => {
  await using app = await appFolder({
    "blog/index.ts": 'import kit from "kit"; export default kit;',
    "blog/package.json": "{}",
    "blog/node_modules/kit/package.json": '{"main":"a.js"}',
    "blog/node_modules/kit/a.js": "export default 'a';",
    "blog/node_modules/kit/b.js": "export default 'b';",
  });
  const { inputs, version } = await bundle(app);
  assertEquals(inputs.includes(app.at("blog/node_modules/kit/package.json")), true);
  await app.write("blog/node_modules/kit/package.json", '{"main":"b.js"}');
  assertNotEquals((await bundle(app)).version, version);
  await markWarning(app);
  await app.write("blog/tsconfig.json", "{}");
  assertEquals((await bundle(app)).warnings, []);
  await markWarning(app);
  await app.write("blog/package.json", '{"name":"blog"}');
  assertEquals((await bundle(app)).warnings, []);
});

Deno.test("Damaged, foreign or missing cache files are ignored and written anew", async () => {
  await using app = await appFolder({ "blog/index.ts": "export default 1;" });
  const good = await bundle(app);
  const [module, manifest] = (await cacheFiles(app)).sort() as [string, string];
  for (const text of ["", "{", "null", "[]", "{}", '{"fingerprint":1}', '{"inputs":{"a":null}}']) {
    await app.write(`cache/${manifest}`, text);
    assertEquals(await bundle(app), good);
    assertNotEquals(await Deno.readTextFile(app.at(`cache/${manifest}`)), text);
  }
  for (const damage of [(text: string) => text.slice(0, -1), (text: string) => text.replace("1", "2")]) {
    await app.write(`cache/${module}`, damage(await Deno.readTextFile(app.at(`cache/${module}`))));
    assertEquals(await bundle(app), good);
  }
  await Deno.remove(app.at(`cache/${module}`));
  assertEquals(await bundle(app), good);
  await markWarning(app);
  await mark(app, (manifest) => manifest.fingerprint = "nano 0, esbuild 0.0.0");
  assertEquals(await bundle(app), good);
});

Deno.test("The cache keeps one bundle an app, in files that only NANO's user may read", async () => {
  await using app = await appFolder({ "blog/index.ts": "export default 0;" });
  for (const n of [1, 2, 3]) {
    await app.write("blog/index.ts", `export default ${n};`);
    await bundle(app);
  }
  const files = await cacheFiles(app);
  assertEquals(files.length, 2);
  for (const name of files) assertEquals((await Deno.stat(app.at(`cache/${name}`))).mode! & 0o777, 0o600);
});

Deno.test("Bundles that are made at the same time leave whole files", async () => {
  await using app = await appFolder({ "blog/index.ts": "export default 1;" });
  await using bundler = new Bundler({ cacheDir: app.at("cache") });
  const source = { name: "blog", path: app.at("blog"), nodeCompat: true };
  const bundles = await Promise.all([1, 2, 3, 4].map(() => bundler.bundle(source)));
  assertEquals(new Set(bundles.map(({ version }) => version)).size, 1);
  assertEquals((await cacheFiles(app)).length, 2);
  await markWarning(app);
  assertEquals((await bundle(app)).warnings, ["from the cache"]);
});

Deno.test("node_compat belongs to what a bundle was made from", async () => {
  await using app = await appFolder({ "blog/index.ts": "export default 1;" });
  await bundle(app);
  await markWarning(app);
  await using bundler = new Bundler({ cacheDir: app.at("cache") });
  assertEquals((await bundler.bundle({ name: "blog", path: app.at("blog"), nodeCompat: false })).warnings, []);
});

Deno.test("An app that fails is not kept, and a cache that cannot be written is a warning", async () => {
  await using app = await appFolder({ "cache": "a file", "blog/index.ts": "export default 1;" });
  const made = await bundle(app);
  assertEquals(made.warnings.length, 1);
  assertStringIncludes(made.warnings[0]!, 'Cannot keep the bundle of app "blog": ');
  assertEquals(await new BundleCache(app.at("cache"), "any").read("any"), undefined);
});
