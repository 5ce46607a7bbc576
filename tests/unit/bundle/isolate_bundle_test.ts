import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { pathToFileURL } from "node:url";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { bundledIsolate, bundleIsolate } from "../../../runtime/bundle/isolate_bundle.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";

const FILES = {
  "isolate/bootstrap.ts": `
    import { join } from "node:path/posix";
    import { wall } from "../protocol/wall.ts";
    export default [join("a", "b"), wall() satisfies number];`,
  "protocol/wall.ts": 'import { code } from "../errors.ts"; export const wall = (): number => code;',
  "errors.ts": "export const code: number = 7;",
};

async function bundle(app: AppFolder): Promise<string> {
  await using bundler = new Bundler({ cacheDir: app.at("cache") });
  return await bundleIsolate(bundler.cache, pathToFileURL(app.at("isolate/bootstrap.ts")));
}

function imports(code: string): string[] {
  return [...code.matchAll(/import ?(?:[\w*{][^;"]*?from ?)?"([^"]+)"/g)].map((match) => match[1]!);
}

// deno-lint-ignore no-explicit-any -- the type is the test's own
async function run(code: string): Promise<any> {
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).default;
}

Deno.test("bundleIsolate() makes one module that needs nothing but node: modules", async () => {
  await using app = await appFolder(FILES);
  const code = await bundle(app);
  assertEquals(await run(code), ["a/b", 7]);
  assertEquals(imports(code), ["node:path/posix"]);
});

Deno.test("bundleIsolate() follows an edit of any of its files, and is the same otherwise", async () => {
  await using app = await appFolder(FILES);
  const code = await bundle(app);
  assertEquals(await bundle(app), code);
  await app.write("errors.ts", "export const code: number = 8;");
  assertEquals(await run(await bundle(app)), ["a/b", 8]);
});

Deno.test("bundledIsolate() gives what was bundled before, and nothing after an edit", async () => {
  await using app = await appFolder(FILES);
  await using bundler = new Bundler({ cacheDir: app.at("cache") });
  const [cache, entry] = [bundler.cache, pathToFileURL(app.at("isolate/bootstrap.ts"))];
  assertEquals(await bundledIsolate(cache, entry), null);
  const code = await bundle(app);
  assertEquals(await bundledIsolate(cache, entry), code);
  await app.write("errors.ts", "export const code: number = 9;");
  assertEquals(await bundledIsolate(cache, entry), null);
});

Deno.test("bundleIsolate() refuses top-level await, unknown packages and what is no code", async () => {
  await using app = await appFolder(FILES);
  for (
    const [line, message] of [
      ["await 1;", "Top-level await is not available"],
      ['import "zod";', 'Cannot bundle "zod": an isolate has'],
      ['import "https://example.com/a.ts";', 'Cannot bundle "https://example.com/a.ts": an isolate has'],
      ['import "./absent.ts";', "absent.ts"],
    ] as const
  ) {
    await app.write("errors.ts", `${line} export const code: number = 7;`);
    const error = await assertRejects(() => bundle(app), NanoError, message);
    assertEquals(error.code, "INTERNAL");
    assertMatch(error.message, /^Cannot bundle the isolate: errors\.ts:1:\d+: /);
  }
});

Deno.test("bundleIsolate() works without a cache that can be written", async () => {
  await using app = await appFolder({ ...FILES, cache: "a file" });
  assertEquals(await run(await bundle(app)), ["a/b", 7]);
});

Deno.test("NANO's own bootstrap builds", async () => {
  await using app = await appFolder({});
  await using bundler = new Bundler({ cacheDir: app.at("cache") });
  const code = await bundleIsolate(bundler.cache);
  assertEquals(await bundleIsolate(bundler.cache), code);
  // deno-lint-ignore no-control-regex -- all that V8 keeps in a byte each, and no more
  assertMatch(code, /^[\x00-\x7f]*$/);
  console.log(`the bootstrap of an isolate has ${code.length} characters`);
});
