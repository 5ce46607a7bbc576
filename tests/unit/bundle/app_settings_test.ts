import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { appFolder } from "./app_folder.ts";
import { bundleApp, defaultOf, failureOf } from "./bundled_app.ts";

const JSX = 'export default <p class="x">hi</p>;';
const RUNTIME = "export const jsx = (tag, props) => [tag, props.children]; export const jsxs = jsx;";

Deno.test("JSX follows compilerOptions of deno.json, with comments, and of tsconfig.json with what it extends", async () => {
  const kit = { "node_modules/kit/jsx-runtime.js": RUNTIME };
  for (const jsx of ["react-jsx", "precompile"]) {
    const config = `{ // why\n "compilerOptions": { "jsx": "${jsx}", "jsxImportSource": "kit", }, /* "x": */ }`;
    assertEquals(await defaultOf({ ...kit, "index.tsx": JSX, "deno.jsonc": config }), ["p", "hi"]);
  }
  assertEquals(
    await defaultOf({
      ...kit,
      "index.tsx": JSX,
      "tsconfig.json":
        '{"extends": ["./config/base", "@set/base/tsconfig.json"], "compilerOptions": {"jsx": "preserve"}}',
      "config/base.json": '{"compilerOptions":{"jsx":"react","jsxImportSource":"wrong"}}',
      "node_modules/@set/base/tsconfig.json": '{"compilerOptions":{"jsxImportSource":"kit"}}',
    }),
    ["p", "hi"],
  );
  assertEquals(
    await defaultOf({
      "index.tsx": `const h = (tag, props, child) => [tag, props.class, child]; ${JSX}`,
      "deno.json": '{"compilerOptions":{"jsxFactory":"h"}}',
    }),
    ["p", "x", "hi"],
  );
});

Deno.test("paths of tsconfig.json count from the file they stand in", async () => {
  const value = await defaultOf({
    "index.ts": 'import { a } from "@/a.ts"; import { b } from "lib/b"; export default [a, b];',
    "tsconfig.json": '{"extends":"./config/base.json"}',
    "config/base.json": '{"compilerOptions":{"baseUrl":"..","paths":{"@/*":["src/*"]}}}',
    "src/a.ts": "export const a = 1;",
    "lib/b.ts": "export const b = 2;",
  });
  assertEquals(value, [1, 2]);
});

Deno.test("A tsconfig.json that extends something outside the app's folder is warned of, and does without it", async () => {
  await using app = await appFolder({
    "base.json": '{"compilerOptions":{"jsxImportSource":"wrong"}}',
    "app/tsconfig.json": '{"extends":"../base.json"}',
    "app/index.tsx": JSX,
    "app/node_modules/react/jsx-runtime.js": RUNTIME,
  });
  const { warnings } = await bundleApp(app.in("app"));
  assertEquals(warnings, [
    'tsconfig.json: "extends" names "../base.json", which lies outside the app\'s folder and is ignored',
  ]);
});

Deno.test("Files of tsconfig.json that extend each other many times over are not followed for ever", async () => {
  const often = (name: string) => JSON.stringify({ extends: Array(9).fill(`./${name}.json`) });
  const files = { "index.ts": "export default 1;", "one.json": often("other"), "other.json": often("one") };
  for (const tsconfig of [often("one"), JSON.stringify({ extends: Array(101).fill("./absent.json") })]) {
    const { message } = await failureOf({ ...files, "tsconfig.json": tsconfig });
    assertStringIncludes(message, "tsconfig.json extends more than 100 files");
  }
  assertEquals(await defaultOf({ ...files, "tsconfig.json": '{"extends":"./one.json"}', "other.json": "{}" }), 1);
});

Deno.test("The import map of deno.json leads to files and packages, with scopes, and not for packages", async () => {
  const value = await defaultOf({
    "deno.json": JSON.stringify({
      imports: {
        "@/": "./src/",
        "#config": "./src/config.ts",
        "zed": "npm:kit@^1",
        "path": "./src/path.ts",
        "./src/old.ts": "./src/new.ts",
      },
      scopes: { "./src/legacy/": { "#config": "./src/legacy/config.ts" } },
    }),
    "index.ts": `
      import { here } from "@/deep/here.ts"; import config from "#config"; import { legacy } from "@/legacy/main.ts";
      import kit from "zed"; import sub from "zed/sub"; import path from "path"; import { name } from "./src/old.ts";
      export default [here, config, legacy, kit, sub, path, name];`,
    "src/deep/here.ts": 'export const here = "here";',
    "src/config.ts": 'export default "config";',
    "src/legacy/main.ts": 'import config from "#config"; export const legacy = config;',
    "src/legacy/config.ts": 'export default "legacy";',
    "src/path.ts": 'export default "own path";',
    "src/new.ts": 'export const name = "new";',
    "node_modules/kit/package.json": '{"name":"kit","version":"1.0.0","exports":{".":"./a.js","./sub":"./sub.js"}}',
    "node_modules/kit/a.js": 'import { posix } from "path"; export default posix.join("k", "it");',
    "node_modules/kit/sub.js": 'export default "sub";',
  });
  assertEquals(value, ["here", "config", "legacy", "k/it", "sub", "own path", "new"]);
});

Deno.test("The file that importMap of deno.json names is read, if it is the app's own", async () => {
  const files = { "index.ts": 'import { a } from "@/a.ts"; export default a;', "src/a.ts": "export const a = 1;" };
  const deno = '{"importMap":"./maps/import_map.json"}';
  const map = { "maps/import_map.json": '{"imports":{"@/":"../src/"}}' };
  assertEquals(await defaultOf({ ...files, ...map, "deno.json": deno }), 1);
  for (const name of ["../x.json", "https://example.com/x.json", "absent.json"]) {
    const error = await failureOf({ ...files, "deno.json": JSON.stringify({ importMap: name }) });
    assertStringIncludes(error.message, `"importMap" of deno.json is "${name}", which is no file of the app`);
  }
});

Deno.test("An import map leads nowhere outside the app's folder, and to nothing that does not exist", async () => {
  await using app = await appFolder({ "secret.ts": "export default 1;", "app/index.ts": "" });
  for (
    const [address, reason] of [
      ["../secret.ts", 'leads to "app:///secret.ts", which does not exist'],
      [app.at("secret.ts"), "which does not exist"],
      [`file://${app.at("secret.ts")}`, "apps may import their own files"],
      ["https://example.com/x.ts", 'Cannot import "https://example.com/x.ts"'],
      ["bare", "has no address"],
    ] as const
  ) {
    const error = await failureOf({
      "deno.json": JSON.stringify({ imports: { it: address } }),
      "index.ts": 'import "it";',
    });
    assertStringIncludes(error.message, reason);
    assertStringIncludes(error.message, "index.ts:1:8: ");
  }
});

Deno.test("Configuration files that are symlinks to a place outside the app's folder are refused unread", async () => {
  await using app = await appFolder({ "secret.json": "the secret", "app/index.ts": "export default 1;" });
  for (const name of ["package.json", "deno.json", "tsconfig.json"]) {
    await Deno.symlink(app.at("secret.json"), app.at(join("app", name)));
    const error = await bundleApp(app.in("app")).then(() => null, (error) => error);
    assertStringIncludes(error.message, `"${name}" lies outside the app's folder`);
    assertEquals(JSON.stringify([error.message, error.details]).includes("secret"), false);
    await Deno.remove(app.at(join("app", name)));
  }
});

Deno.test("A package.json above the app has no say: neither its imports nor its sideEffects", async () => {
  await using app = await appFolder({
    "package.json": '{"name":"around","sideEffects":false,"imports":{"#x":"./app/x.ts"},"exports":"./app/x.ts"}',
    "app/index.ts": 'import "./x.ts"; export default globalThis.theEffect;',
    "app/x.ts": 'globalThis.theEffect = "happened"; export default 1;',
  });
  const { modules, entry, warnings } = await bundleApp(app.in("app"));
  assertStringIncludes(modules[entry]!, 'globalThis.theEffect = "happened"');
  assertEquals(warnings, []);
  for (const name of ["#x", "around"]) {
    await app.write("app/index.ts", `import ${JSON.stringify(name)};`);
    const error = await bundleApp(app.in("app")).then(() => null, (error) => error);
    assertStringIncludes(error.message, "index.ts:1:8: ");
  }
});

Deno.test("jsr: specifiers mean what npx jsr add has put into node_modules, and say so else", async () => {
  const files = {
    "index.ts": 'import a from "jsr:@me/kit@^1"; import b from "jsr:@me/flat/sub.js"; export default [a, b];',
    "node_modules/@me/kit/index.js": "export default 1;",
    "node_modules/@jsr/me__flat/sub.js": "export default 2;",
  };
  assertEquals(await defaultOf(files), [1, 2]);
  const error = await failureOf({ "index.ts": 'import "jsr:@std/path@1";' });
  assertStringIncludes(
    error.message,
    'Cannot import "jsr:@std/path@1": packages come from npm; run "npx jsr add @std/path"',
  );
  const mapped = { "deno.json": '{"imports":{"jsr:@std/path@1":"./path.ts"}}', "path.ts": "export default 7;" };
  assertEquals(await defaultOf({ ...mapped, "index.ts": 'import p from "jsr:@std/path@1"; export default p;' }), 7);
});

Deno.test("A source map comment within a text stays, and leads nowhere", async () => {
  const map = JSON.stringify({ version: 3, sources: ["stolen.ts"], sourcesContent: ["secret text"], mappings: "AAAA" });
  await using app = await appFolder({
    "out.js.map": map,
    "app/index.js": 'import code from "./worker.js"; import "./quoted.js"; export default code;',
    "app/worker.js": 'export default "run();\\n//# sourceMappingURL=worker.js.map\\n";',
    "app/quoted.js": `globalThis.a = 1;\n//# sourceMappingURL=a"b/../../out.js.map`,
  });
  const { modules, entry } = await bundleApp(app.in("app"));
  const [code, inlined] = modules[entry]!.split("base64,");
  assertStringIncludes(code!, '"run();\\n//# sourceMappingURL =worker.js.map\\n"');
  assertEquals(JSON.parse(atob(inlined!.trim())).sources, ["app:///worker.js", "app:///quoted.js", "app:///index.js"]);
});

Deno.test("A source map comment that leads out of the app's folder is not followed", async () => {
  const map = JSON.stringify({ version: 3, sources: ["stolen.ts"], sourcesContent: ["secret text"], mappings: "AAAA" });
  await using app = await appFolder({
    "out.js.map": map,
    "app/in.js.map": map.replace("stolen", "kept"),
    "app/index.js": 'import "./a.js"; export { b as default } from "./b.js";',
    "app/a.js": "globalThis.a = 1;\n//# sourceMappingURL=../out.js.map",
    "app/b.js": "export const b = 2;\n//# sourceMappingURL=in.js.map\n",
  });
  const { modules, entry, inputs, warnings } = await bundleApp(app.in("app"));
  const inlined = JSON.parse(atob(modules[entry]!.split("base64,")[1]!.trim()));
  assertEquals(inlined.sources, ["app:///a.js", "app:///kept.ts"]);
  assertEquals(inputs.includes(app.at("app/in.js.map")), true);
  assertEquals(warnings, []);
});
