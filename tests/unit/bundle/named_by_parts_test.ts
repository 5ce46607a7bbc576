/** Modules whose names code makes of parts: locales, dialects and appenders, of packages and of the app. */
import { assertEquals } from "@std/assert";
import { appFolder } from "./app_folder.ts";
import { bundleApp, importBundle } from "./bundled_app.ts";

type Files = Readonly<Record<string, string>>;

async function run(files: Files): Promise<unknown> {
  await using app = await appFolder(files);
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  for (const name of ["requirable", "importable"]) Reflect.deleteProperty(globalThis, Symbol.for(`nano.${name}`));
  const { default: main } = await importBundle(modules, entry);
  return typeof main === "function" ? await main() : main;
}

/** A package in node_modules. */
function packaged(name: string, manifest: object, files: Files): Files {
  const all = { ...files, "package.json": JSON.stringify({ name, version: "1.0.0", ...manifest }) };
  return Object.fromEntries(Object.entries(all).map(([file, text]) => [`node_modules/${name}/${file}`, text]));
}

const MANIFEST = JSON.stringify({ main: "index.mjs", dependencies: { lib: "1", esm: "1", dates: "1" } });

Deno.test("A package's CommonJS finds what it requires by a name made before: appenders, as log4js has them", async () => {
  const found = await run({
    "package.json": MANIFEST,
    "index.mjs": `import load from "lib"; export default ["file", "dir", "none"].map(load);`,
    ...packaged("lib", { main: "lib/index.js" }, {
      "lib/index.js":
        `const tryLoading = (path) => { try { return require(path); } catch (error) { return error.code; } };
        module.exports = (type) => tryLoading(\`./\${type}\`);`,
      "lib/file.js": `module.exports = "file with " + require("./part");`,
      "lib/part.js": `module.exports = "part";`,
      "lib/dir/index.js": `module.exports = "dir";`,
    }),
  });
  assertEquals(found, ["file with part", "dir", "MODULE_NOT_FOUND"]);
});

Deno.test("… and by a require under another name: locales, as moment has them", async () => {
  const found = await run({
    "package.json": MANIFEST,
    "index.mjs": `import load from "lib"; export default [load("fr"), load("xx")];`,
    ...packaged("lib", { main: "index.js" }, {
      "index.js": `module.exports = (name) => {
        try { var aliased = require; return aliased('./locale/' + name); } catch (error) { return error.code; }
      };`,
      "locale/fr.js": `module.exports = "bonjour";`,
      "locale/de.js": `module.exports = "hallo";`,
    }),
  });
  assertEquals(found, ["bonjour", "MODULE_NOT_FOUND"]);
});

Deno.test("Files of a package are found by a template or a sum that begins with its name", async () => {
  const found = await run({
    "package.json": MANIFEST,
    "index.mjs": `import { createRequire } from "node:module"; import { old } from "./old.cjs";
      const made = createRequire(import.meta.url);
      const name = ["fr"].join();
      export default async () => [
        (await import(\`lib/locale/\${name}.js\`)).default,
        (await import("esm/locale/" + name)).default,
        (await import(\`dates/l/\${name}\`)).default,
        old(name),
        await import(\`lib/locale/\${"xx"}.js\`).catch((error) => error.name),
      ];`,
    "old.cjs": `exports.old = (name) => require("lib/locale/" + name);`,
    ...packaged("lib", { main: "index.js" }, { "index.js": "", "locale/fr.js": `module.exports = "bonjour";` }),
    ...packaged("esm", { type: "module", exports: { ".": "./i.js", "./locale/*": { import: "./dist/*.mjs" } } }, {
      "i.js": "",
      "dist/fr.mjs": `export default "salut";`,
    }),
    ...packaged("dates", { type: "module", exports: { "./l/fr": { types: "./x.d.ts", default: "./fr.js" } } }, {
      "fr.js": `export default "coucou";`,
    }),
  });
  assertEquals((found as unknown[]).slice(0, 4), ["bonjour", "salut", "coucou", "bonjour"]);
  assertEquals((found as unknown[])[4], "TypeError");
});

Deno.test("What lies beside the files that a template means fails when it is asked for, and an import() of what is absent rejects", async () => {
  const found = await run({
    "package.json": MANIFEST,
    "index.mjs": `const load = (name) => import(\`./messages/\${name}\`);
      export default async () => [
        (await load("en.json")).default.hi,
        await load("fr.po").catch((error) => error.message.slice(0, 31).trim()),
        await load("xx.json").catch((error) => error.code),
      ];`,
    "messages/en.json": `{ "hi": "hello" }`,
    "messages/fr.po": `msgid ""`,
  });
  assertEquals(found, ["hello", 'Cannot import "messages/fr.po": ', "ERR_MODULE_NOT_FOUND"].map((one) => one.trim()));
});

Deno.test("… also where the app has names of its own that esbuild's run time uses", async () => {
  const found = await run({
    "package.json": MANIFEST,
    "index.mjs": `import x from "./c.cjs"; import mod from "./m.cjs";
      const path = "en", fn = 1, map = 2, isNodeMode = 3;
      export default async () => [x("a"), x("none"), (await import(\`./messages/\${path}\`)).default.hi, mod, fn, map, isNodeMode];`,
    "c.cjs":
      `module.exports = (name) => { try { return require(["node:", name].join("")); } catch (error) { return error.code; } };`,
    "m.cjs": `exports.__esModule = true; exports.a = "exports";`,
    "messages/en.json": `{ "hi": "hello" }`,
  });
  assertEquals(found, ["MODULE_NOT_FOUND", "MODULE_NOT_FOUND", "hello", { a: "exports", __esModule: true }, 1, 2, 3]);
});
