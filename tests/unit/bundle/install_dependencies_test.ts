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
import { importBundle } from "./bundled_app.ts";

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
    files: [".npmrc", "deno.json", "home", "package-lock.json", "package.json"],
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

Deno.test("What a killed NANO left of an installation is removed, and what may still be under way is not", async () => {
  await using app = await appFolder({
    "package.json": "{}",
    ".nano-install-old/kit.js": "",
    ".nano-install-new/kit.js": "",
    "work/nano-install-old/.npmrc": "token",
    "work/nano-install-new/.npmrc": "token",
    "work/else/kit.js": "",
  });
  const policy = { registry: null, token: null, timeoutMs: 1000, workDir: app.at("work"), refusal: null };
  const long = new Date(Date.now() - 3_600_000);
  for (const path of [".nano-install-old", "work/nano-install-old", "work/else"]) {
    await Deno.utime(app.at(path), long, long);
  }
  await installDependencies(app.path, { run: fakeInstaller(), policy });
  assertEquals(await namesIn(app.path), [".nano-install-new", "node_modules", "package.json", "work"]);
  assertEquals(await namesIn(app.at("work")), ["else", "nano-install-new"]);
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
    `Cannot install the dependencies: Could not find npm package 'kit' matching '9'; correct its name and version in package.json`,
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
    onInstall: ({ step }) => told.push(step),
  });
  const bundles = await Promise.all(
    ["one", "two"].map((name) => bundler.bundle({ name, path: app.at("apps/hono"), nodeCompat: true })),
  );
  assertEquals([told[0], told.at(-1), told.filter((step) => step === "started").length], ["waiting", "done", 1]);
  assertEquals(bundles[0]!.version, bundles[1]!.version);
  assertEquals(await namesIn(app.at("apps/hono")), ["index.tsx", "node_modules", "package.json"]);
  assertEquals(await Deno.readTextFile(app.at("deno.lock")), files["deno.lock"]);
  const { default: hono } = await importBundle(bundles[0]!.modules, bundles[0]!.entry) as {
    default: { fetch(request: Request): Promise<Response> };
  };
  const answer = await hono.fetch(new Request("http://localhost/", { method: "GET" }));
  assertStringIncludes(await answer.text(), "<h1>Todos</h1>");
});

Deno.test("installDependencies() adds what is imported but not listed, and remembers it", async () => {
  for (const manifest of [undefined, '{"name":"blog","dependencies":{"kit":"^1"}}']) {
    await using app = await appFolder(manifest === undefined ? {} : { "package.json": manifest });
    let given: unknown;
    const run: RunInstaller = async (folder, args) => {
      given = JSON.parse(await Deno.readTextFile(join(folder, "package.json")));
      return await fakeInstaller()(folder, args, { timeoutMs: 1 });
    };
    await installDependencies(app.path, { extras: { kit: "^2", more: "*" }, run });
    assertEquals(
      given,
      manifest === undefined ? { dependencies: { kit: "^2", more: "*" } } : { dependencies: { kit: "^1", more: "*" } },
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

/** A registry on loopback that knows no package and remembers what it was asked. */
function fakeRegistry() {
  const asked: { path: string; authorization: string | null }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url, headers }) => {
    asked.push({ path: new URL(url).pathname, authorization: headers.get("authorization") });
    return new Response("{}", { status: 404 });
  });
  return { asked, server, url: `http://127.0.0.1:${server.addr.port}/`, shutdown: () => server.shutdown() };
}

const POLICY = { registry: null, token: null, timeoutMs: 60_000, workDir: null, refusal: null };

Deno.test("An app's .npmrc, bunfig and package.json lead nowhere, and the host's environment stays at home", async () => {
  const [operators, apps] = [fakeRegistry(), fakeRegistry()];
  Deno.env.set("NANO_TEST_SECRET", "the-secret");
  try {
    const auth = `${apps.url.slice("http:".length)}:_authToken=\${NANO_TEST_SECRET}`;
    await using app = await appFolder({
      ".npmrc": `registry=${apps.url}\n@kit:registry=${apps.url}\n${auth}\n`,
      "package.json": JSON.stringify({
        dependencies: { kit: "1", "@kit/one": "1" },
        publishConfig: { registry: apps.url },
        workspaces: [".nano-install-*", "**"],
        scripts: { postinstall: `touch ran` },
        pnpm: { overrides: { kit: apps.url } },
      }),
      "package-lock.json": JSON.stringify({
        lockfileVersion: 3,
        packages: {
          "": { dependencies: { kit: "1" } },
          "node_modules/kit": { version: "1.0.0", resolved: `${apps.url}kit.tgz`, integrity: "sha512-AAAA" },
        },
      }),
    });
    const policy = { ...POLICY, registry: operators.url, token: "operators-token" };
    await assertRejects(() => installDependencies(app.path, { policy }), NanoError, "Cannot install the dependencies");
    assertEquals(apps.asked, []);
    assertEquals(
      new Set(operators.asked.map(({ authorization }) => authorization)),
      new Set(["Bearer operators-token"]),
    );
    assertEquals(JSON.stringify(operators.asked).includes("the-secret"), false);
    assertEquals(await namesIn(app.path), [".npmrc", "package-lock.json", "package.json"]);
  } finally {
    Deno.env.delete("NANO_TEST_SECRET");
    await Promise.all([operators.shutdown(), apps.shutdown()]);
  }
});

for (
  const range of [
    "file:../../etc",
    "link:../x",
    "workspace:*",
    "git+ssh://git@example.com/x.git",
    "github:a/b",
    "a/b",
    "http://169.254.169.254/latest",
    "https://example.com/kit.tgz",
    "npm:other@file:..",
    "jsr:@a/b@1",
    "../kit",
    { version: "1" },
  ]
) {
  Deno.test(`A dependency on ${JSON.stringify(range)} is refused by name, and nothing runs`, async () => {
    for (const field of ["dependencies", "optionalDependencies", "overrides"]) {
      if (field === "overrides" && typeof range !== "string") continue;
      await using app = await appFolder({ "package.json": JSON.stringify({ [field]: { kit: range } }) });
      const seen: { args: readonly string[]; files: string[] }[] = [];
      const error = await assertRejects(() => installDependencies(app.path, { run: fakeInstaller(seen) }), NanoError);
      assertStringIncludes(error.message, 'Cannot install "kit"');
      assertEquals(seen, []);
    }
  });
}

Deno.test("Versions, ranges, tags and aliases of the registry are handed on, addresses in lock files are not", async () => {
  const dependencies = { a: "1.2.3", b: "^1 || >=2.0.0-rc.1 <3", c: "latest", d: "npm:@x/y@^2", e: "npm:z", f: "" };
  await using app = await appFolder({
    "package.json": JSON.stringify({ dependencies, overrides: { a: "1.2.4", b: { c: "$c" } } }),
    "deno.lock": JSON.stringify({
      version: "5",
      specifiers: { "npm:a@1.2.3": "1.2.3", "jsr:@x/y@1": "1.0.0" },
      npm: { "a@1.2.3": { integrity: "sha512-AAAA", tarball: "http://169.254.169.254/" } },
      remote: { "https://example.com/mod.ts": "00" },
      workspace: { links: {} },
    }),
  });
  let given: unknown[] = [];
  const run: RunInstaller = async (folder, args) => {
    const read = async (name: string) => JSON.parse(await Deno.readTextFile(join(folder, name)));
    given = [await read("package.json"), await read("deno.lock")];
    return await fakeInstaller()(folder, args, { timeoutMs: 1 });
  };
  await installDependencies(app.path, { run });
  assertEquals(given, [{ dependencies, overrides: { a: "1.2.4", b: { c: "$c" } } }, {
    version: "5",
    specifiers: { "npm:a@1.2.3": "1.2.3" },
    npm: { "a@1.2.3": { integrity: "sha512-AAAA" } },
  }]);
});

Deno.test("A refusal names the packages and the key, a timeout the seconds and the key", async () => {
  await using app = await appFolder({ "package.json": '{"dependencies":{"kit":"1","more":"1"}}' });
  const refused = { policy: { ...POLICY, refusal: '"install.uploads" is off' }, run: fakeInstaller() };
  const refusal = await assertRejects(() => installDependencies(app.path, refused), NanoError);
  assertEquals(refusal.message, 'Cannot install "kit", "more": "install.uploads" is off');
  const run: RunInstaller = () => Promise.resolve({ ok: false, output: "", isLate: true });
  const late = await assertRejects(() => installDependencies(app.path, { policy: POLICY, run }), NanoError);
  assertStringIncludes(late.message, 'it took longer than 60 s ("install.timeout_ms")');
});
