/** Modules that are imported both at once and later, the former by way of others that only re-export. */
import { assertEquals } from "@std/assert";
import { bundleApp, importBundle } from "./bundled_app.ts";
import { appFolder } from "./app_folder.ts";

const BARRELS = {
  "export *": `export * from "mem"; export {};`,
  "export of names": `export { mem } from "mem";`,
  "import and export": `import { mem } from "mem"; export { mem };`,
  "two of them": `export * from "./between.js";`,
};

for (const [way, barrel] of Object.entries(BARRELS)) {
  Deno.test(`What a package without side effects re-exports has run, also when it is imported later too: ${way}`, async () => {
    await using app = await appFolder({
      "index.js":
        `import { mem } from "pack/adapter"; import { lazy } from "pack"; export default [mem(1), await lazy()];`,
      "node_modules/pack/package.json":
        '{"name":"pack","type":"module","sideEffects":false,"exports":{".":"./main.js","./adapter":"./adapter.js"}}',
      "node_modules/pack/adapter.js": barrel,
      "node_modules/pack/between.js": `export * from "mem";`,
      "node_modules/pack/main.js": `export const lazy = async () => (await import("mem")).mem(2);`,
      "node_modules/mem/package.json": '{"name":"mem","type":"module","sideEffects":false,"exports":"./index.js"}',
      "node_modules/mem/index.js": `const held = new Map(); export const mem = (x) => held.size + x;`,
    });
    const { modules, entry } = await bundleApp(app);
    assertEquals((await importBundle(modules, entry)).default, [1, 2]);
  });
}

Deno.test("What nobody asks for stays out, though it could be asked for later", async () => {
  await using app = await appFolder({
    "index.js": `import { one } from "pack"; export default one;`,
    "node_modules/pack/package.json": '{"name":"pack","type":"module","sideEffects":false,"exports":"./index.js"}',
    "node_modules/pack/index.js": `export * from "./one.js"; export * from "./two.js";`,
    "node_modules/pack/one.js": `export const one = 1;`,
    "node_modules/pack/two.js": `export const two = "left out";`,
  });
  const { modules, entry } = await bundleApp(app);
  assertEquals(modules[entry]!.split("//# sourceMappingURL")[0]!.includes("left out"), false);
});

Deno.test("A module of Node that only what is left out requires stays out with it", async () => {
  await using app = await appFolder({
    "index.js": `import { used } from "barrel"; export default [used(), (await import("./later.js")).default];`,
    "later.js": `import { used } from "barrel"; export default used();`,
    "node_modules/barrel/package.json": '{"name":"barrel","type":"module","exports":"./index.js","sideEffects":false}',
    "node_modules/barrel/index.js": `export * from "kit";`,
    "node_modules/kit/package.json": '{"name":"kit","type":"module","exports":"./index.js","sideEffects":false}',
    "node_modules/kit/index.js":
      `export const used = () => 1; export const waits = () => setTimeout(() => {}, 1).unref();`,
  });
  const { modules, entry } = await bundleApp(app);
  assertEquals((await importBundle(modules, entry)).default, [1, 1]);
});
