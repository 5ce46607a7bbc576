/** An app's own files that it requires by names that only run time knows, and old ways to require. */
import { assertEquals } from "@std/assert";
import { bundleApp, importBundle } from "./bundled_app.ts";
import { appFolder } from "./app_folder.ts";

async function run(files: Readonly<Record<string, string>>): Promise<unknown> {
  await using app = await appFolder(files);
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  for (const name of ["requirable", "importable"]) Reflect.deleteProperty(globalThis, Symbol.for(`nano.${name}`));
  return (await importBundle(modules, entry)).default;
}

const ASK = `const load = (name) => { try { return require(name); } catch (error) { return error.code; } };`;

for (
  const [way, folder] of Object.entries({
    join: `path.join(__dirname, "routes")`,
    "join of two names": `path.join(__dirname, "..", "src", "routes")`,
    addition: `__dirname + "/routes"`,
    template: "`${__dirname}/routes`",
    "join as compilers write it": `(0, path.join)(__dirname, 'routes')`,
  })
) {
  Deno.test(`Files of a folder that is named by ${way} are found by name, and no others`, async () => {
    const found = await run({
      "package.json": '{"main":"src/index.js"}',
      "src/index.js": `const path = require("node:path"); ${ASK}
        const folder = ${folder};
        module.exports = ["a.js", "a", "deep/b.cjs", "deep", "x.test.js", "../other.js", "../public/page.js"]
          .map((name) => load(path.join(folder, name)));`,
      "src/routes/a.js": `module.exports = "a with " + require("../other.js");`,
      "src/routes/deep/b.cjs": `module.exports = "b";`,
      "src/routes/deep/index.js": `module.exports = "index of deep";`,
      "src/routes/x.test.js": `throw new Error("no test is an app's code");`,
      "src/other.js": `module.exports = "other";`,
      "src/public/page.js": `document.body;`,
    });
    const absent = "MODULE_NOT_FOUND";
    assertEquals(found, ["a with other", "a with other", "b", "index of deep", absent, absent, absent]);
  });
}

Deno.test("From the app's own folder, whose name is a slash, files are found by sums and with names that follow", async () => {
  const found = await run({
    "package.json": '{"main":"index.js"}',
    "index.js": `const path = require("node:path"); ${ASK} const name = ["a"].join();
      module.exports = [load(__dirname + "/routes/" + name), load(path.join(__dirname, "routes", name)),
        load(path.resolve(__dirname, "./routes/" + name)), load("//routes/a.js"), load("/routes/none.json")];`,
    "routes/a.js": `module.exports = "a";`,
  });
  assertEquals(found, ["a", "a", "a", "a", "MODULE_NOT_FOUND"]);
});

Deno.test("Files beside one that reads its own folder are found, as models are", async () => {
  const found = await run({
    "package.json": '{"main":"models/index.js"}',
    "models/index.js": `const fs = require("node:fs"), path = require("node:path"); ${ASK}
      const names = () => fs.readdirSync(__dirname);
      module.exports = [typeof names, load(path.join(__dirname, "user.js")), load(path.join(__dirname, "broken.js"))];`,
    "models/user.js": `module.exports = "user";`,
    "models/broken.js": `this is no JavaScript`,
  });
  assertEquals(found, ["function", "user", "MODULE_NOT_FOUND"]);
});

Deno.test("Compiled code names the app's folder, reads its own and globs by calls of namespaces", async () => {
  const found = await run({
    "package.json": '{"main":"dist/index.js"}',
    "dist/index.js": `const node_fs_1 = require("node:fs"), node_path_1 = require("node:path");
      const node_process_1 = require("node:process"); ${ASK}
      const unused = () => [(0, node_fs_1.readdirSync)(__dirname), (0, glob_1.globSync)("jobs/*.js"),
        (0, node_path_1.join)((0, node_process_1.cwd)(), "routes")];
      module.exports = [load("/routes/a.js"), load(__dirname + "/" + ["b"].join() + ".js"), load("/jobs/c.js"),
        require((0, node_path_1.join)(__dirname, "d.json"))];`,
    "routes/a.js": `module.exports = "a";`,
    "dist/b.js": `module.exports = "b";`,
    "jobs/c.js": `module.exports = "c";`,
    "dist/d.json": `"d"`,
  });
  assertEquals(found, ["a", "b", "c", "d"]);
});

Deno.test("What the wrapper of amdefine holds requires as any module", async () => {
  const found = await run({
    "index.js": `export { default } from "old";`,
    "node_modules/old/package.json": '{"name":"old","main":"lib/a.js"}',
    "node_modules/old/lib/a.js": `if (typeof define !== 'function') {
        var define = require('amdefine')(module, require);
      }
      define(function (require, exports, module) { var b = require('./b'); exports.sum = b.one + 1; });`,
    "node_modules/old/lib/b.js": `if (typeof define !== 'function') {
        var define = require('amdefine')(module);
      }
      define(function (require, exports) { exports.one = 1; });`,
  });
  assertEquals(found, { sum: 2 });
});

Deno.test("A name that begins with a folder needs no ending, and what is not there fails with Node's code", async () => {
  const value = await run({
    "package.json": '{"main":"index.js"}',
    "index.js": `const codes = ["a", "b", "c.js", "deep", "none"].map((name) => {
        try { return require("./there/" + name); } catch (error) { return [error.code, error.message]; }
      });
      module.exports = codes;`,
    "there/a.js": "module.exports = 'a';",
    "there/b.json": '"b"',
    "there/c.js": "module.exports = 'c';",
    "there/deep/index.js": "module.exports = 'deep';",
  });
  const absent = ["MODULE_NOT_FOUND", "Cannot find module './there/none': no such file was bundled"];
  assertEquals(value, ["a", "b", "c", "deep", absent]);
});

Deno.test("What a package names as a text and imports by a variable is found beside the module", async () => {
  const value = await run({
    "package.json": '{"dependencies":{"kit":"1"}}',
    "index.js":
      `import { run } from "kit"; export default [await run(), await run("./none.mjs").catch(() => "absent")];`,
    "node_modules/kit/package.json": '{"type":"module","exports":"./lib/index.mjs"}',
    "node_modules/kit/lib/index.mjs":
      `let source = "./worker.mjs"; export const run = async (given = source) => (await import(/* ignored: true */ given)).default;`,
    "node_modules/kit/lib/worker.mjs": `export default "worked";`,
  });
  assertEquals(value, ["worked", "absent"]);
});
