/** Packages that are required by a name that only run time knows: view engines, drivers. */
import { assertEquals } from "@std/assert";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { bundleApp, importBundle } from "./bundled_app.ts";
import { appFolder } from "./app_folder.ts";

const FRAMEWORK = `exports.render = (engine, view) => {
  try { return require(engine).__express(view); } catch (error) { return error.code; }
};`;
const pack = (name: string, code: string) => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({ name, main: "index.js" }),
  [`node_modules/${name}/index.js`]: code,
});
const APP = {
  "index.js":
    `import { render } from "framework"; export default ["eng" + "ine", "@own/vi" + "ews", "fo" + "reign", "bro" + "ken"]
    .map((name) => render(name, "page"));`,
  ...pack("framework", FRAMEWORK),
  ...pack("engine", "exports.__express = (view) => 'engine of ' + view;"),
  ...pack("@own/views", "import('./x.js'); export const __express = (view) => 'module of ' + view;"),
  "node_modules/@own/views/x.js": "",
  ...pack("foreign", "exports.__express = () => 'must not be reached';"),
};

Deno.test("A package that the app depends on is found by a name that only run time knows, and no other", async () => {
  const dependencies = { framework: "1", engine: "1", "@own/views": "1", absent: "1" };
  await using app = await appFolder({ ...APP, "package.json": JSON.stringify({ dependencies }) });
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  Reflect.deleteProperty(globalThis, Symbol.for("nano.requirable"));
  assertEquals((await importBundle(modules, entry)).default, [
    "engine of page",
    "module of page",
    "MODULE_NOT_FOUND",
    "MODULE_NOT_FOUND",
  ]);
});

Deno.test("One that cannot be bundled is absent, and the app is built with the others", async () => {
  const dependencies = { framework: "1", engine: "1", broken: "1" };
  await using app = await appFolder({
    ...APP,
    ...pack("broken", "this is no JavaScript"),
    "package.json": JSON.stringify({ dependencies }),
  });
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  Reflect.deleteProperty(globalThis, Symbol.for("nano.requirable"));
  assertEquals((await importBundle(modules, entry)).default, [
    "engine of page",
    "MODULE_NOT_FOUND",
    "MODULE_NOT_FOUND",
    "MODULE_NOT_FOUND",
  ]);
});

Deno.test("One that the app imports too is found by its name and is the same object; of ES modules when the code names it", async () => {
  const dependencies = { framework: "1", engine: "1", "@own/views": "1", parts: "1" };
  await using app = await appFolder({
    ...APP,
    "index.js": `import { render } from "framework";
      import engine from "engine";
      import * as views from "@own/views";
      import { parts } from "parts";
      engine.__express = (view) => "own engine of " + view;
      export default [render("eng" + "ine", "page"), render("@own/views", "page"), typeof views.__express,
        render(["par", "ts"].join(""), "page"), parts];`,
    ...pack("parts", `export const parts = "some of it"; export const __express = () => "what was left out";`),
    "package.json": JSON.stringify({ dependencies }),
  });
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  Reflect.deleteProperty(globalThis, Symbol.for("nano.requirable"));
  assertEquals((await importBundle(modules, entry)).default, [
    "own engine of page",
    "module of page",
    "function",
    "MODULE_NOT_FOUND",
    "some of it",
  ]);
});

Deno.test("One that awaits at its top is found too once the app has imported it", async () => {
  const dependencies = { framework: "1", engine: "1", waiting: "1" };
  await using app = await appFolder({
    ...APP,
    "index.js": `import { render } from "framework";
      import { late } from "waiting";
      export default [late, render("eng" + "ine", "page"), render("waiting", "page")];`,
    "node_modules/waiting/package.json": JSON.stringify({ name: "waiting", main: "index.js", type: "module" }),
    "node_modules/waiting/index.js": `export { late, __express } from "./late.js";`,
    "node_modules/waiting/late.js": `export const late = await Promise.resolve("late");
      export const __express = (view) => late + " " + view;`,
    "package.json": JSON.stringify({ dependencies }),
  });
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  Reflect.deleteProperty(globalThis, Symbol.for("nano.requirable"));
  assertEquals((await importBundle(modules, entry)).default, ["late", "engine of page", "late page"]);
});

Deno.test("An app without a package.json finds what the nearest one above lists, when its code names it", async () => {
  await using app = await appFolder({
    "package.json": JSON.stringify({
      workspaces: ["apps/*"],
      dependencies: { framework: "1", engine: "1", foreign: "1" },
    }),
    "apps/one/index.js": `import { render } from "framework";
      const known = ["engine"]; export default [render(known[0], "page"), render(["fo", "reign"].join(""), "page")];`,
    ...Object.fromEntries(Object.entries(APP).filter(([name]) => name !== "index.js")),
  });
  await using bundler = new Bundler({ cacheDir: null });
  const { modules, entry } = await bundler.bundle({ name: "one", path: app.at("apps/one"), nodeCompat: true });
  // Each app has a realm of its own; here they share one
  Reflect.deleteProperty(globalThis, Symbol.for("nano.requirable"));
  assertEquals((await importBundle(modules, entry)).default, ["engine of page", "MODULE_NOT_FOUND"]);
});

Deno.test("A server that a build left with its own packages finds those, and nothing that is there for the build", async () => {
  await using app = await appFolder({
    "package.json": JSON.stringify({
      scripts: { build: "x" },
      dependencies: { framework: "1", engine: "1", foreign: "1" },
    }),
    ...pack("foreign", "exports.__express = () => 'must not be reached';"),
    ".output/server/index.mjs": APP["index.js"],
    ".output/server/package.json": JSON.stringify({ dependencies: { framework: "1", engine: "1", broken: "1" } }),
    ...Object.fromEntries(
      Object.entries({ ...pack("framework", FRAMEWORK), ...pack("engine", "exports.__express = () => 'engine';") })
        .map(([name, text]) => [`.output/server/${name}`, text]),
    ),
    ".output/server/node_modules/broken/package.json": JSON.stringify({ name: "broken", main: "absent.js" }),
  });
  const { modules, entry } = await bundleApp(app);
  // Each app has a realm of its own; here they share one
  Reflect.deleteProperty(globalThis, Symbol.for("nano.requirable"));
  assertEquals((await importBundle(modules, entry)).default, [
    "engine",
    "MODULE_NOT_FOUND",
    "MODULE_NOT_FOUND",
    "MODULE_NOT_FOUND",
  ]);
});
