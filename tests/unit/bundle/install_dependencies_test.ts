import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import {
  hasNodeModules,
  installDependencies,
  readInstall,
  type RunInstaller,
} from "../../../runtime/bundle/install_dependencies.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";

const EXAMPLE = new URL("../../../docs/examples/hono/", import.meta.url);

/** An installer that puts a package in place, and remembers what it was given. */
function fakeInstaller(seen: { args: readonly string[]; files: string[] }[] = []): RunInstaller {
  return async (folder, args) => {
    seen.push({ args, files: await namesIn(folder) });
    await Deno.mkdir(join(folder, "node_modules/kit"), { recursive: true });
    await Deno.writeTextFile(join(folder, "node_modules/kit/index.js"), `export default ${seen.length};`);
    return { ok: true, output: "" };
  };
}

async function namesIn(folder: string): Promise<string[]> {
  const names = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name);
  return names.sort();
}

function readKit(app: AppFolder): Promise<string> {
  return Deno.readTextFile(app.at("node_modules/kit/index.js"));
}

async function isStale(app: AppFolder): Promise<boolean | undefined> {
  return (await readInstall(app.path))?.isStale;
}

Deno.test("installDependencies() hands the manifest and the lock files over, apart from the project around", async () => {
  await using app = await appFolder({
    "package.json": "{}",
    "package-lock.json": "{}",
    ".npmrc": "",
    "deno.json": "{}",
  });
  const seen: { args: readonly string[]; files: string[] }[] = [];
  await installDependencies(app.path, { run: fakeInstaller(seen) });
  assertEquals(seen, [{
    args: ["install", "--config=deno.json", "--prod", "--frozen=false"],
    files: [".npmrc", "deno.json", "package-lock.json", "package.json"],
  }]);
  assertEquals(await namesIn(app.path), [".npmrc", "deno.json", "node_modules", "package-lock.json", "package.json"]);
  assertEquals(await Deno.readTextFile(app.at("deno.json")), "{}");
});

Deno.test("An installation is stale once package.json or a lock file is another, and is then replaced", async () => {
  await using app = await appFolder({ "package.json": "{}" });
  const run = fakeInstaller();
  assertEquals([await hasNodeModules(app.path), await isStale(app)], [false, undefined]);
  await installDependencies(app.path, { run });
  assertEquals([await hasNodeModules(app.path), await isStale(app)], [true, false]);
  await app.write("package.json", '{"dependencies":{}}');
  assertEquals(await isStale(app), true);
  await installDependencies(app.path, { run });
  assertEquals([await isStale(app), await readKit(app)], [false, "export default 2;"]);
  await app.write("package-lock.json", "{}");
  assertEquals(await isStale(app), true);
});

Deno.test("installDependencies() never touches a node_modules that the user made", async () => {
  await using app = await appFolder({ "package.json": "{}", "node_modules/kit/index.js": "theirs" });
  await installDependencies(app.path, { run: fakeInstaller() });
  assertEquals([await readKit(app), await isStale(app)], ["theirs", undefined]);
  assertEquals(await namesIn(app.path), ["node_modules", "package.json"]);
});

Deno.test("A failed installation tells why, says what to do, and leaves nothing behind", async () => {
  await using app = await appFolder({ "package.json": "{}" });
  const run: RunInstaller = (folder) =>
    Promise.resolve({
      ok: false,
      output: `Download https://registry.example/kit\nSeeded deno.lock from ${folder}/package-lock.json\n` +
        `error: Could not find npm package 'kit' matching '9'.\n\nStack backtrace:\n   0: <unknown>`,
    });
  const error = await assertRejects(() => installDependencies(app.path, { run }), NanoError);
  assertEquals(error.code, "APP_FAILED");
  assertEquals(
    error.message,
    `Cannot install the dependencies: Could not find npm package 'kit' matching '9'; run "npm install" in the app's folder`,
  );
  assertEquals(error.details.length, 2);
  assertEquals(JSON.stringify(error.details).includes(app.path), false);
  assertEquals(await namesIn(app.path), ["package.json"]);
});

Deno.test("Bundler.bundle() does not install unless it is told to, nor for a package that nobody lists", async () => {
  await using app = await appFolder({ "package.json": '{"dependencies":{}}', "index.js": 'import "kit";' });
  for (const installDependencies of [true, false]) {
    await using bundler = new Bundler({ cacheDir: null, installDependencies });
    const source = { name: "blog", path: app.path, nodeCompat: true };
    const error = await assertRejects(() => bundler.bundle(source), NanoError);
    assertStringIncludes(error.message, 'Package "kit" is not installed: run "npm install kit"');
  }
  assertEquals(await hasNodeModules(app.path), false);
});

Deno.test("Bundler.bundle() installs what package.json lists, once for two apps, inside a project of another Deno config", async () => {
  const files: Record<string, string> = {
    // None of these may have a say: they belong to the project around the app.
    "deno.json":
      '{"nodeModulesDir":"none","imports":{"hono":"./wrong.ts"},"lock":{"path":"./deno.lock","frozen":true}}',
    "wrong.ts": "throw new Error('the project around');",
    "deno.lock": '{"version":"5"}',
  };
  for (const name of ["package.json", "index.tsx"]) {
    files[`apps/hono/${name}`] = await Deno.readTextFile(new URL(name, EXAMPLE));
  }
  await using app = await appFolder(files);
  const told: string[] = [];
  await using bundler = new Bundler({
    cacheDir: app.at("cache"),
    installDependencies: true,
    onInstall: (name) => told.push(name),
  });
  const bundles = await Promise.all(
    ["one", "two"].map((name) => bundler.bundle({ name, path: app.at("apps/hono"), nodeCompat: true })),
  );
  assertEquals(told.length, 1);
  assertEquals(bundles[0]!.version, bundles[1]!.version);
  assertEquals(await namesIn(app.at("apps/hono")), ["index.tsx", "node_modules", "package.json"]);
  assertEquals(await Deno.readTextFile(app.at("deno.lock")), files["deno.lock"]);
  const code = bundles[0]!.modules[bundles[0]!.entry]!;
  const { default: hono } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const answer = await hono.fetch(new Request("http://localhost/", { method: "GET" }));
  assertStringIncludes(await answer.text(), "<h1>Todos</h1>");
});

Deno.test("installDependencies() adds what is imported but not listed, and remembers it", async () => {
  for (const manifest of [undefined, '{"name":"blog","dependencies":{"kit":"^1"}}']) {
    await using app = await appFolder(manifest === undefined ? {} : { "package.json": manifest });
    let given: unknown;
    const run: RunInstaller = async (folder, args) => {
      given = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
      return await fakeInstaller()(folder, args);
    };
    await installDependencies(app.path, { extras: { kit: "^2", more: "*" }, run });
    assertEquals(
      given,
      manifest === undefined
        ? { dependencies: { kit: "^2", more: "*" } }
        : { name: "blog", dependencies: { kit: "^1", more: "*" } },
    );
    assertEquals(await readInstall(app.path), { isStale: false, extras: { kit: "^2", more: "*" } });
    assertEquals(await namesIn(app.path), manifest === undefined ? ["node_modules"] : ["node_modules", "package.json"]);
  }
});

Deno.test("An npm: specifier with which an installer would fetch from elsewhere is refused", async () => {
  for (const specifier of ["npm:kit@file:..", "npm:kit@http:x", "npm:../kit", "npm:"]) {
    await using app = await appFolder({ "index.js": `import "${specifier}";` });
    await using bundler = new Bundler({ cacheDir: null, installDependencies: true });
    const source = { name: "blog", path: app.path, nodeCompat: true };
    const error = await assertRejects(() => bundler.bundle(source), NanoError);
    assertStringIncludes(error.message, `"${specifier}" is no npm specifier`);
    assertEquals(await hasNodeModules(app.path), false);
  }
});
