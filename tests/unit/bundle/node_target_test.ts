/** Packages that lead Node elsewhere than Deno. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { appFolder } from "./app_folder.ts";
import { bundleApp, defaultOf, failureOf, importBundle } from "./bundled_app.ts";

const EXPORTS = {
  deno: "./deno.js",
  node: { import: "./node.mjs", require: "./node.cjs" },
};

Deno.test("Where the file for Deno was not copied, what Node would find is imported, by each kind of import", async () => {
  const value = await defaultOf({
    "index.js": `import { kind } from "kit"; import cjs from "cjs";
      export default [kind, (await import("kit")).kind, cjs];`,
    "node_modules/cjs/index.js": `module.exports = require("kit").kind;`,
    "node_modules/kit/package.json": JSON.stringify({ exports: EXPORTS }),
    "node_modules/kit/node.mjs": `export const kind = "module";`,
    "node_modules/kit/node.cjs": `exports.kind = "CommonJS";`,
  });
  assertEquals(value, ["module", "module", "CommonJS"]);
});

Deno.test("The file for Deno is taken where it is there, and a subpath that nobody exports is told as before", async () => {
  const kit = {
    "node_modules/kit/package.json": JSON.stringify({ exports: EXPORTS }),
    "node_modules/kit/deno.js": `export const kind = "deno";`,
    "node_modules/kit/node.mjs": `export const kind = "module";`,
  };
  assertEquals(await defaultOf({ ...kit, "index.js": `export { kind as default } from "kit";` }), "deno");
  const { message } = await failureOf({ ...kit, "index.js": `import "kit/other";` });
  assertStringIncludes(message, 'Could not resolve "kit/other"');
});

Deno.test("What a copy of a package lacks is absent where it is required, though a folder above the app holds it whole", async () => {
  await using outer = await appFolder({
    "node_modules/kit/package.json": "{}",
    "node_modules/kit/more.js": "module.exports = 'of the project';",
  });
  const app = outer.in("standalone");
  await app.write("index.js", `export { default } from "kit/index.js";`);
  await app.write("node_modules/kit/package.json", "{}");
  await app.write(
    "node_modules/kit/index.js",
    `try { module.exports = require("kit/more"); } catch (error) { module.exports = error.code; }`,
  );
  const { modules, entry } = await bundleApp(app);
  assertEquals((await importBundle(modules, entry)).default, "MODULE_NOT_FOUND");
});

Deno.test("React 18 is that of Node for a module that renders to a stream of Node, and for no other", async () => {
  const value = await defaultOf({
    "index.js": `import { one } from "./pipes.js"; import { two } from "./web.js"; export default [one, two];`,
    "pipes.js": `import { renderToPipeableStream } from "react-dom/server"; export const one = renderToPipeableStream;`,
    "web.js": `import { renderToReadableStream } from "react-dom/server"; export const two = renderToReadableStream;`,
    "node_modules/react-dom/package.json": JSON.stringify({
      exports: { "./server": { deno: "./server.browser.js", default: "./server.node.js" } },
    }),
    "node_modules/react-dom/server.browser.js": `exports.renderToReadableStream = "of the web";`,
    "node_modules/react-dom/server.node.js": `exports.renderToPipeableStream = "of Node";`,
  });
  assertEquals(value, ["of Node", "of the web"]);
});
