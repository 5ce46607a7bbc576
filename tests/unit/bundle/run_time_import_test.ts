/** `import()` of names that only run time knows: an app's own files, its packages, and what is no such call. */
import { assertEquals } from "@std/assert";
import { withRunTimeImports } from "../../../runtime/bundle/run_time_import.ts";
import { appFolder } from "./app_folder.ts";
import { bundleApp, importBundle } from "./bundled_app.ts";

async function run(files: Readonly<Record<string, string>>): Promise<unknown> {
  await using app = await appFolder(files);
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  for (const name of ["nano.requirable", "nano.importable"]) Reflect.deleteProperty(globalThis, Symbol.for(name));
  return (await importBundle(modules, entry)).default;
}

const ROUTES = {
  "package.json": '{"type":"module","main":"src/index.js"}',
  "src/routes/a.js": `export default "a"; await Promise.resolve();`,
  "src/routes/deep/b.js": `import { own } from "../../own.js"; export default "b with " + own;`,
  "src/own.js": `export const own = "own";`,
};

for (
  const [way, folder] of Object.entries({
    "import.meta.dirname": `path.join(import.meta.dirname, "routes")`,
    "a __dirname of its own": `path.join(__dirname, "routes")`,
    "a URL": `fileURLToPath(new URL("./routes", import.meta.url))`,
    "process.cwd()": `path.join(process.cwd(), "src", "routes")`,
  })
) {
  Deno.test(`Modules of a folder that is named by ${way} are imported by path and by URL`, async () => {
    const found = await run({
      ...ROUTES,
      "src/index.js": `import path from "node:path"; import { fileURLToPath, pathToFileURL } from "node:url";
        // What it names where it runs, is known to the realm that it has there
        export const named = () => ${folder};
        const folder = "/src/routes";
        const load = async (name) => { try { return (await import(name)).default; } catch { return "absent"; } };
        export default await Promise.all([
          load(path.join(folder, "a.js")), load(pathToFileURL(folder + "/deep/b.js").href), load(folder + "/absent.js"),
        ]);`,
    });
    assertEquals(found, ["a", "b with own", "absent"]);
  });
}

for (
  const [way, address] of Object.entries({
    "a URL of a file": `new URL("./routes/a.js", import.meta.url)`,
    "the text of a URL": `new URL("./routes/a.js", import.meta.url).href`,
    "a URL from a template": "new URL(`./routes/${name}.js`, import.meta.url)",
    "a URL from a sum": `new URL("./routes/" + name + ".js", import.meta.url)`,
    "the beginning of a name": "new URL(`./routes/a${rest}`, import.meta.url)",
    "import.meta.resolve": `import.meta.resolve("./routes/a.js")`,
    "import.meta.resolve of a template": "import.meta.resolve(`./routes/${name}.js`)",
    "a sum with import.meta.dirname": `import.meta.dirname + "/routes/a.js"`,
    "a template with import.meta.dirname": "`${import.meta.dirname}/routes/${name}.js`",
    "join with a name": `path.join(import.meta.dirname, "routes", name + ".js")`,
  })
) {
  Deno.test(`A file is imported by ${way}`, async () => {
    // Modules at the app's root too, whose folder is "/" and whose sums so begin with two.
    for (const main of ["src/index.js", "index.js"]) {
      const found = await run({
        "package.json": `{"type":"module","main":"${main}"}`,
        [main]: `import path from "node:path"; const name = ["a"].join(), rest = [".js"].join();
          export default (await import(${address})).default;`,
        [main.replace("index.js", "routes/a.js")]: `export default "a";`,
      });
      assertEquals(found, "a");
    }
  });
}

Deno.test("Packages of the app are imported by a name that is computed", async () => {
  const found = await run({
    "package.json": '{"type":"module","main":"index.js","dependencies":{"kit":"1.0.0"}}',
    "index.js": `const name = ["k", "it"].join(""); export default (await import(name)).default;`,
    "node_modules/kit/package.json":
      '{"name":"kit","version":"1.0.0","exports":{"import":"./a.mjs","require":"./a.cjs"}}',
    "node_modules/kit/a.mjs": `export default "imported";`,
    "node_modules/kit/a.cjs": `module.exports = "required";`,
  });
  assertEquals(found, "imported");
});

const changed = (text: string) => withRunTimeImports(text, { root: "/app", path: "/app/src/a.js" }) !== text;

Deno.test("Only calls with something that is no text are completed", () => {
  const calls = [
    "import(name)",
    "import(/* @vite-ignore */ name)",
    'import("file://" + name)',
    "import(`${folder}/a.js`)",
    'const a = "it\'s"; const load = (name) => import(name);',
  ];
  assertEquals(calls.map(changed), calls.map(() => true));
  const others = [
    'import("./a.js")',
    'import( /* chunk */ "./a.js")',
    'import("./" + name)',
    "import(`./${name}.js`)",
    "const text = `import(${name})`",
    'const load = Function("name", "return import(name)");',
    "const load = new Function('name', 'return import(name, {})');",
    "const worker = `\nconst load = (name) =>\n  import(name);`;",
    `const said = "a \\" quote", load = eval("(name) => import(name)");`,
    "class Loader { async import(name) { } }",
    "interface Loader { import(name: string): Promise<unknown>; }",
    "loader.import(name)",
  ];
  assertEquals(others.map(changed), others.map(() => false));
});
