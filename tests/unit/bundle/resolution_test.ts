/** What packages say of what they import, and what CommonJS finds of itself. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_SOURCE_BYTES } from "../../../runtime/bundle/input_stamp.ts";
import { appFolder } from "./app_folder.ts";
import { bundleApp, defaultOf, failureOf } from "./bundled_app.ts";

Deno.test("A browser field that says false makes an empty module of a file, with its ending or without, by require and by import", async () => {
  const value = await defaultOf({
    "index.js": 'import cjs from "cjs"; import esm from "esm"; export default [cjs, esm];',
    "node_modules/cjs/package.json": '{"browser":{"./a.js":false,"./b":false,"./lib/index.js":false,"c.js":false}}',
    "node_modules/cjs/index.js":
      `module.exports = ["./a", "./a.js", "./b", "./b.js", "./lib", "./lib/index", "./d"].length + ":" +
      [require("./a"), require("./a.js"), require("./b"), require("./b.js"), require("./lib"), require("./d")]
        .map((one) => Object.keys(one).length).join();`,
    "node_modules/cjs/a.js": "exports.real = 1;",
    "node_modules/cjs/b.js": "exports.real = 1;",
    "node_modules/cjs/d.js": "exports.real = 1;",
    "node_modules/cjs/lib/index.js": "exports.real = 1;",
    "node_modules/esm/package.json": '{"type":"module","browser":{"./a.js":false,"gone":false}}',
    "node_modules/esm/index.js":
      `import { real } from "./a.js"; import * as gone from "gone"; export default [typeof real, typeof gone.x];`,
    "node_modules/esm/a.js": "export const real = 1;",
  });
  assertEquals(value, ["7:0,0,0,0,0,1", ["undefined", "undefined"]]);
});

Deno.test("A browser field replaces files, packages and the main file in a Workers project only; a whole package may be nothing", async () => {
  const files = {
    "index.js": `import a from "replacing"; import b from "whole"; import c from "main"; import d from "exporting";
      export default [a, b, c, d];`,
    "node_modules/replacing/package.json":
      '{"browser":{"./node.js":"./web.js","fs":"./fs.js","heavy":"light","./index.js":"./other.js"}}',
    "node_modules/replacing/other.js":
      'module.exports = [require("./node"), require("fs"), require("heavy"), require("./node.js")].join();',
    "node_modules/replacing/index.js": "module.exports = 'the file for Node';",
    "node_modules/replacing/node.js": "module.exports = 'node';",
    "node_modules/replacing/web.js": "module.exports = 'web';",
    "node_modules/replacing/fs.js": "module.exports = 'fs';",
    "node_modules/light/index.js": "module.exports = 'light';",
    "node_modules/heavy/index.js": "module.exports = 'heavy';",
    "node_modules/whole/package.json": '{"browser":{"./index.js":false}}',
    "node_modules/whole/index.js": "module.exports = 'real';",
    "node_modules/main/package.json": '{"main":"./node.js","browser":"./web.js"}',
    "node_modules/main/node.js": "module.exports = 'node';",
    "node_modules/main/web.js": "module.exports = 'web';",
    "node_modules/exporting/package.json": '{"exports":"./node.js","browser":"./web.js"}',
    "node_modules/exporting/node.js": "module.exports = 'exported';",
    "node_modules/exporting/web.js": "module.exports = 'web';",
  };
  assertEquals(await defaultOf(files, { isWorkers: true }), ["web,fs,light,web", {}, "web", "exported"]);
  assertEquals(await defaultOf(files), ["the file for Node", {}, "node", "exported"]);
});

Deno.test("A module of Node that a browser field leaves out is there all the same, in a Workers project too", async () => {
  const files = {
    "index.js": 'import kit from "kit"; export default kit;',
    "node_modules/kit/package.json": '{"browser":{"path":false,"node:util":false,"./path.js":false}}',
    "node_modules/kit/index.js":
      'module.exports = [typeof require("path").join, typeof require("node:util").inspect, typeof require("./path").join];',
    "node_modules/kit/path.js": "exports.join = 1;",
  };
  for (const isWorkers of [false, true]) {
    assertEquals(await defaultOf(files, { isWorkers }), ["function", "function", "undefined"]);
  }
});

Deno.test("A file that a browser field leaves out is there all the same where it is called at once", async () => {
  const files = {
    "index.js": 'import kit from "kit"; export default kit;',
    "node_modules/kit/package.json": '{"browser":{"./extend.js":false,"./more.js":false}}',
    "node_modules/kit/index.js":
      'const kit = {}; require("./extend")(kit); module.exports = [kit, require("./more.js")];',
    "node_modules/kit/extend.js": "module.exports = (kit) => { kit.extended = true; };",
    "node_modules/kit/more.js": "exports.more = 1;",
  };
  for (const isWorkers of [false, true]) {
    assertEquals(await defaultOf(files, { isWorkers }), [{ extended: true }, {}]);
  }
});

Deno.test("What is absent fails at run time where it may be, with Node's code; a static import fails the bundle", async () => {
  const value = await defaultOf({
    "index.js": `import kit from "kit";
      const later = await Promise.all([
        import("absent"), import("@scope/absent/sub"), import("./missing.js"), import("kit/missing"), import("bun:sqlite"),
      ].map((one) => one.catch((error) => error.code)));
      export default [...kit, ...later];`,
    "node_modules/kit/package.json": '{"exports":{".":"./index.js"}}',
    "node_modules/kit/index.js": `
      const codes = [];
      const note = (load) => { try { load(); } catch (error) { codes.push(error.code, error.message.slice(0, 18)); } };
      note(() => require("absent")); note(() => require("./absent.node")); note(() => require("kit2/absent"));
      note(() => require("absent" + Math.random())); note(() => require.resolve("absent"));
      module.exports = codes;`,
    "node_modules/kit2/index.js": "",
  });
  const absent = ["MODULE_NOT_FOUND", "Cannot find module"];
  assertEquals(value, [
    ...absent,
    ...absent,
    ...absent,
    ...absent,
    ...absent,
    ...Array(5).fill("ERR_MODULE_NOT_FOUND"),
  ]);
  assertStringIncludes(
    (await failureOf({ "index.js": 'import "absent";' })).message,
    'Package "absent" is not installed: run "npm install absent"',
  );
  assertStringIncludes((await failureOf({ "index.js": 'import "./absent.js";' })).message, 'resolve "./absent.js"');
});

Deno.test("A browser field takes no package from Node that is installed, and no module of Node", async () => {
  const value = await defaultOf({
    "index.js": 'import kit from "kit"; export default kit;',
    "node_modules/kit/package.json": '{"browser":{"parser":false,"absent":false,"path":false}}',
    "node_modules/kit/index.js":
      'module.exports = [require("parser"), require("absent"), require("path").basename("/a/b")];',
    "node_modules/parser/index.js": "module.exports = 'parser';",
  });
  assertEquals(value, ["parser", {}, "b"]);
});

Deno.test("CommonJS requires by a path that begins with __dirname, and leaves the app's folder by none", async () => {
  const value = await defaultOf({
    "package.json": '{"main":"models/index.cjs"}',
    "models/index.cjs": `
      const path = require("path"), { join } = path;
      const code = (load) => { try { return load(); } catch (error) { return error.code; } };
      module.exports = [
        require(__dirname + "/../config/config.json").port, require(__dirname + '/user'), require(\`\${__dirname}/user\`),
        require(path.join(__dirname, "..", 'config', "config.json")).port, require(join(__dirname, "user.js")),
        require(path.resolve(__dirname, "../config/config.json")).port, __dirname,
        code(() => require(__dirname + "/absent.js")),
      ];`,
    "models/user.js": "module.exports = 'user';",
    "config/config.json": '{"port":80}',
  });
  assertEquals(value, [80, "user", "user", 80, "user", 80, "/models", "MODULE_NOT_FOUND"]);
  const escaping = await failureOf({
    "index.cjs": 'module.exports = require(__dirname + "/../../../../etc/hostname");',
    "package.json": '{"main":"index.cjs"}',
  });
  assertStringIncludes(escaping.message, "etc/hostname");
});

Deno.test("A native addon fails where it is asked for, and says that it is one", async () => {
  const value = await defaultOf({
    "index.js": 'import kit from "kit"; export default kit;',
    "node_modules/kit/index.js": `
      const told = (load) => { try { load(); } catch (error) { return [error.code, error.message]; } };
      const platform = "linux-x64";
      module.exports = [
        told(() => require("./build/kit.node")), told(() => require(["", "node_modules", "kit.node"].join("/"))),
        told(() => require("@kit/" + platform + "/kit.node")), told(() => require("./build/large.node")),
      ];`,
    "node_modules/kit/build/kit.node": "\x7fELF",
    // As that of @napi-rs/canvas, which is larger than a source file may be
    "node_modules/kit/build/large.node": "\x7fELF".padEnd(MAX_SOURCE_BYTES + 1),
  });
  const refused = (name: string) => [
    "ERR_DLOPEN_FAILED",
    `Cannot load native addon "${name}": an isolate runs JavaScript and WebAssembly, no machine code; apps with "compat": "full" run it`,
  ];
  assertEquals(value, [
    refused("node_modules/kit/build/kit.node"),
    refused("/node_modules/kit.node"),
    refused("@kit/linux-x64/kit.node"),
    refused("node_modules/kit/build/large.node"),
  ]);
});

Deno.test("CommonJS finds where it lies, who began, and what a name leads to", async () => {
  const value = await defaultOf({
    "package.json": '{"main":"server.cjs"}',
    "server.cjs": `module.exports = [
      require("kit"), __filename, __dirname, require.main === module, module.parent, module.id, module.paths.length,
      typeof module.require("kit"), ((__dirname) => __dirname)("own"),
    ];`,
    "node_modules/kit/lib/index.js": `module.exports = [
      __dirname, __filename, require.main === module, !module.parent, module.filename,
      require.resolve("./other"), require.resolve("kit2"), require.resolve("fs"), typeof require("pa" + "th").join,
    ];`,
    "node_modules/kit/lib/other.js": "throw new Error('it was loaded');",
    "node_modules/kit/package.json": '{"main":"lib"}',
    "node_modules/kit2/index.js": "",
  });
  const folder = "/node_modules/kit/lib";
  assertEquals(value, [
    [
      ...[folder, `${folder}/index.js`, false, false, `${folder}/index.js`],
      ...[`${folder}/other.js`, "/node_modules/kit2/index.js", "fs", "function"],
    ],
    ...["/server.cjs", "/", true, null, ".", 0, "object", "own"],
  ]);
});

Deno.test("An ES module has no __dirname, whoever asks", async () => {
  assertEquals(
    await defaultOf({ "index.js": "export default [typeof __dirname, typeof __filename, import.meta.dirname];" }),
    ["undefined", "undefined", "/"],
  );
});

Deno.test("A default import of what TypeScript compiled is its default, or all of it where it has none", async () => {
  const value = await defaultOf({
    "index.ts": 'import a from "with"; import b, { x } from "without"; export default [a, b.x, x];',
    "node_modules/with/index.js": "exports.__esModule = true; exports.default = 'default';",
    "node_modules/without/index.js": "exports.__esModule = true; exports.x = 1;",
  });
  assertEquals(value, ["default", 1, 1]);
});

Deno.test("Decorators and accessors are lowered, and nothing else is", async () => {
  const value = await defaultOf({
    "index.ts": `
      const log = (f: () => string, _: ClassMethodDecoratorContext) => function (this: unknown) { return "[" + f.call(this) + "]"; };
      const seen: unknown[] = [];
      const note = (_: unknown, context: ClassFieldDecoratorContext) => { seen.push(context.kind, context.name); };
      const sealed = <T extends new () => object>(value: T, { name }: ClassDecoratorContext) => { seen.push(name); return value; };
      @sealed class A { @log hi() { return "hi"; } accessor one = 1; @note field = 2; @log static now() { return "now"; } }
      const a = new A(); a.one++;
      export default [a.hi(), A.now(), a.one, a.field, ...seen];`,
  });
  assertEquals(value, ["[hi]", "[now]", 2, 2, "field", "field", "A"]);
  await using app = await appFolder({
    "index.ts":
      `class A { #x = 1; static #y = 2; static { A.#y = 3; } get x() { return this.#x ?? A.#y; } has(o: object) { return #x in o; } }
      const later = await Promise.resolve(1); using it = { [Symbol.dispose]() {} };
      let a = null; a ??= new A(); export default [a?.x, later ** 2, it, 1n, /(?<n>.)/v, __dirname_is(import.meta.url)];
      function __dirname_is(url: string) { return url; }`,
  });
  const { modules, entry } = await bundleApp(app);
  for (const kept of ["#x = 1", "static #y = 2", "static {", "#x in o", "await Promise", "??=", "?.x", "**", "/v"]) {
    assertStringIncludes(modules[entry]!, kept);
  }
});

Deno.test("emitDecoratorMetadata is warned of", async () => {
  await using app = await appFolder({
    "index.ts": "export default 1;",
    "tsconfig.json": '{"compilerOptions":{"experimentalDecorators":true,"emitDecoratorMetadata":true}}',
  });
  const { warnings } = await bundleApp(app);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0]!, 'tsconfig.json: "emitDecoratorMetadata" has no effect');
});

Deno.test("A @jsx or @jsxFrag pragma asks for the classic transform, for its file alone", async () => {
  const h = "const h = (t, p, ...c) => [t, p, c]; const F = 'F';";
  const value = await defaultOf({
    "index.tsx": `/** @jsx h */\n${h}\nimport a from "./a.jsx"; import b from "./b.js"; import c from "./c.tsx";
      export default [<b id="1">x</b>, a, b, c];`,
    "a.jsx": `/**\n * A page.\n * @jsx h\n * @jsxFrag F\n */\n${h} export default <><i/></>;`,
    "b.js": `import "./none.js"; /* @jsxFrag F @jsx h */ ${h} export default [<u/>, import.meta.main];`,
    "none.js": "",
    "c.tsx": "/** No pragma: @jsxes */ export default <p/>;",
    "node_modules/react/jsx-runtime.js": "exports.jsx = (type) => 'automatic ' + type;",
  });
  assertEquals(value, [
    ["b", { id: "1" }, ["x"]],
    ["F", null, [["i", null, []]]],
    [["u", null, []], false],
    "automatic p",
  ]);
});

Deno.test("What only Cloudflare has fails where it is used, and names itself", async () => {
  const value = await defaultOf({
    "index.ts": `import { connect, Thing } from "cloudflare:pipelines"; import * as all from "cloudflare:made-up";
      import whole from "cloudflare:other";
      class Mine extends Thing {}
      const messageOf = (use) => { try { use(); } catch (error) { return error.message; } };
      export default [typeof connect, messageOf(() => connect("db:1")), messageOf(() => new Mine()),
        messageOf(() => all.env.KEY), messageOf(() => whole.get()), typeof (await import("cloudflare:later"))];`,
  });
  assertEquals(value, [
    "function",
    "Cannot use connect of cloudflare:pipelines: NANO has no such module",
    "Cannot use Thing of cloudflare:pipelines: NANO has no such module",
    "Cannot use env.KEY of cloudflare:made-up: NANO has no such module",
    "Cannot use get of cloudflare:other: NANO has no such module",
    "object",
  ]);
});

Deno.test("Imports from https: and from JSR say what to do", async () => {
  const remote = await failureOf({ "index.ts": 'import "https://deno.land/std/x.ts";' });
  assertStringIncludes(
    remote.message,
    'Cannot import "https://deno.land/std/x.ts": install it as an npm package, or copy it into the app',
  );
  const jsr = await failureOf({ "index.ts": 'import "jsr:@std/path@1";' });
  assertStringIncludes(jsr.message, 'Cannot import "jsr:@std/path@1"');
  assertStringIncludes(jsr.message, "npx jsr add @std/path");
  const later = await failureOf({ "index.ts": 'await import("https://x.test/y.js");' });
  assertStringIncludes(later.message, "nothing is loaded from the network");
});
