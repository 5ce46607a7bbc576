import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { defaultOf, failureOf } from "./bundled_app.ts";

/** `add(i32, i32): i32` and the global `answer`, 42. */
const ADD_WASM = Uint8Array.fromHex(
  "0061736d01000000" + "01070160027f7f017f" + "03020100" + "0606017f00412a0b" +
    "0710020361646400000" + "6616e737765720300" + "0a09010700200020016a0b",
);
/** `run(i32): i32`, which calls `twice` of "./env.js". */
const RUN_WASM = Uint8Array.fromHex(
  "0061736d01000000" + "01060160017f017f" + "0212" + "01" + "08" + "2e2f656e762e6a73" + "05" + "7477696365" + "0000" +
    "03020100" + "070701" + "0372756e0001" + "0a0801060020001000" + "0b",
);

Deno.test("An app imports text, bytes and JSON by extension and by attribute", async () => {
  const files: Record<string, string | Uint8Array> = {
    "data.bin": new Uint8Array([1, 2, 255]),
    "note.unknown": "ü",
    "data.json": '{"n":1}',
    "index.ts": `
      import buffer from "./data.bin";
      import bytes from "./data.bin" with { type: "bytes" };
      import unknown from "./note.unknown" with { type: "text" };
      import raw from "./note.unknown" with { type: "bytes" };
      import json, { n } from "./data.json" with { type: "json" };
      import jsonText from "./data.json" with { type: "text" };
      import code from "./index.ts" with { type: "text" };
      ${["txt", "html", "css", "sql", "md", "svg"].map((e) => `import ${e} from "./a.${e}";`).join("\n")}
      export default [
        buffer instanceof ArrayBuffer && [...new Uint8Array(buffer)], bytes instanceof Uint8Array && [...bytes],
        unknown, [...raw], json, n, jsonText, code.includes("import buffer"), txt, html, css, sql, md, svg,
      ];`,
  };
  for (const extension of ["txt", "html", "css", "sql", "md", "svg"]) files[`a.${extension}`] = `<${extension}>`;
  const texts = ["<txt>", "<html>", "<css>", "<sql>", "<md>", "<svg>"];
  assertEquals(
    await defaultOf(files),
    [[1, 2, 255], [1, 2, 255], "ü", [195, 188], { n: 1 }, 1, '{"n":1}', true, ...texts],
  );
});

Deno.test("A file of unknown kind is refused with what would be right", async () => {
  const error = await failureOf({ "index.ts": '\nimport "./a.png";', "a.png": "x" });
  assertMatch(error.message, /index\.ts:2:8: Cannot import "a\.png": only .* by `with \{ type: "text" \}` or/);
  assertStringIncludes(error.details[0]!, '  2 | import "./a.png";\n             ^');
  const typed = await failureOf({ "index.ts": 'import "./a.css" with { type: "css" };', "a.css": "" });
  assertStringIncludes(
    typed.message,
    'Cannot import "a.css" with { type: "css" }: there are "text", "bytes" and "json"',
  );
  assertStringIncludes((await failureOf({ "package.json": '{"main":"a.txt"}', "a.txt": "" })).message, "a.txt");
});

Deno.test("The default import of a .wasm file is its module, the named ones are exports of an instance", async () => {
  const files = { "add.wasm": ADD_WASM };
  const isModule = await defaultOf({
    ...files,
    "index.ts": `import module from "./add.wasm"; import same from "./add.wasm?module";
      export default [module instanceof WebAssembly.Module, new WebAssembly.Instance(same).exports.add(2, 3)];`,
  });
  assertEquals(isModule, [true, 5]);
  const named = await defaultOf({
    ...files,
    "index.ts": `import module, { add, answer } from "./add.wasm";
      export default [add(2, 3), answer, module instanceof WebAssembly.Module];`,
  });
  assertEquals(named, [5, 42, true]);
  const later = await defaultOf({
    ...files,
    "index.ts": `const wasm = await import("./add.wasm");
      export default [wasm.add(1, 1), wasm.default instanceof WebAssembly.Module];`,
  });
  assertEquals(later, [2, true]);
});

Deno.test("A .wasm file is imported by source phase, by statement and by call", async () => {
  const value = await defaultOf({
    "add.wasm": ADD_WASM,
    "index.ts":
      `import source module from "./add.wasm"; const other: WebAssembly.Module = await import.source("./add.wasm");
      export default [module, other].map((one) => one instanceof WebAssembly.Module);`,
  });
  assertEquals(value, [true, true]);
});

Deno.test("A .wasm file gets what it imports from the app's modules", async () => {
  const env = "export const twice = (n) => n * 2;";
  const named = { "index.ts": 'import { run } from "./run.wasm"; export default run(21);', "run.wasm": RUN_WASM };
  assertEquals(await defaultOf({ ...named, "env.js": env }), 42);
  // Without that module only the app can instantiate it, and only that works.
  assertEquals(
    await defaultOf({
      "run.wasm": RUN_WASM,
      "index.ts": `import module from "./run.wasm";
        export default new WebAssembly.Instance(module, { "./env.js": { twice: (n) => n * 3 } }).exports.run(2);`,
    }),
    6,
  );
  const error = await failureOf(named);
  assertStringIncludes(error.message, '"run.wasm" has no named exports: it imports "./env.js", which is no module');
  assertStringIncludes(error.message, "index.ts:1:10: ");
});

Deno.test("A .wasm file that is none is refused", async () => {
  for (const bytes of ["not wasm", ADD_WASM.subarray(0, 30), ""]) {
    const error = await failureOf({ "index.ts": 'import "./a.wasm";', "a.wasm": bytes });
    assertMatch(error.message, /index\.ts:1:8: Cannot import "a\.wasm": it (is no WebAssembly module|ends too early)/);
  }
});

Deno.test("import() finds own files by text and by template, and waits for top-level await", async () => {
  const files = {
    "pages/home.ts": 'await Promise.resolve(); export default "home";',
    "pages/about.tsx": 'export default "about";',
    "index.ts": `
      const names = ["home.ts", "about.tsx"];
      const pages = await Promise.all(names.map((name) => import(\`./pages/\${name}\`)));
      export default [...pages.map((page) => page.default), (await import("./pages/home.ts")).default,
        await import(\`./pages/\${"absent.ts"}\`).catch((error) => error.message)];`,
  };
  const [home, about, again, message] = await defaultOf(files) as string[];
  assertEquals([home, about, again], ["home", "about", "home"]);
  assertStringIncludes(message!, "./pages/absent.ts");
});

Deno.test("Modules may import one another in a circle, in both module systems", async () => {
  const value = await defaultOf({
    "index.ts": `import { even } from "./even.ts"; import c from "kit"; export default [even(10), c.a.b.name];`,
    "even.ts":
      `import { odd } from "./odd.ts"; export function even(n: number): boolean { return n === 0 || odd(n - 1); }`,
    "odd.ts":
      `import { even } from "./even.ts"; export function odd(n: number): boolean { return n !== 0 && even(n - 1); }`,
    "node_modules/kit/index.js": `exports.a = require("./a.js"); exports.name = "kit";`,
    "node_modules/kit/a.js": `exports.b = require("./index.js");`,
  });
  assertEquals(value, [true, "kit"]);
});

Deno.test("Classes and functions keep their names", async () => {
  const value = await defaultOf({
    "index.ts": `import { Thing as A } from "./a.ts"; import { Thing as B } from "./b.ts";
      const arrow = () => {}; export default [A.name, B.name, new B().constructor.name, arrow.name];`,
    "a.ts": "export class Thing {}",
    "b.ts": "export class Thing {}",
  });
  assertEquals(value, ["Thing", "Thing", "Thing", "arrow"]);
});

Deno.test("import.meta is that of each module, and tells nothing of the host", async () => {
  const value = await defaultOf({
    "src/main.ts": `import { meta } from "./my lib/meta.ts"; import { Element } from "./jsx.tsx";
      export default [[import.meta.url, import.meta.main, import.meta.dirname, import.meta.filename], meta, Element];`,
    "src/my lib/meta.ts": `const value: unknown = import.meta.url;
      export const meta = [value, import.meta.main, import.meta.dirname, import.meta.filename];`,
    "src/jsx.tsx": `/** @jsxRuntime classic @jsx h */
      const h = (tag: string, props: object) => ({ tag, ...props }); export const Element = <a b={import.meta.url} />;`,
  });
  assertEquals(value, [
    ["file:///src/main.ts", true, "/src", "/src/main.ts"],
    ["file:///src/my%20lib/meta.ts", false, "/src/my lib", "/src/my lib/meta.ts"],
    { tag: "a", b: "file:///src/jsx.tsx" },
  ]);
});

Deno.test("import.meta by itself is the same, and resolves names that only run time knows", async () => {
  const value = await defaultOf({
    "main.ts": `export { default } from "./lib/meta.ts";`,
    "lib/meta.ts": `const { dirname, filename, url } = import.meta; const meta = import.meta; const name = "./x.ts";
      export default [dirname, filename, url, meta.main, meta.resolve(name), import.meta.resolve(name),
        meta.resolve("node:fs"), meta.env.PROD === import.meta.env.PROD, Object.hasOwn(meta, "hot"), import.meta["url"]];`,
  });
  const url = "file:///lib/meta.ts";
  const x = "file:///lib/x.ts";
  assertEquals(value, ["/lib", "/lib/meta.ts", url, false, x, x, "node:fs", true, false, url]);
});

Deno.test("CommonJS packages require any node: module when their bundle is loaded, and get it when they ask", async () => {
  const value = await defaultOf({
    "index.ts": 'import kit from "kit"; import "http2"; export default [kit.join, kit.lazy()];',
    "node_modules/kit/index.js": `
      exports.join = require("path").posix.join("a", "b");
      exports.lazy = () => typeof require("fs").readFileSync;`,
  });
  assertEquals(value, ["a/b", "function"]);
});

Deno.test("A mistake in a file that speaks of import.meta is told with its place", async () => {
  const error = await failureOf({ "index.ts": "const a = import.meta.url;\nconst = 1;" });
  assertMatch(error.message, /index\.ts:2:7: /);
  assertStringIncludes(error.details[0]!, "  2 | const = 1;\n            ^");
});

Deno.test("A top-level exception of an app rejects its import", async () => {
  await assertRejects(() => defaultOf({ "index.ts": 'await 1; throw new RangeError("early");' }), RangeError, "early");
});

Deno.test("A program whose name has no ending is code where it is an app's first module, its interpreter's line too", async () => {
  const www = `#!/usr/bin/env node\nconst name = globalThis.absent ?? "pg";\n` +
    `let lost; try { require(name); } catch ({ code }) { lost = code; }\nmodule.exports = [require("../app"), lost];`;
  const files = {
    "package.json": '{"scripts":{"start":"node ./bin/www"}}',
    "bin/www": www,
    "app.js": "module.exports = 7;",
  };
  assertEquals(await defaultOf(files), [7, "MODULE_NOT_FOUND"]);
});
