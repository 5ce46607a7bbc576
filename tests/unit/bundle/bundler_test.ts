import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type AppBundle, Bundler, type BundleSource } from "../../../runtime/bundle/bundler.ts";
import { PLAIN_BUILD } from "../../../runtime/config/project_build.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";
import { importBundle } from "./bundled_app.ts";

async function bundle(app: AppFolder, options: Partial<BundleSource> = {}): Promise<AppBundle> {
  await using bundler = new Bundler({ cacheDir: null });
  return await bundler.bundle({ name: "blog", path: app.path, nodeCompat: true, ...options });
}

async function failure(app: AppFolder, options: { path?: string; nodeCompat?: boolean } = {}): Promise<NanoError> {
  const error = await assertRejects(() => bundle(app, options), NanoError);
  assertEquals(error.code, "APP_FAILED");
  assertEquals(JSON.stringify([error.message, error.details]).includes(app.path), false, "a path of the host got out");
  return error;
}

/** Imports the bundle as a module. The suffix keeps Deno from answering with an earlier import. */
async function run(bundle: AppBundle): Promise<Record<string, unknown>> {
  return await importBundle(bundle.modules, bundle.entry);
}

function sourceMap(bundle: AppBundle): { sources: string[]; sourcesContent: (string | null)[] } {
  const base64 = bundle.modules[bundle.entry]!.split("sourceMappingURL=data:application/json;base64,")[1]!;
  return JSON.parse(atob(base64.trim()));
}

Deno.test("Bundler.bundle() makes one module of TypeScript, JSX, JSON and text", async () => {
  await using app = await appFolder({
    "src/main.tsx": `
      import config from "./config.json";
      import text from "./note.txt";
      import page from "./page.html" with { type: "text" };
      import { twice } from "./twice.js";
      import { later } from "@/later";
      const h = (tag: string) => "<" + tag + ">";
      /** @jsx h */
      export default { all: [twice(config.n), text, page, <b />, later satisfies number] as const };`,
    "src/config.json": '{"n":21}',
    "src/note.txt": "note",
    "src/page.html": "<p>",
    "src/twice.ts": "export const twice = (n: number): number => n * 2;",
    "src/later.ts": "export const later = 7;",
    "tsconfig.json": `{ // a comment
      "compilerOptions": { "jsx": "react", "jsxFactory": "h", "paths": { "@/*": ["./src/*"] } } }`,
  });
  const made = await bundle(app);
  assertEquals(made.entry, "app:///index.js");
  assertEquals(Object.keys(made.modules), ["app:///index.js"]);
  assertMatch(made.version, /^[0-9a-f]{12}$/);
  assertEquals(made.warnings, []);
  assertEquals((await run(made)).default, { all: [42, "note", "<p>", "<b>", 7] });
  const names = ["main.tsx", "config.json", "note.txt", "page.html", "twice.ts", "later.ts"].map((n) => `src/${n}`);
  assertEquals([...made.inputs].sort(), [...names, "tsconfig.json"].map((name) => app.at(name)).sort());
});

Deno.test("Bundler.bundle() names sources app:/// in the source map, with the app's own text and nothing of the host", async () => {
  await using app = await appFolder({
    "src/main.ts": 'import { boom } from "./my lib/boom.ts";\nimport "util-kit";\nexport default { fetch: boom };\n',
    "src/my lib/boom.ts": "export function boom(): never {\n  throw new Error('boom');\n}\n",
    "node_modules/util-kit/index.js": "globalThis.kit = 1;",
  });
  const made = await bundle(app);
  const map = sourceMap(made);
  assertEquals(map.sources.toSorted(), [
    "app:///node_modules/util-kit/index.js",
    "app:///src/main.ts",
    "app:///src/my%20lib/boom.ts",
  ]);
  assertStringIncludes(map.sourcesContent.join(), "export function boom(): never");
  assertEquals(map.sourcesContent[map.sources.findIndex((name) => name.includes("util-kit"))], null);
  assertEquals(made.modules[made.entry]!.includes(app.path), false);
  assertEquals(atob(made.modules[made.entry]!.split("base64,")[1]!.trim()).includes(app.path), false);
  const error = await assertRejects(
    async () => ((await run(made)).default as { fetch: () => Promise<void> }).fetch(),
    Error,
  );
  assertStringIncludes(error.stack!, "app:///src/my lib/boom.ts:2:9");
  assertStringIncludes(error.stack!, "boom [as fetch]");
});

Deno.test("Bundler.bundle() gives the same version for the same code in another folder, and another for other code", async () => {
  await using one = await appFolder({ "index.ts": "export default 1;" });
  await using same = await appFolder({ "index.ts": "export default 1;" });
  await using other = await appFolder({ "index.ts": "export default 2;" });
  const { version } = await bundle(one);
  assertEquals((await bundle(same)).version, version);
  assertNotEquals((await bundle(other)).version, version);
});

Deno.test("Bundler.bundle() tells every mistake at once, each with file, line, column and code", async () => {
  await using app = await appFolder({
    "src/main.ts": 'import "./broken.ts";\nimport "./absent.ts";\nimport "./wide.ts";\n',
    "src/broken.ts": "const a = ;\n",
    "src/wide.ts": '\n\texport const é = "é", x y;\n',
  });
  const error = await failure(app);
  assertMatch(error.message, /^Cannot bundle app "blog": src\/\w+\.ts:\d+:\d+: .* \(and 2 more\)$/);
  assertEquals(error.details.toSorted(), [
    'src/broken.ts:1:11: Unexpected ";"\n  1 | const a = ;\n                ^',
    'src/main.ts:2:8: Could not resolve "./absent.ts"\n  2 | import "./absent.ts";\n             ^^^^^^^^^^^^^',
    'src/wide.ts:2:26: Expected ";" but found "y"\n  2 | \texport const é = "é", x y;\n      \t                        ^',
  ]);
});

Deno.test("Bundler.bundle() refuses files outside the app's folder, by path or symlink", async () => {
  await using app = await appFolder({ "secret.json": '{"key":1}', "secret.ts": "export default 1", "blog/ok.ts": "" });
  await Deno.symlink(app.at("secret.ts"), app.at("blog/link.ts"));
  await Deno.symlink(app.path, app.at("blog/up"));
  for (const specifier of ["../secret.json", "./link.ts", "./up/secret.ts", app.at("secret.ts"), "/etc/hostname"]) {
    await app.write("blog/index.ts", `import a from "${specifier}"; export default a;`);
    const error = await assertRejects(() => bundle(app, { path: app.at("blog") }), NanoError);
    assertStringIncludes(error.message, 'Cannot bundle app "blog": index.ts:1:15: ');
    assertStringIncludes(error.message, "outside the app's folder");
  }
});

Deno.test("Bundler.bundle() takes packages from the app's own node_modules only", async () => {
  await using app = await appFolder({
    "node_modules/above/index.js": "export default 'above';",
    "blog/index.ts": 'import above from "above"; export default above;',
  });
  const error = await failure(app, { path: app.at("blog") });
  assertStringIncludes(error.message, 'index.ts:1:19: Package "above" is not installed: run "npm install above"');
  assertStringIncludes(error.message, "outside the app's folder");
  await app.write("blog/node_modules/above/index.js", "export default 'own';");
  assertEquals((await run(await bundle(app, { path: app.at("blog") }))).default, "own");
});

Deno.test("Bundler.bundle() refuses a package that is a link to a place outside the app's folder", async () => {
  await using app = await appFolder({
    "shared/kit/index.js": "export default 1;",
    "blog/node_modules/.keep": "",
    "blog/index.ts": 'import kit from "kit"; export default kit;',
  });
  await Deno.symlink(app.at("shared/kit"), app.at("blog/node_modules/kit"));
  const error = await failure(app, { path: app.at("blog") });
  assertStringIncludes(error.message, 'Cannot import "kit": it leads to a place outside the app\'s folder');
});

Deno.test("Bundler.bundle() takes an alias of tsconfig.json for what it is", async () => {
  await using app = await appFolder({
    "tsconfig.json": '{"compilerOptions":{"paths":{"@/*":["./src/*"]}}}',
    "index.ts": 'import a from "@/absent"; export default a;',
  });
  assertStringIncludes((await failure(app)).message, 'index.ts:1:15: Could not resolve "@/absent"');
});

Deno.test("Bundler.bundle() does not know NANO's own dependencies", async () => {
  await using app = await appFolder({ "index.ts": 'import { z } from "zod"; export default z;' });
  assertStringIncludes((await failure(app)).message, 'Package "zod" is not installed: run "npm install zod"');
});

Deno.test("Bundler.bundle() says npm install when package.json already lists the package", async () => {
  await using app = await appFolder({
    "index.ts": 'import kit from "@me/kit/sub"; export default kit;',
    "package.json": '{"dependencies":{"@me/kit":"1"}}',
  });
  const { message } = await failure(app);
  assertStringIncludes(message, 'Package "@me/kit" is not installed: package.json lists it, so run "npm install" in');
});

Deno.test("Bundler.bundle() maps npm: specifiers to node_modules and warns of another version", async () => {
  const manifest = { name: "@me/kit", version: "1.2.3", exports: { ".": "./a.js", "./sub": "./sub.js" } };
  await using app = await appFolder({
    "index.ts": `import a from "npm:@me/kit@^1"; import b from "npm:/@me/kit@1.2.3/sub"; import c from "npm:@me/kit";
      export default [a, b, c];`,
    "node_modules/@me/kit/package.json": JSON.stringify(manifest),
    "node_modules/@me/kit/a.js": "export default 'a';",
    "node_modules/@me/kit/sub.js": "export default 'sub';",
  });
  const made = await bundle(app);
  assertEquals([(await run(made)).default, made.warnings], [["a", "sub", "a"], []]);
  await app.write("index.ts", 'import a from "npm:@me/kit@1.2.4"; export default a;');
  assertStringIncludes((await bundle(app)).warnings.join(), '"npm:@me/kit@1.2.4" was asked for, but @me/kit 1.2.3');
  await app.write("index.ts", 'import a from "npm:@me/kit/hidden"; export default a;');
  assertStringIncludes((await failure(app)).message, 'Package "@me/kit" exports no "@me/kit/hidden"');
  await app.write("index.ts", 'import a from "@me/kit/hidden"; export default a;');
  assertStringIncludes((await failure(app)).details.join(), 'note: The path "./hidden" is not exported by package');
  await app.write("index.ts", 'import a from "npm:absent@2/x"; export default a;');
  assertStringIncludes((await failure(app)).message, 'run "npm install absent"');
});

Deno.test("Bundler.bundle() picks a package's exports for Node or for Workers, and gives require() its CommonJS side", async () => {
  const exports = { worker: "./worker.js", browser: "./browser.js", deno: "./deno.js", import: "./esm.js" };
  await using app = await appFolder({
    "index.js": 'import a from "kit"; import b from "dual"; import c from "caller"; export default [a, b, c];',
    "node_modules/kit/package.json": JSON.stringify({ exports }),
    "node_modules/kit/worker.js": "export default 'worker';",
    "node_modules/kit/deno.js": "export default 'deno';",
    "node_modules/dual/package.json": JSON.stringify({ exports: { import: "./esm.js", require: "./cjs.cjs" } }),
    "node_modules/dual/esm.js": "export default 'esm';",
    "node_modules/dual/cjs.cjs": "module.exports = () => 'cjs';",
    "node_modules/caller/index.js": "module.exports = require('dual')();",
  });
  assertEquals((await run(await bundle(app))).default, ["deno", "esm", "cjs"]);
  const project = { file: "wrangler.toml", error: null, main: app.at("index.js"), site: null, build: PLAIN_BUILD };
  assertEquals((await run(await bundle(app, { start: project }))).default, ["worker", "esm", "cjs"]);
  // What is for Node would ask for node: modules.
  assertEquals((await run(await bundle(app, { nodeCompat: false }))).default, ["worker", "esm", "cjs"]);
});

Deno.test("Bundler.bundle() leaves node: modules to the isolate, bare or not", async () => {
  await using app = await appFolder({
    "index.ts": `import { Buffer } from "buffer"; import { join } from "node:path/posix"; import kit from "kit";
      export default [Buffer.from("a").length, join("a", "b"), kit];`,
    "node_modules/buffer/index.js": "throw new Error('the npm package, not the builtin');",
    "node_modules/kit/package.json": '{"browser":{"crypto":false}}',
    "node_modules/kit/index.js": `
      const { EventEmitter } = require("events");
      class Mine extends require("stream") {}
      const denied = typeof require("child_process").spawn;
      let absent; try { require("never-installed"); } catch { absent = true; }
      const mapped = typeof require("crypto").createHash;
      module.exports = [typeof EventEmitter, new Mine() instanceof require("stream"), denied, absent, mapped];`,
  });
  const made = await bundle(app);
  assertStringIncludes(made.modules[made.entry]!, 'from "node:buffer"');
  assertEquals(Object.keys(made.modules).includes("app:///__nano__/node/child_process.js"), true);
  assertEquals((await run(made)).default, [1, "a/b", [
    "function",
    true,
    "function",
    true,
    "function",
  ]]);
});

Deno.test("Bundler.bundle() refuses node: modules without node_compat, and those that do not exist", async () => {
  await using app = await appFolder({ "index.ts": 'import "node:path"; import "crypto";' });
  const error = await failure(app, { nodeCompat: false });
  assertEquals(error.details.length, 2);
  assertStringIncludes(error.message, 'Cannot import "node:path": "node_compat" of the app is off');
  await app.write("index.ts", 'import "node:nothing";');
  assertStringIncludes((await failure(app)).message, 'There is no module "node:nothing"');
});

Deno.test("Bundler.bundle() refuses remote modules and files it cannot read as code", async () => {
  await using app = await appFolder({ "image.png": "", "fine.ts": "" });
  for (
    const [url, remedy] of [
      ["https://example.com/a.js", "install it as an npm package"],
      ["file:///etc/passwd", "apps may import their own files"],
      ["bun:sqlite", "apps may import their own files"],
    ]
  ) {
    await app.write("index.ts", `import "${url}";`);
    assertStringIncludes((await failure(app)).message, `Cannot import "${url}": ${remedy}`);
  }
  await app.write("index.ts", 'import "./image.png";');
  assertStringIncludes((await failure(app)).message, 'Cannot import "image.png": only .ts,');
});

Deno.test("Bundler.bundle() keeps an unresolved package in a try block for run time, wherever else it may lie", async () => {
  await using app = await appFolder({
    "node_modules/above/index.js": "module.exports = 'above';",
    "blog/index.js": `let got; try { got = require("above"); } catch (error) { got = error.code; } export default got;`,
  });
  assertEquals((await run(await bundle(app, { path: app.at("blog") }))).default, "MODULE_NOT_FOUND");
});

Deno.test("Bundler.bundle() ignores a tsconfig.json above the app and knows NODE_ENV", async () => {
  await using app = await appFolder({
    "tsconfig.json": '{ this is "no" JSON',
    "blog/index.tsx": "export default () => process.env.NODE_ENV;",
  });
  const made = await bundle(app, { path: app.at("blog") });
  assertEquals(((await run(made)).default as () => string)(), "production");
  const developed = await run(await bundle(app, { path: app.at("blog"), nodeEnv: "development" }));
  assertEquals((developed.default as () => string)(), "development");
  assertEquals(made.inputs, [app.at("blog/index.tsx")]);
});

Deno.test("Bundler.bundle() takes one of the two builds that React and others have, and leaves the other out", async () => {
  const react = (name: string) =>
    `if (process.env.NODE_ENV === "production") {
    module.exports = require("./cjs/${name}.production.js");
  } else {
    module.exports = require("./cjs/${name}.development.js");
  }`;
  await using app = await appFolder({
    "index.js": `import { kind } from "react-like"; export default kind;`,
    "node_modules/react-like/package.json": '{"name":"react-like","main":"index.js"}',
    "node_modules/react-like/index.js": react("react"),
    "node_modules/react-like/cjs/react.production.js": `exports.kind = "of production";`,
    "node_modules/react-like/cjs/react.development.js": `exports.kind = "of development";`,
  });
  for (const [nodeEnv, other] of [["production", "development"], ["development", "production"]] as const) {
    const made = await bundle(app, { nodeEnv });
    assertEquals((await run(made)).default, `of ${nodeEnv}`);
    const [code] = made.modules[made.entry]!.split("//# sourceMappingURL");
    assertEquals(code!.includes(`of ${other}`), false, nodeEnv);
  }
});

Deno.test("Bundler.bundle() builds several apps at the same time", async () => {
  await using app = await appFolder(
    Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`app${n}/index.ts`, `export default ${n};`])),
  );
  await using bundler = new Bundler({ cacheDir: null });
  const bundles = await Promise.all(
    Array.from({ length: 8 }, (_, n) => bundler.bundle({ name: `app${n}`, path: app.at(`app${n}`), nodeCompat: true })),
  );
  assertEquals(await Promise.all(bundles.map(async (made) => (await run(made)).default)), [0, 1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("Bundler.bundle() says of an app without entry which app it is", async () => {
  await using app = await appFolder({});
  const error = await failure(app);
  assert(error.message.startsWith('Cannot bundle app "blog": Cannot find an entry in '), error.message);
});
