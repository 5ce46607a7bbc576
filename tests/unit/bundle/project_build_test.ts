/** What a Workers project says of its bundle: rules, alias, define, and a build that has not been run. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { readWorkersProject } from "../../../runtime/config/workers_project.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";
import { importBundle } from "./bundled_app.ts";

async function bundle(app: AppFolder): Promise<unknown> {
  const { file, main, build } = (await readWorkersProject(app.path, null))!;
  await using bundler = new Bundler({ cacheDir: null });
  const start = { file, error: null, main, site: null, build };
  const { modules, entry } = await bundler.bundle({ name: "shop", path: app.path, nodeCompat: true, start });
  return (await importBundle(modules, entry)).default;
}

const failure = async (app: AppFolder) => (await assertRejects(() => bundle(app), NanoError)).message;

Deno.test("Rules make files text, bytes or WebAssembly; alias and define replace modules and names", async () => {
  const wasm = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
  await using app = await appFolder({
    "wrangler.jsonc": JSON.stringify({
      main: "src/index.ts",
      rules: [
        { type: "Text", globs: ["**/*.{tpl,liquid}"], fallthrough: true },
        { type: "Data", globs: ["data/*.db"] },
        { type: "CompiledWasm", globs: ["**/*.mod"] },
        { type: "ESModule", globs: ["**/*.js"] },
      ],
      alias: { lodash: "./src/mine", "react/jsx": "preact/jsx" },
      define: { VERSION: '"1.2"', "DEBUG.on": "false" },
    }),
    "src/index.ts": `import page from "./page.tpl"; import mail from "./deep/er/mail.liquid";
      import data from "../data/some.db"; import wasm from "./a.mod";
      import mine from "lodash"; import part from "lodash/part"; import jsx from "react/jsx"; import kit from "kit";
      declare const VERSION: string, DEBUG: { on: boolean };
      const name: string = "b";
      const { default: chosen } = await import(\`./lang/\${name}.js\`);
      export default [page, mail, data instanceof ArrayBuffer && data.byteLength, wasm instanceof WebAssembly.Module,
        mine, part, jsx, kit, VERSION, DEBUG.on, chosen];`,
    "src/page.tpl": "page",
    "src/deep/er/mail.liquid": "mail",
    "data/some.db": new Uint8Array(3),
    "src/a.mod": wasm,
    "src/mine/index.ts": "export default 'mine';",
    "src/mine/part.ts": "export default 'part';",
    "src/lang/a.js": "export default 'a';",
    "src/lang/b.js": "export default 'b';",
    "node_modules/preact/jsx.js": "export default 'preact';",
    "node_modules/kit/index.js": "import inner from 'lodash'; export default 'kit of ' + inner;",
  });
  assertEquals(await bundle(app), [
    "page",
    "mail",
    3,
    true,
    "mine",
    "part",
    "preact",
    "kit of mine",
    "1.2",
    false,
    "b",
  ]);
});

Deno.test("Compiler options are those of the tsconfig that the project names, above those of its own file", async () => {
  const files = {
    "tsconfig.json": '{ "compilerOptions": { "paths": { "@/*": ["./wrong/*"] } } }',
    "worker/tsconfig.json": '{ "extends": "../base.json", "compilerOptions": { "paths": { "@/*": ["../lib/*"] } } }',
    "base.json": '{ "compilerOptions": { "jsx": "react", "jsxFactory": "h" } }',
    "index.tsx": `import { a } from "@/a";
      const h = (...given: unknown[]) => ["h", ...given], f = (...given: unknown[]) => ["f", ...given];
      export default [a, <b>x</b>];`,
    "lib/a.ts": "export const a = 'right';",
  };
  const wrangler = (config: object) => ({ "wrangler.json": JSON.stringify({ main: "index", ...config }) });
  await using app = await appFolder({ ...files, ...wrangler({ tsconfig: "worker/tsconfig.json", jsx_factory: "f" }) });
  assertEquals(await bundle(app), ["right", ["h", "b", null, "x"]]);
  await using own = await appFolder({
    ...files,
    "base.json": '{ "compilerOptions": { "jsx": "react" } }',
    ...wrangler({ tsconfig: "worker/tsconfig.json", jsx_factory: "f", jsx_fragment: "F" }),
  });
  assertEquals(await bundle(own), ["right", ["f", "b", null, "x"]]);
  await using lost = await appFolder({ ...files, ...wrangler({ tsconfig: "none.json" }) });
  assertStringIncludes(await failure(lost), `"tsconfig" of the project names "none.json", which does not exist`);
});

Deno.test("A main is found without its ending, and in a folder by its index", async () => {
  const files = { "src/index.ts": "export default 1 as number;", "src/other.js": "export default 2;" };
  for (const [main, value] of [["src/index", 1], ["./src", 1], ["src/other", 2]] as const) {
    await using app = await appFolder({ ...files, "wrangler.json": JSON.stringify({ main }) });
    assertEquals(await bundle(app), value);
  }
});

Deno.test("What rules, alias or define cannot do is told by its name", async () => {
  const project = async (config: object) =>
    await appFolder({
      "wrangler.jsonc": JSON.stringify({ main: "index.js", ...config }),
      "index.js": 'import a from "a"; export default a;',
      "node_modules/a/index.js": "export default 1;",
    });
  await using lost = await project({ alias: { a: "./none" } });
  assertStringIncludes(
    await failure(lost),
    `Cannot import "a": "alias" of the project leads to "./none", which cannot`,
  );
  await using out = await project({ alias: { a: "../outside" } });
  assertStringIncludes(await failure(out), `"alias" of the project leads to "../outside"`);
  await using dear = await project({ rules: [{ type: "Text", globs: ["*a*a*a*"] }] });
  assertStringIncludes(await failure(dear), `Glob "*a*a*a*" of "rules" has more than 2 wildcards`);
  await using bad = await project({ define: { X: "no js (" } });
  assertStringIncludes(await failure(bad), "define");
});

Deno.test("A main that has to be built names the command that builds it", async () => {
  await using app = await appFolder({
    "wrangler.toml": 'main = "dist/worker.js"\n[build]\ncommand = "npm run make"\ncwd = "tools"\n',
  });
  assertEquals(
    await failure(app),
    'Cannot bundle app "shop": Cannot find an entry: "main" of wrangler.toml is "dist/worker.js", which does not exist; ' +
      'it is built by "npm run make": run that, or "nano dev" or "nano deploy" with --build',
  );
  const { build } = (await readWorkersProject(app.path, null))!;
  assertEquals(build.command, { text: "npm run make", cwd: app.at("tools") });
});
